/**
 * `ledge serve` on a disk that fails at a sync or a write, and on one that loses its power: what was answered with a
 * revision is there afterwards, whole.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { askAs } from "../../../testkit/ask.ts";
import { CutDisk, type DiskCall, readDiskCalls, writingDown } from "../../../testkit/crash/power-cut.ts";
import { failingAt, straceMissing } from "../../../testkit/crash/strace.ts";
import { FULL, forEachCrash, spread } from "../../../testkit/crash-sample.ts";
import { ledge, root, serve, startBy, temporaryFolder } from "../../../testkit/processes.ts";
import { seededRandom } from "../../../testkit/random.ts";
import { checkStore } from "../../../testkit/store.ts";

const missing = straceMissing();
if (missing !== null) console.warn(`no disk fails under ledge serve: ${missing}`);

const folder = temporaryFolder("disk");
afterAll(() => folder.remove());
/** A data folder with a namespace, ended cleanly. */
const sound = join(folder.path, "sound");

beforeAll(async () => {
  const server = await serve(sound, ["--no-demo"]);
  expect((await ledge(["--data", sound, "ns", "put", "shop"])).status).toBe(0);
  await server.stop();
});

function copyOfSound(name: string): string {
  const data = join(folder.path, name);
  cpSync(sound, data, { recursive: true });
  return data;
}

const ROUNDS = 5;
const TOGETHER = 6;
/** Six of these fill the log in five rounds to where it is copied into the file. */
const VALUE_BYTES = 150_000;
const textOf = (key: string) => `${key} `.repeat(VALUE_BYTES / (key.length + 1));

interface Said {
  readonly key: string;
  readonly status: number;
  readonly code: string | undefined;
}

/** A server under strace, which is told six at a time to put documents of their own; it is ended before it gives. */
async function runUnder(
  strace: readonly string[],
  data: string,
  between: (server: { url: string }) => Promise<void> = async () => {},
): Promise<Said[]> {
  const command = [...strace, process.execPath, join(root, "dist/programs/cli.mjs"), "serve"];
  const server = await startBy(command, data);
  const { pid } = JSON.parse(readFileSync(join(data, "ledge.db.owner.json"), "utf8"));
  try {
    const said = await putAll(server, data);
    await between(server);
    // strace's own end would leave the server without it, and not end it.
    process.kill(pid, "SIGTERM");
    return said;
  } catch (error) {
    process.kill(pid, "SIGKILL");
    throw error;
  } finally {
    await server.stop("SIGCONT");
  }
}

async function putAll(server: { url: string }, data: string): Promise<Said[]> {
  const askIt = askAs(readFileSync(join(data, "admin-token"), "utf8").trim());
  const said: Said[] = [];
  const put = async (key: string) => {
    const headers = { "content-type": "text/plain" };
    const path = `/v1/write/shop?key=${key}`;
    const { status, json } = await askIt(server, "PUT", path, { body: textOf(key), headers });
    said.push({ key, status, code: json?.code });
  };
  for (let round = 0; round < ROUNDS; round += 1)
    await Promise.all(Array.from({ length: TOGETHER }, (_, nth) => put(`key-${round}-${nth}`)));
  return said;
}

/** The documents of a store's file; it is opened as whoever starts after the fault opens it. */
function documentsIn(data: string): Map<string, string> {
  const db = openNodeDb(join(data, "ledge.db"), { mustExist: true });
  try {
    checkStore(db);
    const rows = db.all("select key, cast(value as text) from entry where namespace = 'shop'");
    return new Map(rows.map(([key, value]) => [String(key), String(value)]));
  } finally {
    db.close();
  }
}

function expectAll(acknowledged: readonly string[], documents: ReadonlyMap<string, string>): void {
  const lost = acknowledged.filter((key) => !documents.has(key));
  const torn = [...documents].filter(([key, value]) => value !== textOf(key)).map(([key]) => key);
  expect({ lost, torn }).toEqual({ lost: [], torn: [] });
}

/** What a run does whose disk is well. */
let calls: readonly DiskCall[] = [];
/** By the thread that commits: how many of each were made before the first answer, and in all. */
let counts: Readonly<Record<"fsync" | "pwrite64", { before: number; all: number }>>;

beforeAll(async () => {
  if (missing !== null) return;
  const log = join(folder.path, "calls");
  const said = await runUnder(writingDown(log), copyOfSound("well"));
  expect(said.filter(({ status }) => status !== 201)).toEqual([]);
  calls = readDiskCalls(log);
  rmSync(log);
  counts = { fsync: countOf("sync"), pwrite64: countOf("write") };
});

function countOf(type: "sync" | "write"): { before: number; all: number } {
  const log = calls.find((call) => call.type === "write" && call.file.endsWith("ledge.db-wal"));
  const first = calls.findIndex((call) => acknowledgedIn([call]).length > 0);
  const nths = calls.flatMap((call, nth) =>
    call.type === type && log?.type === "write" && call.thread === log.thread ? [nth] : [],
  );
  return { before: nths.filter((nth) => nth < first).length, all: nths.length };
}

