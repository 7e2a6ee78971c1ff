/** `ledge serve`, the server for production: the native engine as a process of its own. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, watch } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { FULL } from "../../testkit/crash-sample.ts";
import {
  ledge,
  root,
  type StartedServer,
  serve,
  startServer,
  temporaryFolder,
} from "../../testkit/processes.ts";
import { checkStore } from "../../testkit/store.ts";

const folder = temporaryFolder("serve");
afterAll(() => folder.remove());
const dataDir = (name: string) => join(folder.path, name);
const tokenOf = (data: string) => readFileSync(join(data, "admin-token"), "utf8").trim();

function journalOf(data: string): unknown {
  const db = openNodeDb(join(data, "ledge.db"), { readonly: true, mustExist: true });
  try {
    return db.all("pragma journal_mode")[0]?.[0];
  } finally {
    db.close();
  }
}

describe("ledge serve", () => {
  test("serves, backs up and ends as npm start does, with the same folder and messages", async () => {
    const data = dataDir("first");
    const server = await serve(data);
    expect(server.greeting).toMatch(/engine\s+native/);
    expect((await ledge(["--data", data, "get", "demo/limits/api"])).status).toBe(0);
    expect((await ledge(["--data", data, "put", "demo/mine", "42"])).status).toBe(0);
    expect((await ledge(["--data", data, "ls", "demo"])).stdout).toContain("mine");
    expect((await ledge(["--data", data, "backup", "run"])).stderr).toMatch(/proven: revision \d/);
    const proven = await ledge(["--data", data, "backup", "verify", "-o", "json"]);
    expect(JSON.parse(proven.stdout)).toMatchObject({ check: "proven", store: true });
    expect(journalOf(data)).toBe("wal");
    const ended = await server.stop("SIGTERM");
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringContaining("Data stays in") });
    expect(journalOf(data)).toBe("delete");
    expect(existsSync(join(data, "ledge.db-wal"))).toBe(false);
  });

  test("has its first token on disk before it tells others where it is", async () => {
    const data = dataDir("order");
    mkdirSync(data);
    const made: (string | null)[] = [];
    const watcher = watch(data, (_, name) => void made.push(name));
    const server = await serve(data, ["--no-demo"]);
    await expect.poll(() => made).toEqual(expect.arrayContaining(["admin-token", "context.json"]));
    watcher.close();
    expect(made.indexOf("admin-token")).toBeLessThan(made.indexOf("context.json"));
    await server.stop();
    expect(existsSync(join(data, "context.json"))).toBe(false);
  });

  test("refuses what it does not know by name, and tells its own name in what to do next", async () => {
    expect(await ledge(["serve", "--colour", "red"])).toMatchObject({ status: 2 });
    const data = dataDir("one");
    const server = await serve(data, ["--no-demo"]);
    const second = await ledge(["serve", "--data", data, "--port", "0"]);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`ledge serve (process ${server.pid}`);
    expect(second.stderr).toContain("ledge serve --data DIR");
    await server.stop();
  });
});

describe("a store", () => {
  const starts = { wasm: (data: string) => startServer(data), native: (data: string) => serve(data) };
  const moves = (["wasm", "native"] as const).flatMap((from) =>
    (["SIGTERM", "SIGKILL"] as const).map((signal) => ({
      from,
      to: from === "wasm" ? ("native" as const) : ("wasm" as const),
      signal,
    })),
  );
  test.each(moves)(
    "moves from $from to $to after a $signal with nothing lost",
    async ({ from, to, signal }) => {
      const data = dataDir(`${from}-${signal}`);
      const first = await starts[from](data);
      expect((await ledge(["--data", data, "put", "demo/moved", "with me"])).status).toBe(0);
      await first.stop(signal);
      if (from === "native" && signal === "SIGKILL")
        expect(existsSync(join(data, "ledge.db-wal"))).toBe(true);
      const second = await starts[to](data);
      expect((await ledge(["--data", data, "get", "demo/moved"])).stdout).toBe("with me");
      expect((await ledge(["--data", data, "put", "demo/moved", "and on", "--if", "any"])).status).toBe(0);
      await second.stop();
      expect(journalOf(data)).toBe("delete");
    },
  );
});

describe("a file that goes away under the server", () => {
  test("is noticed before a commit into it is acknowledged", async () => {
    const data = dataDir("gone");
    const server = await serve(data);
    const put = () => ledge(["--data", data, "put", "demo/gone", "x", "--if", "any", "-o", "json"]);
    expect((await put()).status).toBe(0);
    renameSync(join(data, "ledge.db"), join(data, "elsewhere.db"));
    const refused = await put();
    expect(refused.status).not.toBe(0);
    expect(`${refused.stdout}${refused.stderr}`).toMatch(/store_replaced|is gone/);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    await server.stop();
  });
});

describe("the log of a store", () => {
  const put = (data: string) => ledge(["--data", data, "put", "demo/logged", "x", "--if", "any"]);

  test("that goes away under the server is noticed before a commit is acknowledged", async () => {
    const data = dataDir("no-log");
    const server = await serve(data);
    expect((await put(data)).status).toBe(0);
    rmSync(join(data, "ledge.db-wal"));
    const refused = await put(data);
    expect([refused.status === 0, refused.stderr]).toEqual([false, expect.stringContaining("lost its log")]);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    await server.stop("SIGKILL");
  });

  test("is not destroyed by a start that finds no file beside it", async () => {
    const data = dataDir("log-alone");
    const server = await serve(data);
    expect((await put(data)).status).toBe(0);
    renameSync(join(data, "ledge.db"), join(data, "elsewhere.db"));
    await server.stop("SIGKILL");
    const refused = await ledge(["serve", "--data", data, "--port", "0"]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("its log is there")]);
    renameSync(join(data, "elsewhere.db"), join(data, "ledge.db"));
    const next = await serve(data);
    expect((await ledge(["--data", data, "get", "demo/logged"])).stdout).toBe("x");
    await next.stop();
  });

  test("is emptied by a purge as soon as no reader keeps it", async () => {
    const data = dataDir("purged");
    const server = await serve(data);
    const secret = "a-secret-pasted-by-mistake";
    expect((await ledge(["--data", data, "put", "demo/secret", secret])).status).toBe(0);
    const reader = openNodeDb(join(data, "ledge.db"), { wal: true });
    reader.all("begin");
    reader.all("select count(*) from entry");
    const purged = await ledge(["--data", data, "purge", "demo/secret", "-m", "oops", "--yes"]);
    expect([purged.status, purged.stderr]).toEqual([0, expect.any(String)]);
    reader.all("rollback");
    reader.close();
    const holds = () =>
      ["ledge.db", "ledge.db-wal"].some((name) => readFileSync(join(data, name)).includes(secret));
    await expect.poll(holds).toBe(false);
    await server.stop();
  });
});

test("a server goes on where nobody reads what it says", async () => {
  const data = dataDir("unread");
  const child = spawn(process.execPath, ["dist/programs/cli.mjs", "serve", "--data", data, "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  child.stdout.destroy();
  const context = join(data, "context.json");
  await expect.poll(() => existsSync(context)).toBe(true);
  const { url } = JSON.parse(readFileSync(context, "utf8"));
  await expect.poll(() => existsSync(join(data, "admin-token"))).toBe(true);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  child.kill("SIGTERM");
  expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
});

const KILLS = FULL ? 200 : 20;
const WRITERS = 16;

describe("a server that is killed again and again while 16 clients commit", () => {
  test(`loses no acknowledged commit in ${KILLS} kills`, { timeout: 1_800_000 }, async () => {
    const data = dataDir("killed");
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < KILLS; round += 1) {
      const server = await serve(data, ["--no-demo"]);
      if (round === 0) expect((await ledge(["--data", data, "ns", "put", "shop"])).status).toBe(0);
      const writing = Promise.all(
        Array.from({ length: WRITERS }, (_, n) =>
          writeUntilGone(server, { token: tokenOf(data), name: `${round}/${n}` }, acknowledged),
        ),
      );
      // Under way, and at another moment of a group each time.
      const enough = acknowledged.size + 30 + 3 * round;
      while (acknowledged.size < enough) await new Promise((next) => setImmediate(next));
      await server.stop("SIGKILL");
      await writing;
      expectKept(join(data, "ledge.db"), acknowledged, { whole: round % 5 === 4 });
    }
    expect(acknowledged.size).toBeGreaterThan(30 * KILLS);
  });
});

/** Puts one document after the other, and notes the revision of each that was acknowledged. */
async function writeUntilGone(
  { url }: StartedServer,
  { token, name }: { token: string; name: string },
  acknowledged: Map<string, number>,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (let n = 0; ; n += 1) {
      const key = `${name}/${n}`;
      const revision = await put(`${url}/v1/write/shop?key=${encodeURIComponent(key)}`, { agent, token });
      if (revision === undefined) return;
      acknowledged.set(key, revision);
    }
  } finally {
    agent.destroy();
  }
}

