import { describe, expect, test } from "vitest";
import { runTick } from "../../lib/backup/export/tick.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import {
  begin,
  bytes,
  expectSame,
  fill,
  openQuickStore,
  put,
  restore,
  SMALL,
  TARGET,
  tick,
} from "../../testkit/backup.ts";
import { Cut, cutAt, type MemoryBucket, memoryBucket } from "../../testkit/bucket.ts";
import { FULL } from "../../testkit/crash-sample.ts";
import { endLease, rowOf } from "../../testkit/operation.ts";
import { T0 } from "../../testkit/proposals.ts";
import { openTestStore } from "../../testkit/store.ts";

const LATER = T0 + 200_000;

/** A tick whose process ends after so many requests. True when it came to its end before that. */
async function cutTick(db: NodeDb, bucket: MemoryBucket, calls: number, nowMs: number): Promise<boolean> {
  const tick = { db, target: TARGET, limits: SMALL, nowMs: () => nowMs, randomBytes: bytes };
  try {
    await runTick({ ...tick, bucket: cutAt(bucket, calls) });
    return true;
  } catch (error) {
    if (!(error instanceof Cut)) throw error;
    // A process that ends gives nothing back: the lease stays until its time is over.
    endLease(db, nowMs + 120_000);
    return false;
  }
}

async function expectRestorable(bucket: MemoryBucket, atLeast: number): Promise<void> {
  const { db, close } = openQuickStore();
  const report = await restore(db, bucket);
  expect(report.revision).toBeGreaterThanOrEqual(atLeast);
  close();
}

describe("a tick that is cut between any two requests", () => {
  test("leaves a bucket that restores, and the next tick completes it", async () => {
    // Each of them in the full run.
    for (let calls = 1; ; calls += FULL ? 1 : 3) {
      const { db, close } = openQuickStore();
      fill(db);
      const bucket = memoryBucket();
      const complete = await cutTick(db, bucket, calls, T0);
      if ([...bucket.objects.keys()].some((name) => name.includes("/manifests/")))
        await expectRestorable(bucket, 1);
      put(db, "after", "the crash");
      expect(await tick(db, bucket, { nowMs: LATER })).toMatchObject({ state: "exported" });
      const copy = openQuickStore();
      await restore(copy.db, bucket);
      expectSame(copy.db, db);
      copy.close();
      expect(db.all("select count(*) from backup_run where state='started'")).toEqual([[0]]);
      close();
      if (complete) break;
    }
  });

  test("is safe however often it is cut, while commits go on", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    begin(db);
    let nowMs = T0;
    let reached = 0;
    for (let round = 1; round <= 60; round += 1) {
      put(db, `k${round % 9}`, "v".repeat((round * 53) % 400));
      nowMs += 200_000;
      await cutTick(db, bucket, 1 + ((round * 7) % 19), nowMs);
      const held = Number(rowOf(db, "position").revision ?? 0);
      expect(held).toBeGreaterThanOrEqual(reached);
      reached = held;
      if (round % 15 === 0 && reached > 0) await expectRestorable(bucket, reached);
    }
    await tick(db, bucket, { nowMs: nowMs + 200_000 });
    const copy = openQuickStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, db);
  });

  test("never writes over anything but its head", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    const written = new Set<string>();
    bucket.before = (call) => {
      if (!call.startsWith("put ") || call.startsWith("put heads/")) return;
      expect(written).not.toContain(call);
      written.add(call);
    };
    fill(db);
    for (let n = 1; n <= 20; n += 1) {
      await cutTick(db, bucket, n, T0 + n * 200_000);
      put(db, "k", `v${n}`);
    }
    expect(written.size).toBeGreaterThan(20);
  });
});

describe("ticks that overlap", () => {
  test("are skipped while another one works, over one file from two connections", async () => {
    const { db, file } = openTestStore();
    const other = openNodeDb(file);
    fill(db);
    const bucket = memoryBucket();
    const both = await Promise.all([tick(db, bucket), tick(other, bucket), tick(other, bucket)]);
    expect(both.map(({ state }) => state).sort()).toEqual(["exported", "skipped", "skipped"]);
    const copy = openQuickStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, db);
    other.close();
  });

  test.each([
    { folder: "bases", aloneBytes: SMALL.aloneBytes },
    { folder: "segments", aloneBytes: 0 },
  ])(
    "change nothing when one wakes after another took its lease ($folder)",
    async ({ folder, aloneBytes }) => {
      const limits = { ...SMALL, aloneBytes };
      const { db, file } = openTestStore();
      const other = openNodeDb(file);
      fill(db);
      const bucket = memoryBucket();
      let inner: Promise<unknown> | undefined;
      bucket.before = (call) => {
        if (inner !== undefined || !call.includes(`/${folder}/`)) return;
        inner = tick(other, bucket, { nowMs: LATER, limits });
      };
      expect(await tick(db, bucket, { limits })).toMatchObject({ state: "skipped" });
      expect(await inner).toMatchObject({ state: "exported" });
      const copy = openQuickStore();
      await restore(copy.db, bucket);
      expectSame(copy.db, db);
      other.close();
    },
  );
});

describe("an idle tick", () => {
  test("asks the bucket nothing, and looks around once an hour", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
    bucket.calls.length = 0;
    for (let n = 1; n < 50; n += 1) {
      expect(await tick(db, bucket, { nowMs: T0 + n * 60_000 })).toMatchObject({ state: "nothing_new" });
    }
    expect(bucket.calls).toEqual([]);
    await tick(db, bucket, { nowMs: T0 + 3_600_000 });
    expect(bucket.calls.length).toBeGreaterThan(0);
    expect(bucket.calls.filter((call) => call.startsWith("put"))).toEqual([]);
  });
});