describe.skipIf(missing !== null)("a power cut", () => {
  test("at any moment leaves all that was answered, and nothing torn", () => {
    const data = join(folder.path, "well");
    const copied = calls.some((call) => call.type === "write" && call.file === join(data, "ledge.db"));
    expect([copied, acknowledgedIn(calls).length]).toEqual([true, ROUNDS * TOGETHER]);
    const moments = calls.flatMap((call, nth) => (isTurn(call, data) ? [nth] : []));
    const cuts = new Set(spread(moments, FULL ? 600 : 24));
    const disk = new CutDisk(data, { "ledge.db": readFileSync(join(sound, "ledge.db")) });
    let lost = 0;
    for (const [nth, call] of calls.entries()) {
      if (cuts.has(nth)) lost += judgeCuts(disk, calls.slice(0, nth), nth);
      disk.take(call);
    }
    // Else nothing of what was cut off mattered, and this shows nothing.
    expect(lost).toBeGreaterThan(0);
  });
});

/** Before a sync most hangs in the air, and before an answer all must be there; the full run cuts at writes, too. */
function isTurn(call: DiskCall, data: string): boolean {
  return (
    call.type === "said" || (call.file.startsWith(join(data, "ledge.db")) && (FULL || call.type !== "write"))
  );
}

/** The keys whose answers were on their way. */
function acknowledgedIn(calls: readonly DiskCall[]): string[] {
  return calls.flatMap((call) =>
    call.type === "said" && call.text.startsWith("HTTP/1.1 201")
      ? [/"key":"(key-\d-\d)"/.exec(call.text)?.[1] ?? "none"]
      : [],
  );
}

/** Nothing, all, and some of what was not synced. Gives how many documents were not there that were under way. */
function judgeCuts(disk: CutDisk, calls: readonly DiskCall[], seed: number): number {
  const random = seededRandom(seed);
  const acknowledged = acknowledgedIn(calls);
  const lucks = { nothing: () => false, all: () => true, some: () => random.next() < 0.5 };
  const found = Object.entries(lucks).map(([name, luck]) => {
    const after = join(folder.path, `after-${seed}-${name}`);
    mkdirSync(after);
    for (const [file, bytes] of Object.entries(disk.after(luck))) writeFileSync(join(after, file), bytes);
    const documents = documentsIn(after);
    rmSync(after, { recursive: true });
    expectAll(acknowledged, documents);
    return documents.size;
  });
  return Math.max(...found) - Math.min(...found);
}

/** What a commit may be told while the disk fails: never that it is done. */
const REFUSED = ["503 outcome_unknown", "507 storage_full"];

describe.skipIf(missing !== null)("a disk that fails", () => {
  const cases = [
    { name: "at one sync", call: "fsync", error: "EIO", lasting: false },
    { name: "at one write", call: "pwrite64", error: "EIO", lasting: false },
    { name: "for want of space at one write", call: "pwrite64", error: "ENOSPC", lasting: false },
    { name: "at every sync from one on", call: "fsync", error: "EIO", lasting: true },
    { name: "for want of space from one write on", call: "pwrite64", error: "ENOSPC", lasting: true },
  ] as const;
  test.each(cases)(
    "$name ($error) loses nothing that was answered, and reads go on",
    async ({ call, error, lasting }) => {
      let noticed = 0;
      const { before, all } = counts[call];
      // Not among the last: those are of the end of the server.
      const points = Array.from({ length: Math.floor((all - before) / 2) }, (_, nth) => before + 1 + nth);
      await forEachCrash(spread(points, FULL ? 60 : 2), async (n) => {
        const data = copyOfSound(`${call}-${error}-${lasting}-${n}`);
        const said = await runUnder(failingAt({ call, n }, { error, lasting }), data, async (server) => {
          const askIt = askAs(readFileSync(join(data, "admin-token"), "utf8").trim());
          expect((await askIt(server, "GET", "/v1/list/shop")).status).toBe(200);
        });
        const refused = said.filter(({ status }) => status !== 201);
        for (const one of refused) expect(REFUSED).toContain(`${one.status} ${one.code}`);
        if (lasting) expect(said.slice(-TOGETHER).every(({ status }) => status !== 201)).toBe(true);
        else expect(said.slice(-TOGETHER).every(({ status }) => status === 201)).toBe(true);
        if (refused.length > 0) noticed += 1;
        expect(readdirSync(data)).toContain("ledge.db");
        expectAll(
          said.filter(({ status }) => status === 201).map(({ key }) => key),
          documentsIn(data),
        );
      });
      expect(noticed).toBeGreaterThan(0);
    },
  );
});