/** Undefined when the server is gone. */
function put(url: string, { agent, token }: { agent: Agent; token: string }): Promise<number | undefined> {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "text/plain",
    "if-none-match": "*",
    "content-length": 1,
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "PUT", agent, headers }, (answer) => {
      answer.resume();
      answer.on("error", () => resolve(undefined));
      answer.on("end", () => {
        const etag = String(answer.headers.etag);
        if (answer.statusCode === 201) resolve(Number(/^"(\d+)-/.exec(etag)?.[1]));
        else reject(new Error(`${answer.statusCode} ${etag}`));
      });
    });
    sent.on("error", () => resolve(undefined));
    sent.end("x");
  });
}

/** Each acknowledged commit stands under the revision that was told, and the file is sound. */
function expectKept(
  file: string,
  acknowledged: ReadonlyMap<string, number>,
  { whole }: { whole: boolean },
): void {
  const db = openNodeDb(file, { mustExist: true });
  try {
    if (whole) checkStore(db);
    const kept = new Map(
      db.all("select key, revision from entry where namespace='shop'").map(([k, r]) => [k, r]),
    );
    const lost = [...acknowledged].filter(([key, revision]) => kept.get(key) !== revision);
    expect(lost).toEqual([]);
    // One more for each client at most: it was committed, and its answer did not arrive.
    const revisions = db.all("select revision from commits order by revision").flat();
    expect(revisions).toEqual(revisions.map((_, at) => at + 1));
  } finally {
    db.close();
  }
}
