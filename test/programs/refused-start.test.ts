/** A start that is refused leaves its folder as it was, and says what it waits for. */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { takeStore } from "../../lib/store/sqlite/owner.ts";
import { listenOnLoopback } from "../../testkit/loopback.ts";
import { cleanEnvironment, finish, ledge, root, serve, temporaryFolder } from "../../testkit/processes.ts";

const folder = temporaryFolder("refused");
afterAll(() => folder.remove());
const dataDir = (name: string) => join(folder.path, name);

/** A data folder whose database is lost, beside a bucket with backups. */
const lost = dataDir("lost");
const taken = createServer();
let port = 0;
beforeAll(async () => {
  port = await listenOnLoopback(taken);
  const server = await serve(lost);
  await ledge(["--data", lost, "backup", "run"]);
  await server.stop();
  rmSync(join(lost, "ledge.db"));
  rmSync(join(lost, "ledge.db.owner"), { force: true });
});
afterAll(() => taken.close());

/** Every file with its bytes; undefined where there is no folder. */
function contentOf(path: string): Record<string, string> | undefined {
  if (!existsSync(path)) return undefined;
  const all = readdirSync(path, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    all
      .map((one) => [join(one.parentPath, one.name), one] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, one.isFile() ? readFileSync(name, "base64") : "folder"]),
  );
}

const start = (data: string, ...args: string[]) => ledge(["serve", "--data", data, ...args]);

describe("a refused start", () => {
  const noFolder = () => join(dataDir("not"), "there");
  const empty = () => {
    mkdirSync(dataDir("empty"), { recursive: true });
    return dataDir("empty");
  };
  const copyOfLost = () => {
    cpSync(lost, dataDir("copy"), { recursive: true });
    return dataDir("copy");
  };
  test.each([
    { name: "for a taken port, without a folder", data: noFolder, args: () => ["--port", String(port)] },
    { name: "for a taken port, in an empty folder", data: empty, args: () => ["--port", String(port)] },
    { name: "for an address that is not ours", data: noFolder, args: () => ["--listen", "192.0.2.1:3000"] },
    {
      name: "for a variable that there is not, as wrong use,",
      data: noFolder,
      args: () => ["--variable", "nothing=1"],
      status: 2,
    },
    { name: "for a bucket that refuses it", data: noFolder, args: () => ["--port", "0", ...nowhere()] },
    { name: "beside the backups of a lost store", data: copyOfLost, args: () => ["--port", "0"] },
    {
      name: "for a taken port after --fresh",
      data: copyOfLost,
      args: () => ["--fresh", "--port", String(port)],
    },
  ])("$name leaves the folder as it was", async ({ data, args, status = 1 }) => {
    const path = data();
    const before = contentOf(path);
    const ran = await start(path, ...args());
    expect([ran.status, ran.stderr.includes("Data stays")]).toEqual([status, false]);
    expect(contentOf(path)).toEqual(before);
    expect(existsSync(dataDir("not"))).toBe(false);
  });

  test.each([
    {
      name: "a file that is not there",
      args: ["--runtime-config-file", "/none.toml"],
      env: {},
      says: /^\/none\.toml: /,
    },
    { name: "PORT", args: [], env: { PORT: "abc" }, says: /^PORT: abc is not a port\n$/ },
    {
      name: "an endpoint that is none",
      args: ["--variable", "bucket_endpoint=foo"],
      env: {},
      says: /^bucket_endpoint: /,
    },
  ])(
    "for a setting that is wrong use says so without a trace of calls: $name",
    async ({ args, env, says }) => {
      const ran = await ledge(["serve", "--data", noFolder(), ...args], { env });
      expect([ran.status, ran.stderr]).toEqual([2, expect.stringMatching(says)]);
      expect(ran.stderr).not.toContain("    at ");
    },
  );

  test("for a folder that no file system makes says so", async () => {
    const ran = await start("/proc/none/here", "--port", "0");
    expect([ran.status, ran.stderr]).toEqual([
      1,
      expect.stringMatching(/^\/proc\/none cannot be made\. .*--data/),
    ]);
  });

  test("leaves the lock to whoever has the store", async () => {
    const path = empty();
    const owned = takeStore(join(path, "ledge.db"), "a test");
    if (!owned.ok) throw new Error("it is free");
    expect((await start(path, "--port", "0")).status).toBe(1);
    expect(takeStore(join(path, "ledge.db"), "another").ok).toBe(false);
    owned.unmake();
    owned.release();
    expect(readdirSync(path)).toEqual([]);
  });
});

/** A bucket where nobody listens. */
function nowhere(): string[] {
  return bucketAt("http://127.0.0.1:9");
}

function bucketAt(endpoint: string): string[] {
  const variables = {
    bucket_endpoint: endpoint,
    bucket_name: "none",
    bucket_access_key_id: "A",
    bucket_secret_access_key: "b",
  };
  return Object.entries(variables).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
}

/** A bucket that accepts connections and never answers, and a start beside it once it says that it waits. */
async function startBesideSilence(data: string) {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on("error", () => {})));
  const endpoint = `http://127.0.0.1:${await listenOnLoopback(silent)}`;
  const goAway = () => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(goAway);
  const child = spawn(
    process.execPath,
    ["dist/programs/cli.mjs", "serve", "--data", data, "--port", "0", ...bucketAt(endpoint)],
    { cwd: root, env: cleanEnvironment() },
  );
  const ended = finish(child);
  await new Promise<void>((resolve) => {
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("Waiting for")) resolve();
    });
    child.once("close", () => resolve());
  });
  return { child, endpoint, ended, goAway };
}

describe("a start beside a bucket that accepts connections and never answers", () => {
  test("says what it waits for while it waits", async () => {
    const { endpoint, ended, goAway } = await startBesideSilence(dataDir("silent"));
    goAway();
    const ran = await ended;
    expect([ran.status, ran.stderr]).toEqual([
      1,
      expect.stringMatching(
        new RegExp(`^Waiting for an answer of the bucket none at ${endpoint} …\n[\\s\\S]*does not say`),
      ),
    ]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "ends with a sentence at %s, and leaves no folder",
    async (signal) => {
      const { child, ended } = await startBesideSilence(dataDir("early"));
      child.kill(signal);
      const ran = await ended;
      expect([ran.status, ran.signal, ran.stdout]).toEqual([
        0,
        null,
        expect.stringMatching(/^Stopped before it was ready\./),
      ]);
      expect(existsSync(dataDir("early"))).toBe(false);
    },
  );
});

test("a start that may not write its first documents says why, without a stack", async () => {
  const ran = await start(dataDir("rate"), "--port", "0", "--variable", "write_rate=abc");
  expect(ran.status).toBe(1);
  expect(ran.stderr).toContain("The variable write_rate must be a number");
  expect(ran.stderr).not.toMatch(/\n +at |"type":/);
});
