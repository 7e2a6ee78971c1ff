import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { takeStore } from "../../lib/store/sqlite/owner.ts";
import { FULL } from "../../testkit/crash-sample.ts";
import {
  AS_NOBODY,
  ledge,
  NOBODY,
  root,
  serve,
  startBy,
  startServer,
  temporaryFolder,
} from "../../testkit/processes.ts";

const folder = temporaryFolder("owner");
afterAll(() => folder.remove());
const dataDir = (name: string) => join(folder.path, name);
/** A data folder that a server has had. */
const former = dataDir("former");
beforeAll(async () => {
  const server = await serve(former);
  await ledge(["--data", former, "backup", "run"]);
  await server.stop();
});
function copyOfFormer(name: string): string {
  cpSync(former, dataDir(name), { recursive: true });
  return dataDir(name);
}

/** What a start says that does not come about. A stack is for programmers. */
async function refused(work: Promise<unknown>): Promise<string> {
  const words = await work.then(
    () => "it started",
    (error: Error) => error.message,
  );
  expect(words).not.toMatch(/\n {4}at /);
  return words;
}

describe("a data folder", () => {
  test("has one server: a second start says who has it, and changes nothing of the first", async () => {
    const data = dataDir("one");
    const first = await startServer(data, ["--no-demo"]);
    const context = readFileSync(join(data, "context.json"), "utf8");
    const words = await refused(startServer(data));
    expect(words).toContain(`process ${first.pid}`);
    expect(words).toContain("ended with 1");
    expect(readFileSync(join(data, "context.json"), "utf8")).toBe(context);
    expect((await ledge(["--data", data, "ns", "ls"])).status).toBe(0);
    await first.stop("SIGKILL");
    const next = await serve(data);
    await next.stop();
  });

  test("tells of its server while that runs, and of the one before again after a stop", async () => {
    const data = copyOfFormer("told");
    expect(existsSync(join(data, "context.json"))).toBe(false);
    writeFileSync(join(data, "context.json"), '{"url":"http://127.0.0.1:1"}\n');
    const server = await serve(data);
    expect(JSON.parse(readFileSync(join(data, "context.json"), "utf8"))).toEqual({ url: server.url });
    await server.stop("SIGHUP");
    expect(JSON.parse(readFileSync(join(data, "context.json"), "utf8")).url).toBe("http://127.0.0.1:1");
  });

  test("whose store somebody owns is not replaced by a restore", async () => {
    const data = copyOfFormer("replaced");
    const file = join(data, "ledge.db");
    const owned = takeStore(file, "a test");
    if (!owned.ok) throw new Error("it is free");
    const restore = ["--data", data, "restore", "--to", file, "--replace"];
    const ran = await ledge(restore);
    expect(ran.status).toBe(6);
    expect(ran.stderr).toContain(`a test (process ${process.pid}`);
    owned.release();
    expect((await ledge(restore)).stderr).not.toContain("in use");
  });
});

describe("a store that was put back from an older copy", () => {
  test("takes no write from its first moment on, until it is adopted", async () => {
    const data = dataDir("back");
    const file = join(data, "ledge.db");
    const command = (...args: string[]) => ledge(["--data", data, ...args]);
    await (await serve(data)).stop();
    const copy = readFileSync(file);
    const first = await serve(data);
    expect((await command("put", "demo/mine", "1")).status).toBe(0);
    expect((await command("backup", "run")).status).toBe(0);
    await first.stop();
    writeFileSync(file, copy);
    const second = await serve(data);
    const refusedPut = await command("put", "demo/other", "2");
    expect(refusedPut.status).not.toBe(0);
    expect(refusedPut.stderr).toContain("adopt");
    expect((await command("backup", "status")).stdout).toContain("ahead");
    const told = await Promise.all(
      [["status"], ["backup", "status"], ["backup", "run"]].map((args) => command(...args)),
    );
    for (const { stdout, stderr } of told) {
      expect(stdout + stderr).toMatch(/xporting has stopped: the store went back: /);
      expect(stdout + stderr).toContain(`./ledge --data ${data} restore --to FILE --replace`);
      expect(stdout + stderr).toContain(`./ledge --data ${data} backup adopt`);
      expect(stdout + stderr).not.toContain("backup pick");
    }
    expect(second.greeting).toContain("the store went back");
    expect((await command("backup", "adopt")).status).toBe(0);
    expect((await command("put", "demo/other", "2")).status).toBe(0);
    await second.stop();
  });
});

describe("a start that cannot be", () => {
  const damages = [
    { what: "is no database", damage: (file: string) => writeFileSync(file, "hello"), says: "is damaged" },
    { what: "was cut off", damage: (file: string) => truncateSync(file, 20_000), says: "is damaged" },
    { what: "is empty", damage: (file: string) => truncateSync(file, 0), says: "is empty" },
  ];
  test.each(damages)(
    "names a store that $what, and the command that restores it",
    async ({ what, damage, says }) => {
      const data = copyOfFormer(what.replaceAll(" ", "-"));
      damage(join(data, "ledge.db"));
      const before = readFileSync(join(data, "ledge.db"));
      const words = await refused(serve(data));
      expect(words).toContain("ended with 1");
      expect(words).toContain(says);
      expect(words).toContain(`./ledge --data ${data} restore --to`);
      expect(readFileSync(join(data, "ledge.db")).equals(before)).toBe(true);
      expect(existsSync(join(data, "context.json"))).toBe(false);
    },
  );

  test("names an address that is not ours, and a folder that is none", async () => {
    const data = dataDir("nowhere");
    expect(await refused(serve(data, ["--listen", "192.0.2.1:3000"]))).toContain("no address 192.0.2.1");
    expect(await refused(serve(data, ["--listen", "nowhere.invalid:3000"]))).toContain("nowhere.invalid");
    writeFileSync(dataDir("file"), "");
    expect(await refused(serve(dataDir("file")))).toContain("is no folder");
    expect(await refused(serve(join(dataDir("file"), "below")))).toContain("is no folder");
  });

  test.skipIf(process.getuid?.() !== 0)(
    "names a folder that this user may not write (needs root)",
    async () => {
      const data = dataDir("read-only");
      mkdirSync(data);
      chownSync(data, NOBODY, NOBODY);
      chmodSync(data, 0o555);
      chmodSync(folder.path, 0o755);
      const start = [...AS_NOBODY, process.execPath, join(root, "dist", "programs", "start.mjs")];
      expect(await refused(startBy(start, data))).toContain("cannot be written");
    },
  );
});

describe("a signal to npm's process", () => {
  // The other one in the long form: npm's start looks at everything that is built, each time.
  test.each(["SIGTERM", ...(FULL ? (["SIGINT"] as const) : [])] as const)(
    "%s ends the server and its bucket",
    async (signal) => {
      const data = dataDir(signal);
      const server = await startBy(["npm", "start", "--silent", "--"], data, { args: ["--no-demo"] });
      const bucket = Number(readFileSync(join(data, "bucket-port"), "utf8"));
      const answers = (url: string) =>
        fetch(url).then(
          () => true,
          () => false,
        );
      expect(await answers(server.url)).toBe(true);
      expect(await answers(`http://127.0.0.1:${bucket}`)).toBe(true);
      await server.stop(signal);
      // npm is gone before its shell's child is.
      await expect.poll(() => existsSync(join(data, "ledge.db.owner.json"))).toBe(false);
      expect(await answers(server.url)).toBe(false);
      expect(await answers(`http://127.0.0.1:${bucket}`)).toBe(false);
      expect(existsSync(join(data, "context.json"))).toBe(false);
    },
  );
});
