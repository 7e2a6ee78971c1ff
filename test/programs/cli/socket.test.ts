/** `ledge --url unix:…`: a server on a Unix socket, here one that leads to a server on loopback. */
import { readFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openConfig } from "../../../packages/client/index.ts";
import { nodeFetch } from "../../../programs/cli/server/node-fetch.ts";
import { ledge as run } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data, folder, url } = serveCommand("socket");
const path = join(folder, "ledge.sock");
const at = ["--url", `unix:${path}`];
const token = () => readFileSync(join(data, "admin-token"), "utf8").trim();
const asRoot = () => ({ env: { LEDGE_TOKEN: token() } });
let server: Server;

beforeAll(async () => {
  server = createServer((client) => {
    const there = connect(Number(new URL(url()).port), "127.0.0.1");
    for (const side of [client, there]) side.on("error", () => client.destroy());
    client.pipe(there).pipe(client);
  });
  await new Promise<void>((done) => server.listen(path, done));
});
afterAll(() => server.close());

describe("a server on a Unix socket", () => {
  test("is read and written as any other", async () => {
    const put = await run([...at, "put", "demo/bytes", "-", "--if", "any"], {
      ...asRoot(),
      stdin: "\u0001ü",
    });
    expect([put.status, put.stderr]).toEqual([0, expect.stringContaining("demo/bytes created")]);
    expect((await run([...at, "get", "demo/bytes"], asRoot())).stdout).toBe("\u0001ü");
    expect((await ledge(["get", "demo/bytes"])).stdout).toBe("\u0001ü");
  });

  test("is found from the folder that it lies in, and is one server by any of its names", async () => {
    const env = { XDG_CONFIG_HOME: join(folder, "own"), LEDGE_DATA: join(folder, "none") };
    const login = await run(["login", "unix:ledge.sock"], { env, cwd: folder, stdin: token() });
    expect([login.status, login.stderr]).toEqual([0, expect.stringContaining("speak to ledge.sock")]);
    const [stored] = JSON.parse((await run(["context", "ls", "-o", "json"], { env })).stdout);
    expect(stored).toMatchObject({ name: "ledge.sock", url: `unix:${path}`, current: true });
    expect((await run(["--url", `unix://${path}`, "get", "demo/banner"], { env })).status).toBe(0);
    // The token is that of the socket, and goes nowhere else.
    expect((await run(["--url", url(), "get", "demo/banner"], { env })).status).toBe(4);
  });

  test.each([
    { name: "no socket", socket: () => join(folder, "none.sock") },
    { name: "a file that is none", socket: () => join(data, "admin-token") },
  ])("that is not there is told by its path: $name", async ({ socket }) => {
    const ran = await run(["--url", `unix:${socket()}`, "ls"], asRoot());
    expect([ran.status, ran.stderr]).toEqual([
      7,
      expect.stringContaining(`nothing listens at unix:${socket()}`),
    ]);
    expect(ran.stderr).not.toContain("localhost");
  });

  test.each([
    { address: "unix:", says: "not the address of a socket" },
    { address: "unix://host/x.sock", says: "not the address of a socket" },
    { address: `unix:/${"x".repeat(107)}`, says: "at most 107 bytes" },
  ])("has a path: $address is refused", async ({ address, says }) => {
    const ran = await run(["--url", address, "ls"]);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  test("tells changes to the client as they come", async () => {
    const config = openConfig({
      url: "http://localhost",
      token: token(),
      namespace: "demo",
      fetch: nodeFetch({ socketPath: path }),
    });
    onTestFinished(() => config.close());
    const seen: string[] = [];
    config.watch(
      "watched/",
      (event) => {
        if (event.type === "state") seen.push("state");
        else seen.push(...event.changes.map(({ key }) => key));
      },
      { initial: true },
    );
    await expect.poll(() => seen).toEqual(["state"]);
    await ledge(["put", "demo/watched/a", "1"]);
    await expect.poll(() => seen).toEqual(["state", "watched/a"]);
  });
});
