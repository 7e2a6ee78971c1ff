/** A clock that was ahead once, and is right again: what it has left in the store stops nothing. */
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../lib/backup/export/limits.ts";
import { DEFAULT_POLICY } from "../../lib/backup/policy.ts";
import { parseRetention } from "../../lib/core/retention.ts";
import { readExported } from "../../lib/store/catalogue/exported.ts";
import { acquireLease, LEASE_MS, readLease } from "../../lib/store/catalogue/lease.ts";
import { listPoints } from "../../lib/store/catalogue/points.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { askAs } from "../../testkit/ask.ts";
import { begin, fill, openQuickStore, put, SMALL, TARGET, tick } from "../../testkit/backup.ts";
import { memoryBucket, openServedBucket } from "../../testkit/bucket.ts";
import { variablesOf } from "../../testkit/bucket-settings.ts";
import { buildFor, LEDGE_MANIFEST } from "../../testkit/host.ts";
import { countRowsOf, rowOf, stealLease } from "../../testkit/operation.ts";
import { giveToken, T0, tokenOf } from "../../testkit/proposals.ts";
import { openServedStore } from "../../testkit/served-store.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const AHEAD = 400 * 24 * HOUR;
const TICKER = tokenOf("t");
const ask = askAs(TICKER);
const POLICY = {
  retention: parseRetention("all 1h") ?? DEFAULT_POLICY.retention,
  graceMs: HOUR,
  proofIntervalMs: 2 * HOUR,
};

beforeAll(() => buildFor(LEDGE_MANIFEST, ["snapshot-export"]));

/** Commits as if the clock stood there. */
function putAt(db: NodeDb, key: string, timeMs: number): number {
  const revision = put(db, key, "v");
  db.all("update commits set time_ms=?2 where revision=?1", [revision, timeMs]);
  return revision;
}

describe("a host that was killed during a backup while its clock was 400 days ahead", () => {
  test("backs up again as soon as the clock is right, and says what happened", async () => {
    const { server } = await openServedBucket();
    const { db, host } = await openServedStore(
      (store) => {
        begin(store);
        giveToken(store, TICKER, ["backup"]);
      },
      { variables: variablesOf(server) },
    );
    const status = async () => (await ask(host, "GET", "/v1/backup/status")).json;
    const head = putAt(db, "k", Date.now() + AHEAD);
    stealLease(db, Date.now() + AHEAD);
    expect(await status()).toMatchObject({
      state: "failing",
      lastError: { code: "internal", detail: expect.stringContaining("ended without an answer") },
    });
    const run = await ask(host, "POST", "/v1/backup/run");
    expect(run.json).toMatchObject({ state: "exported", to: head, provenRevision: head });
    expect(await status()).toMatchObject({ state: "ok", lastError: null });
  });
});

describe("a lease taken between somebody's look at the clock and their look at the store", () => {
  const late = (ms: number) => {
    const { db } = openQuickStore();
    expect(acquireLease(db, { nowMs: T0 + ms, untilMs: T0 + ms + LEASE_MS })).toBeDefined();
    return db;
  };
  test.each([1, 5_000])("is held: it is no wrong clock's (%i ms later)", (ms) => {
    const db = late(ms);
    expect(readLease(db, T0)).toEqual({ held: true, leftMs: undefined });
    expect(readExported(db, T0)).toMatchObject({ leased: true });
    expect(acquireLease(db, { nowMs: T0, untilMs: T0 + LEASE_MS })).toBeUndefined();
  });
});

describe("the status", () => {
  test("counts from the last export where the waiting commit's own time lies ahead", async () => {
    const { db } = openQuickStore();
    fill(db);
    await tick(db, memoryBucket());
    putAt(db, "k", T0 + AHEAD);
    expect(readBackupStatus(db, T0 + HOUR, true)).toMatchObject({ state: "behind", behindSeconds: 3600 });
    expect(readBackupStatus(db, T0 + MINUTE, true)).toMatchObject({ state: "ok", behindSeconds: 60 });
  });

  test("does not say that all is well where no clock tells how long a commit has waited", async () => {
    const { db } = openQuickStore();
    fill(db);
    await tick(db, memoryBucket(), { nowMs: T0 + AHEAD });
    putAt(db, "k", T0 + AHEAD);
    expect(readBackupStatus(db, T0 + HOUR, true)).toMatchObject({ state: "behind", behindRevisions: 1 });
  });
});

describe("moments that a clock has left ahead", () => {
  test("stop neither the look for others nor the replay nor pruning", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const far = T0 + AHEAD;
    await tick(db, bucket, { nowMs: far, policy: POLICY });
    put(db, "k", "2");
    await tick(db, bucket, { nowMs: far + HOUR, policy: POLICY, asked: { prune: true, replay: true } });
    for (const name of ["look", "replayed", "pruned"]) expect(Number(rowOf(db, name).atMs)).toBe(far + HOUR);
    await tick(db, bucket, { nowMs: T0, policy: POLICY });
    for (const name of ["look", "replayed", "pruned"])
      expect([name, rowOf(db, name).atMs]).toEqual([name, T0]);
  });

  test("are set anew on what waits for its removal, so that it goes after its grace", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const lineage = String(db.all("select lineage from store")[0]?.[0]);
    let nowMs = T0;
    for (let n = 0; n < 12; n += 1, nowMs += 10 * MINUTE) {
      put(db, `k${n % 3}`, "x".repeat(200));
      await tick(db, bucket, { nowMs, policy: POLICY, limits: SMALL });
    }
    // For one tick the clock is ahead, and gives up what is not an hour old.
    await tick(db, bucket, { nowMs: nowMs + AHEAD, policy: POLICY, asked: { prune: true, replay: true } });
    const marked = () =>
      listPoints(db, { target: TARGET, lineage }).filter(({ doomedMs }) => doomedMs !== null);
    expect(marked().length).toBeGreaterThan(0);
    nowMs += 3 * HOUR;
    await tick(db, bucket, { nowMs, policy: POLICY, asked: { prune: true, replay: true } });
    expect(marked().map(({ doomedMs }) => doomedMs)).toEqual(marked().map(() => nowMs));
    const waiting = marked().length;
    nowMs += 2 * HOUR;
    const pruned = await tick(db, bucket, { nowMs, policy: POLICY, asked: { prune: true, replay: true } });
    expect(pruned).toMatchObject({ pruned: { points: waiting } });
    expect(countRowsOf(db, "replay")).toBeGreaterThan(0);
  });

  test("do not make an old replay newer than what came after it", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const lineage = String(db.all("select lineage from store")[0]?.[0]);
    // One chain of a size that needs no second base, which would be replayed.
    const options = { limits: LIMITS, policy: { ...POLICY, proofIntervalMs: 2 * AHEAD } };
    await tick(db, bucket, { nowMs: T0 + AHEAD, ...options });
    for (const hours of [0, 1, 2]) {
      put(db, "k", String(hours));
      await tick(db, bucket, { nowMs: T0 + hours * HOUR, ...options });
    }
    expect(rowOf(db, "replayed").atMs).toBe(T0 + AHEAD);
    await tick(db, bucket, { nowMs: T0 + 4 * HOUR, ...options, asked: { prune: true } });
    const points = listPoints(db, { target: TARGET, lineage });
    // None of what is newer than the newest replay is given up.
    expect(points.length).toBeGreaterThan(3);
    expect(points.filter(({ doomedMs }) => doomedMs !== null)).toEqual([]);
  });
});
