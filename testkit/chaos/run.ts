/**
 * A run of the real exporter against a bucket that fails: commits, ticks, and after each what must hold. One
 * seed decides the commits, the run's own names and every fault.
 */
import { expect } from "vitest";
import { runTick, type TickOutcome } from "../../lib/backup/export/tick.ts";
import type { Bucket } from "../../lib/bucket/bucket.ts";
import { BucketFault } from "../../lib/bucket/bucket.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { expectSame, fill, openQuickStore, put, remove, restore, SMALL, TARGET } from "../backup.ts";
import { memoryBucket } from "../bucket.ts";
import { chaosBucket, openChaos } from "../chaos.ts";
import { T0 } from "../proposals.ts";
import { type Random, seededRandom } from "../random.ts";
import { audit, isManifest, parseManifest } from "./audit.ts";
import type { FaultRule } from "./faults.ts";
import type { ChaosServer } from "./server.ts";

const PREFIX = "ledge/";
const TICK_MS = 60_000;

export interface ChaosRun {
  readonly seed: number;
  readonly rounds: number;
  readonly faults: readonly FaultRule[];
  /** Called before each round: rotates keys, turns clocks. */
  readonly before?: (server: ChaosServer, round: number) => void;
}

export interface ChaosReport {
  /** How many ticks the faults ended. */
  readonly failed: number;
  readonly exported: number;
  readonly restored: number;
  /** Kinds of faults that struck, and how often. */
  readonly struck: Readonly<Record<string, number>>;
}

interface Harness {
  readonly db: Db;
  readonly server: ChaosServer;
  readonly random: Random;
  nowMs: number;
}

/** Runs it, and throws with the seed in the message when something does not hold. */
export async function runChaos(run: ChaosRun): Promise<ChaosReport> {
  try {
    return await rounds(run);
  } catch (error) {
    throw new Error(`the run with seed ${run.seed} failed: ${String(error)}`, { cause: error });
  }
}

async function rounds({ seed, rounds, faults, before }: ChaosRun): Promise<ChaosReport> {
  const server = await openChaos({ seed, publishesTorn: true });
  const { db, close } = openQuickStore();
  const harness: Harness = { db, server, random: seededRandom(seed ^ 0x5eed), nowMs: T0 };
  const counts = { failed: 0, exported: 0, restored: 0 };
  fill(db);
  const hasty = chaosBucket(server, {}, { attempts: 3, timeoutMs: 500, pauseMs: 2 });
  for (let round = 1; round <= rounds; round += 1) {
    before?.(server, round);
    someCommits(harness);
    server.faults.set(...faults);
    const outcome = await tickUnder(harness, hasty);
    counts[outcome === undefined ? "failed" : "exported"] += 1;
    expect(outcome?.state === "stopped" ? outcome.finding : undefined).toBe(undefined);
    if (await expectRestorePoint(harness)) counts.restored += 1;
    expectNoOffence(server);
  }
  server.faults.set();
  await expectCalm(harness);
  counts.restored += 1;
  close();
  return { ...counts, struck: struckBy(server) };
}

function someCommits({ db, random }: Harness): void {
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const key = `key/${random.below(9)}`;
    if (random.below(5) === 0 && db.all("select 1 from entry where key=?1", [key]).length > 0)
      remove(db, key);
    else
      put(
        db,
        key,
        random.below(6) === 0
          ? random.bytes(random.below(300))
          : `${random.next()}`.repeat(1 + random.below(30)),
      );
  }
}

/** A tick; undefined when a fault of the bucket ended it. Anything else that is thrown is a failure of ours. */
async function tickUnder(harness: Harness, bucket: Bucket): Promise<TickOutcome | undefined> {
  harness.nowMs += TICK_MS;
  const { db, random, nowMs } = harness;
  try {
    return await runTick({
      db,
      bucket,
      target: TARGET,
      limits: SMALL,
      nowMs: () => nowMs,
      randomBytes: (length) => random.bytes(length),
    });
  } catch (error) {
    if (error instanceof BucketFault) return undefined;
    throw error;
  }
}

/** What the bucket truly holds restores to what the store was at that revision, and is no older than we think. */
async function expectRestorePoint({ db, server, nowMs }: Harness): Promise<boolean> {
  const reached = readBackupStatus(db, nowMs, true).exportedRevision;
  const readable = readableObjects(server);
  if (reached === null && ![...readable.keys()].some(isManifest)) return false;
  const copy = openQuickStore();
  const { revision } = await restore(copy.db, memoryBucket(readable));
  expect(revision).toBeGreaterThanOrEqual(reached ?? 0);
  expect(stateAt(copy.db, revision)).toEqual(stateAt(db, revision));
  copy.close();
  return true;
}

/**
 * What the bucket truly holds, torn manifests apart: a newest one that is alone at its revision is no restore point
 * until the next tick has cleared it away, and a restore in between stops by its name, so that a person chooses.
 */
function readableObjects({ objects }: ChaosServer): Map<string, Uint8Array> {
  const readable = new Map<string, Uint8Array>();
  for (const [full, bytes] of objects.state()) {
    const name = full.slice(PREFIX.length);
    if (!isManifest(name) || parseManifest(bytes) !== undefined) readable.set(name, bytes);
  }
  return readable;
}

const STATE = [
  "select * from commits where revision<=?1 order by revision",
  "select * from change where revision<=?1 order by namespace, key, revision",
  `select c.namespace, c.key, c.revision, c.value from change c where c.op='put' and c.revision<=?1 and not exists
    (select 1 from change n where n.namespace=c.namespace and n.key=c.key and n.revision>c.revision
      and n.revision<=?1) order by c.namespace, c.key`,
];

function stateAt(db: Db, revision: number): unknown {
  return STATE.map((sql) => db.all(sql, [revision]));
}

/** The faults have stopped: two ticks bring the bucket up to the store, and it restores over the wire. */
async function expectCalm(harness: Harness): Promise<void> {
  const { db, server } = harness;
  const patient = chaosBucket(server, {}, { timeoutMs: 30_000, pauseMs: 2 });
  const outcomes = [await tickUnder(harness, patient), await tickUnder(harness, patient)];
  const status = readBackupStatus(db, harness.nowMs, true);
  expect([status.state, status.behindRevisions, outcomes.map((one) => one?.state)]).toEqual([
    "ok",
    0,
    [expect.stringMatching(/exported|nothing_new/), expect.stringMatching(/exported|nothing_new/)],
  ]);
  const copy = openQuickStore();
  await restore(copy.db, patient);
  expectSame(copy.db, db);
  copy.close();
  expectNoOffence(server);
}

function expectNoOffence({ journal, objects }: ChaosServer): void {
  expect(audit(journal.entries, { prefix: PREFIX, state: objects.state() })).toEqual([]);
}

function struckBy({ journal }: ChaosServer): Record<string, number> {
  const struck: Record<string, number> = {};
  for (const { fault } of journal.entries) {
    if (fault !== undefined) struck[fault.kind] = (struck[fault.kind] ?? 0) + 1;
  }
  return struck;
}
