/** Old rows of the live store, compared with what was exported of them. */
import { describe, expect, test } from "vitest";
import { readBackupStatus } from "../../../lib/store/catalogue/status.ts";
import { compact } from "../../../lib/store/compaction/compaction.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { fill, openQuickStore, put, SMALL, tick } from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { rowOf } from "../../../testkit/operation.ts";
import { T0 } from "../../../testkit/proposals.ts";
import { purgeValue } from "../../../testkit/purge.ts";

const DAY = 86_400_000;

/** A store with several chains in its bucket, of segments and of bases, all of it proven. */
async function backedUp(): Promise<{ db: NodeDb; bucket: MemoryBucket }> {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket, { limits: SMALL });
  for (let n = 0; n < 30; n += 1) {
    put(db, `k${n % 4}`, `${n} ${"x".repeat(200)}`);
    await tick(db, bucket, { limits: SMALL });
  }
  return { db, bucket };
}

const history = (db: NodeDb, nowMs: number) => readBackupStatus(db, nowMs, true);

/** Ticks until a scrub that began after `nowMs` is at its end; gives the moment. */
async function scrubbed(db: NodeDb, bucket: MemoryBucket, nowMs: number): Promise<number> {
  for (let at = nowMs; ; at += 60_000) {
    await tick(db, bucket, { nowMs: at, limits: SMALL });
    if (Number(rowOf(db, "history").doneMs) >= nowMs) return at;
    if (at > nowMs + DAY) throw new Error("the scrub comes to no end");
  }
}

/** Alters rows for one scrub; what the database was is put back, since the test's end checks it. */
async function altered(change: string, back: string): Promise<ReturnType<typeof history>> {
  const { db, bucket } = await backedUp();
  expect(history(db, await scrubbed(db, bucket, T0 + 2 * DAY))).toMatchObject({
    state: "ok",
    history: { faults: 0, first: null },
  });
  db.all(change);
  const found = history(db, await scrubbed(db, bucket, T0 + 4 * DAY));
  db.all(back);
  expect(history(db, await scrubbed(db, bucket, T0 + 6 * DAY))).toMatchObject({
    state: "ok",
    history: { faults: 0, first: null },
  });
  return found;
}

describe("the scrub of history", () => {
  const cases = [
    {
      name: "a value that was replaced long ago",
      change:
        "update change set value=cast('altered' as blob) where namespace='shop' and key='limits/0' and revision=(select min(revision) from change where key='limits/0')",
      back: `update change set value=cast('{"n":0,"pad":""}' as blob) where namespace='shop' and key='limits/0' and revision=(select min(revision) from change where key='limits/0')`,
    },
    {
      name: "who made a commit",
      change: "update commits set actor='somebody-else' where revision=4",
      back: "update commits set actor=(select actor from commits where revision=5) where revision=4",
    },
    {
      name: "when a commit was made",
      change: "update commits set time_ms=time_ms+1 where revision=6",
      back: "update commits set time_ms=time_ms-1 where revision=6",
    },
  ];
  test.each(cases)("finds that $name was altered, though every proof passes", async ({ change, back }) => {
    const found = await altered(change, back);
    expect(found).toMatchObject({
      state: "failing",
      scrub: { faults: 0 },
      history: { first: expect.stringContaining("not what was exported") },
    });
    expect(found.history?.faults).toBeGreaterThan(0);
    expect(found.provenRevision).toBe(found.exportedRevision);
  });

  test("finds an altered row that the newest base was made from", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
    const first = rowOf(db, "position").objects;
    const [oldest] = db.all("select actor, revision from commits order by revision limit 1");
    db.all("update commits set actor='somebody-else' where revision=?1", [oldest?.[1] ?? 0]);
    for (let n = 0; n < 30; n += 1) {
      put(db, `k${n % 4}`, `${n} ${"x".repeat(200)}`);
      await tick(db, bucket);
    }
    expect(rowOf(db, "position").objects).not.toEqual(expect.arrayContaining([first].flat()));
    const found = history(db, await scrubbed(db, bucket, T0 + 2 * DAY));
    expect(found.history).toMatchObject({ faults: 1, first: expect.stringContaining("commits") });
    db.all("update commits set actor=?1 where revision=?2", oldest ?? []);
  });

  test("takes what is no longer kept for no fault, and still finds what was altered", async () => {
    const { db, bucket } = await backedUp();
    const rows = () => Number(db.all("select count(*) from change where namespace='shop'")[0]?.[0]);
    const before = rows();
    compact(db, { nowMs: T0 + 2 * DAY, keepMs: DAY, hasBucket: true, goesOn: () => true });
    expect(rows()).toBeLessThan(before / 2);
    expect(history(db, await scrubbed(db, bucket, T0 + 2 * DAY))).toMatchObject({
      state: "ok",
      history: { faults: 0 },
    });
    const [oldest] = db.all("select actor, revision from commits order by revision limit 1 offset 5");
    db.all("update commits set actor='somebody-else' where revision=?1", [oldest?.[1] ?? 0]);
    const found = history(db, await scrubbed(db, bucket, T0 + 4 * DAY));
    expect(found.history?.faults).toBeGreaterThan(0);
    db.all("update commits set actor=?1 where revision=?2", oldest ?? []);
  });

  test("is put down when a tick's time is over, and goes on with the next", async () => {
    const { db, bucket } = await backedUp();
    const nowMs = T0 + 2 * DAY;
    let ticks = 0;
    for (let at = nowMs; Number(rowOf(db, "history").doneMs) < nowMs; at += 60_000, ticks += 1)
      await tick(db, bucket, { nowMs: at, limits: SMALL, budget: { bytes: 40_000, ms: 20_000 } });
    expect(ticks).toBeGreaterThan(1);
    expect(history(db, nowMs + DAY).history).toMatchObject({ faults: 0 });
  });

  test("takes what was purged for no fault", async () => {
    const { db, bucket } = await backedUp();
    purgeValue(db, { nowMs: T0, key: "limits/0" });
    const found = history(db, await scrubbed(db, bucket, T0 + 3 * DAY));
    expect(found.history).toMatchObject({ faults: 0 });
  });

  test("asks an idle bucket nothing until it is due again", async () => {
    const { db, bucket } = await backedUp();
    const nowMs = await scrubbed(db, bucket, T0 + 2 * DAY);
    bucket.calls.length = 0;
    await tick(db, bucket, { nowMs: nowMs + 60_000, limits: SMALL });
    expect(bucket.calls).toEqual([]);
  });
});
