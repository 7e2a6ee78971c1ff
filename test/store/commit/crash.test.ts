/**
 * Commits in a process that is killed before one of its system calls, or whose disk fails at one: each write, sync
 * and unlink of the store's file and its journal. Every one of them in the full run.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CommitRun, runCommits } from "../../../testkit/commits/run.ts";
import {
  type CommitScene,
  expectWhole,
  makeCommitScene,
  NOW_MS,
  writeScene,
} from "../../../testkit/commits/scene.ts";
import {
  type CallPoint,
  countingTo,
  failingAt,
  killedAt,
  readCalls,
  straceMissing,
} from "../../../testkit/crash/strace.ts";
import { FULL, forEachCrash, sampled } from "../../../testkit/crash-sample.ts";
import { temporaryFolder } from "../../../testkit/processes.ts";

const TIMEOUT_MS = FULL ? 3_600_000 : 300_000;
const missing = straceMissing();
if (missing !== null) console.warn(`commits are not killed at system calls: ${missing}`);

/** Runs the scene's commits in a process of its own, and gives what that left to `judge`. */
async function withRun<T>(
  scene: CommitScene,
  { under, attempts = 1 }: { under: (folder: string) => string[]; attempts?: number },
  judge: (run: CommitRun, file: string, folder: string) => T,
): Promise<T> {
  const folder = temporaryFolder("commits");
  const file = join(folder.path, "ledge.db");
  try {
    writeScene(scene, file);
    const order = { file, asks: scene.asks, nowMs: NOW_MS, attempts };
    return judge(await runCommits(order, { under: under(folder.path) }), file, folder.path);
  } finally {
    folder.remove();
  }
}

interface Counted {
  readonly scene: CommitScene;
  readonly calls: readonly CallPoint[];
}

const counted = new Map<boolean, Promise<Counted>>();

/** A scene, and each call that changes a file of a run that came to its end. */
function countedScene(pendingEpoch: boolean): Promise<Counted> {
  const known = counted.get(pendingEpoch) ?? count(makeCommitScene({ pendingEpoch }));
  counted.set(pendingEpoch, known);
  return known;
}

async function count(scene: CommitScene): Promise<Counted> {
  const calls = await callsOf(scene);
  expect(new Set(calls.map(({ call }) => call)).size).toBeGreaterThan(2);
  return { scene, calls };
}

function callsOf(scene: CommitScene): Promise<readonly CallPoint[]> {
  return withRun(
    scene,
    { under: (folder) => countingTo(join(folder, "calls")) },
    ({ said }, file, folder) => {
      expect(said).toEqual(scene.answers);
      expect(expectWhole(scene, file, said)).toBe(2);
      return readCalls(join(folder, "calls")).file;
    },
  );
}

function report(what: string, counts: Readonly<Record<string, number>>): void {
  if (FULL) console.info(`commits: ${what}: ${JSON.stringify(counts)}`);
}

describe.skipIf(missing !== null)("a commit that is killed at a system call", () => {
  test.each([
    { name: "in an epoch", pendingEpoch: false },
    { name: "that opens an epoch", pendingEpoch: true },
  ])(
    "$name is whole or absent, there if it was acknowledged, and repeated right",
    { timeout: TIMEOUT_MS },
    async ({ name, pendingEpoch }) => {
      const { scene, calls } = await countedScene(pendingEpoch);
      const counts: Record<string, number> = {};
      await forEachCrash(sampled(calls, 6), (point) =>
        withRun(scene, { under: () => killedAt(point) }, ({ killed, said }, file) => {
          expect(killed).toBe(true);
          const made = expectWhole(scene, file, said);
          const what = `${made} made, ${said.length} acknowledged`;
          counts[what] = (counts[what] ?? 0) + 1;
        }),
      );
      report(`killed, ${name}`, counts);
    },
  );
});

describe.skipIf(missing !== null)("a commit that is answered", () => {
  test("has synced the folder after its journal went, before it is acknowledged", async () => {
    const scene = makeCommitScene({ pendingEpoch: false });
    await withRun(scene, { under: (folder) => countingTo(join(folder, "calls")) }, (_, _file, folder) => {
      const lines = readFileSync(join(folder, "calls"), "utf8").split("\n");
      const acked = lines.findIndex((line) => /write\(1<.*"status/.test(line));
      const before = lines.slice(0, acked);
      const gone = before.findLastIndex((line) => /unlink.*ledge\.db-journal/.test(line));
      const synced = before.findLastIndex(
        (line) => /fsync|fdatasync/.test(line) && line.includes(`<${folder}>`),
      );
      expect(gone).toBeGreaterThan(0);
      expect(synced).toBeGreaterThan(gone);
    });
  });
});

/** What a commit may be told while the disk fails: never that it is done. */
const REFUSED = ["503 outcome_unknown", "507 storage_full"];

describe.skipIf(missing !== null)("a commit whose disk fails", () => {
  const cases = [
    { name: "at a sync", error: "EIO", failing: ["fsync", "fdatasync"], lasting: false },
    { name: "at a write", error: "EIO", failing: ["pwrite64"], lasting: false },
    { name: "at the end of its journal", error: "EIO", failing: ["unlink", "ftruncate"], lasting: false },
    { name: "at a write for want of space", error: "ENOSPC", failing: ["pwrite64"], lasting: false },
    { name: "at every sync from one on", error: "EIO", failing: ["fsync", "fdatasync"], lasting: true },
    { name: "at every write from one on", error: "ENOSPC", failing: ["pwrite64"], lasting: true },
  ] as const;
  test.each(cases)(
    "$name ($error) is refused, whole or absent, and the process goes on",
    {
      timeout: TIMEOUT_MS,
    },
    async ({ name, error, failing, lasting }) => {
      const { scene, calls } = await countedScene(false);
      const points = calls.filter(({ call }) => failing.some((one) => one === call));
      const counts: Record<string, number> = {};
      await forEachCrash(sampled(points, 2), (point) =>
        withRun(
          scene,
          { under: () => failingAt(point, { error, lasting }), attempts: 3 },
          ({ killed, said }, file) => {
            expect(killed).toBe(false);
            const refused = said.filter(({ status }) => status !== 200);
            for (const one of refused) {
              const told = `${one.status} ${one.code}`;
              expect(REFUSED).toContain(told);
              counts[told] = (counts[told] ?? 0) + 1;
            }
            if (!lasting) expect(said.length - refused.length).toBe(scene.asks.length);
            expectWhole(scene, file, said);
            const ended = refused.length === 0 ? "not noticed" : "noticed";
            counts[ended] = (counts[ended] ?? 0) + 1;
          },
        ),
      );
      expect(counts.noticed).toBeGreaterThan(0);
      report(name, counts);
    },
  );
});
