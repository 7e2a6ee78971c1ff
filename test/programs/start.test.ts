import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ledge, serve, shell, startServer, temporaryFolder } from "../../testkit/processes.ts";

const folder = temporaryFolder("start");
afterAll(() => folder.remove());
const dataDir = (name: string) => join(folder.path, name);

async function refused(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "it started",
    (error: Error) => error.message,
  );
}

describe("npm start", () => {
  test("makes a token that only its owner can read, says where all is, and ends with 0", async () => {
    const data = dataDir("first");
    const server = await startServer(data);
    expect(server.greeting).toMatch(/server\s+http:\/\/127\.0\.0\.1:\d+/);
    for (const word of [
      "ledge.db",
      "bucket",
      "admin-token",
      `./ledge --data ${data} get demo/limits/api`,
      "restore --to",
    ])
      expect(server.greeting).toContain(word);
    expect(statSync(join(data, "admin-token")).mode & 0o777).toBe(0o600);
    expect(server.greeting).not.toContain(readFileSync(join(data, "admin-token"), "utf8").trim());
    expect(JSON.parse(readFileSync(join(data, "context.json"), "utf8"))).toEqual({ url: server.url });
    expect(await (await fetch(server.url)).text()).toContain("Ledge");
    const ended = await server.stop();
    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain("Data stays in");
  });

  test("prints commands that work as they are", async () => {
    const server = await startServer(dataDir("printed"));
    const commands = [...server.greeting.matchAll(/^ +(?:try)? +(\.\/ledge .*)$/gm)].map(
      ([, command]) => command ?? "",
    );
    expect(commands).toHaveLength(3);
    for (const command of commands) expect((await shell(command)).status, command).toBe(0);
    await server.stop();
  });

  test("keeps data and token over a second start, after a clean end and after a kill", async () => {
    const data = dataDir("kept");
    const first = await startServer(data);
    expect((await ledge(["--data", data, "put", "demo/mine", "42"])).status).toBe(0);
    const token = readFileSync(join(data, "admin-token"), "utf8");
    await first.stop("SIGKILL");
    const second = await startServer(data);
    expect(readFileSync(join(data, "admin-token"), "utf8")).toBe(token);
    expect((await ledge(["--data", data, "get", "demo/mine"])).stdout).toBe("42");
    expect((await second.stop("SIGTERM")).status).toBe(0);
  });

  test("stops in order where npm passes on the Ctrl-C that it had itself", async () => {
    const data = dataDir("twice");
    const server = await startServer(data, ["--no-demo"]);
    const ended = server.stop();
    // Signals that wait for the process are one: it has to have taken the first.
    while (existsSync(join(data, "context.json"))) await new Promise(setImmediate);
    await server.stop();
    expect(await ended).toMatchObject({ status: 0, stdout: expect.stringContaining("Data stays in") });
  });

  test("asks for the same first token again when the last start died unconfirmed", async () => {
    const data = dataDir("pending");
    const first = await serve(data, ["--no-demo"]);
    await first.stop();
    const token = readFileSync(join(data, "admin-token"), "utf8");
    renameSync(join(data, "admin-token"), join(data, "admin-token.new"));
    const second = await serve(data, ["--no-demo"]);
    expect(readFileSync(join(data, "admin-token"), "utf8")).toBe(token);
    expect(existsSync(join(data, "admin-token.new"))).toBe(false);
    await second.stop();
    // Another token than the store's first one is too late, and the start says how to go on.
    rmSync(join(data, "admin-token"));
    const third = await serve(data, ["--no-demo"]);
    expect(existsSync(join(data, "admin-token"))).toBe(false);
    expect(third.greeting).toContain(`./ledge login ${third.url}`);
    const env = { XDG_CONFIG_HOME: dataDir("pending-settings") };
    expect((await ledge(["--data", data, "whoami"], { env })).status).toBe(4);
    expect((await ledge(["login", third.url], { env, stdin: token })).status).toBe(0);
    expect((await ledge(["--data", data, "whoami"], { env })).status).toBe(0);
    await third.stop();
  });

  test("takes no older state by itself where the newest is damaged, and says how to", async () => {
    const data = dataDir("damaged");
    const first = await serve(data);
    const done = async (...args: string[]) =>
      expect((await ledge(["--data", data, ...args])).status, args.join(" ")).toBe(0);
    await done("backup", "run");
    await done("put", "demo/later", "x");
    await done("backup", "run");
    await first.stop();
    rmSync(join(data, "ledge.db"));
    const objects = readdirSync(join(data, "bucket"), { recursive: true, encoding: "utf8" });
    const [newest = ""] = objects.filter((name) => /\/segments\/.*\._S3rver_object$/.test(name)).sort();
    writeFileSync(join(data, "bucket", newest), "x");
    const words = await refused(serve(data, ["--variable", "restore_on_start=true"]));
    const [, command = ""] = /: +(\.\/ledge .*--branch \S+)/.exec(words) ?? [];
    expect(command).toContain("restore --to");
    expect(existsSync(join(data, "ledge.db"))).toBe(false);
    const [, ...args] = command.split(" ");
    const ran = await ledge(args);
    expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining("holds revision")]);
  });

  test("refuses a taken port with its number, and what it does not know by name", async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, "127.0.0.1", () => done()));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    expect(await refused(startServer(dataDir("taken"), ["--port", port]))).toContain(`Port ${port} is taken`);
    await new Promise((done) => taken.close(done));
    expect(await refused(startServer(dataDir("unknown"), ["--colour"]))).toContain("--colour");
    expect(await refused(startServer(dataDir("unknown"), ["--variable", "no_such_variable=1"]))).toContain(
      "no_such_variable",
    );
    expect(await refused(startServer(dataDir("unknown"), ["--port", "70000"]))).toContain("70000");
    expect(await refused(startServer(dataDir("unknown"), ["--listen", "nowhere"]))).toContain("HOST:PORT");
  });

  test("does not begin a second history beside a bucket that holds backups", async () => {
    const data = dataDir("lost");
    const first = await serve(data);
    expect((await ledge(["--data", data, "backup", "run"])).status).toBe(0);
    await first.stop();
    rmSync(join(data, "ledge.db"));
    const words = await refused(serve(data));
    expect(words).toContain(`./ledge --data ${data} restore --to`);
    expect(words).toContain("--fresh");
    expect(existsSync(join(data, "ledge.db"))).toBe(false);
    expect((await ledge(["--data", data, "restore", "--to", join(data, "ledge.db")])).status).toBe(0);
    const second = await serve(data);
    expect((await ledge(["--data", data, "get", "demo/banner"])).stdout).toBe("Hello from Ledge");
    await second.stop();
    rmSync(join(data, "ledge.db"));
    const itself = await serve(data, ["--variable", "restore_on_start=true"]);
    expect(itself.greeting).toMatch(/Restored revision \d+ \(proven, \d+ documents\)/);
    expect((await ledge(["--data", data, "get", "demo/banner"])).stdout).toBe("Hello from Ledge");
    await itself.stop();
    rmSync(join(data, "ledge.db"));
    const third = await serve(data, ["--fresh"]);
    expect(third.greeting).toContain("ledge.db");
    expect(readdirSync(data).filter((name) => name.startsWith("bucket-until-"))).toHaveLength(1);
    expect(readdirSync(data).filter((name) => name.startsWith("admin-token-until-"))).toHaveLength(1);
    expect((await ledge(["--data", data, "backup", "run"])).status).toBe(0);
    await third.stop();
  });
});
