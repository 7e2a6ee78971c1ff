import { describe, expect, test } from "vitest";
import { EPOCH_STRIDE } from "../../../lib/core/revision.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  begin,
  contents,
  expectSame,
  fill,
  openQuickStore,
  put,
  remove,
  restore,
  tick,
} from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { rowOf } from "../../../testkit/operation.ts";
import { T0 } from "../../../testkit/proposals.ts";

async function backedUp(): Promise<{ db: NodeDb; bucket: MemoryBucket }> {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket);
  return { db, bucket };
}

async function restored(bucket: MemoryBucket, revision?: number): Promise<NodeDb> {
  const { db } = openQuickStore();
  await restore(db, bucket, revision);
  return db;
}

const storeRow = (db: NodeDb) =>
  db.all("select lineage, epoch, revision, pending_lineage, pending_epoch, pending_first from store")[0] ??
  [];
const value = (db: NodeDb, key: string) =>
  db.all("select cast(value as text) from entry where namespace='shop' and key=?1", [key])[0]?.[0];

describe("a restored store", () => {
  test("equals its source, exports nothing, and has an epoch ready", async () => {
    const { db, bucket } = await backedUp();
    const copy = await restored(bucket);
    expectSame(copy, db);
    const [, epoch, , pendingLineage, pendingEpoch, pendingFirst] = storeRow(copy);
    expect([epoch, pendingEpoch]).toEqual([0, 1]);
    expect(pendingLineage).toMatch(/^[0-9a-f]{32}$/);
    expect(Number(pendingFirst)).toBeGreaterThanOrEqual(EPOCH_STRIDE);
    expect(Number(pendingFirst)).toBeLessThan(EPOCH_STRIDE * 1.5);
    bucket.calls.length = 0;
    expect(await tick(copy, bucket, { nowMs: T0 + 9_000_000 })).toMatchObject({ state: "nothing_new" });
    expect(bucket.calls).toEqual([]);
  });

  test("opens the epoch with its first commit, claims it, and writes a base of its own", async () => {
    const { db, bucket } = await backedUp();
    const copy = await restored(bucket);
    const [, , , lineage, , first] = storeRow(copy);
    expect(put(copy, "new", "life")).toBe(first);
    const before = new Set(bucket.objects.keys());
    expect(await tick(copy, bucket)).toMatchObject({ state: "exported", to: first });
    const written = [...bucket.objects.keys()].filter((name) => !before.has(name));
    expect(written).toContain(`epochs/1-${lineage}.json`);
    expect(written.some((name) => name.startsWith(`${lineage}/bases/`))).toBe(true);
    expect(written.every((name) => name.includes(String(lineage)))).toBe(true);
    const again = await restored(bucket);
    expectSame(again, copy);
    expect(storeRow(again)[4]).toBe(2);
    expect(again.all("select lineage, parent, parent_revision from lineage order by epoch")).toEqual([
      [storeRow(db)[0], null, null],
      [lineage, storeRow(db)[0], storeRow(db)[2]],
    ]);
  });

  test("keeps a key written after a restore through the next restore", async () => {
    const { bucket } = await backedUp();
    const first = await restored(bucket);
    put(first, "only", "one key");
    await tick(first, bucket);
    const second = await restored(bucket);
    expect(value(second, "only")).toBe("one key");
    expect(value(second, "limits/1")).toBe("second life");
    put(second, "another", "two");
    await tick(second, bucket);
    const third = await restored(bucket);
    expect([value(third, "only"), value(third, "another")]).toEqual(["one key", "two"]);
    expect(storeRow(third)[4]).toBe(3);
  });

  test("keeps deleted keys deleted, through bases and restores", async () => {
    const { db, bucket } = await backedUp();
    put(db, "gone", "soon");
    await tick(db, bucket);
    remove(db, "gone");
    await tick(db, bucket);
    const copy = await restored(bucket);
    expect(value(copy, "gone")).toBe(undefined);
    remove(copy, "a");
    await tick(copy, bucket);
    const again = await restored(bucket);
    expect([value(again, "gone"), value(again, "a")]).toEqual([undefined, undefined]);
    expectSame(again, copy);
  });

  test("never shares a lineage or a revision with another restore of the same bucket", async () => {
    const { bucket } = await backedUp();
    const seen = new Set<unknown>();
    for (let n = 0; n < 6; n += 1) {
      const copy = await restored(bucket);
      const [, , , lineage, , first] = storeRow(copy);
      seen.add(lineage).add(first);
    }
    expect(seen.size).toBe(12);
  });

  test("refuses revisions that the bucket does not hold, by name", async () => {
    const { db, bucket } = await backedUp();
    const head = Number(storeRow(db)[2]);
    await expect(restored(bucket, head + 1)).rejects.toThrow("revision_unknown");
    const copy = await restored(bucket, head - 2);
    put(copy, "fork", "in the road");
    await tick(copy, bucket);
    await expect(restored(bucket, head - 1)).rejects.toThrow("revision_lost");
    expect(value(await restored(bucket, head - 2), "fork")).toBe(undefined);
  });
});

describe("two histories at one bucket", () => {
  test("a store with another history exports nothing and deletes nothing", async () => {
    const { bucket } = await backedUp();
    const { db } = openQuickStore();
    begin(db);
    const before = new Map(bucket.objects);
    expect(await tick(db, bucket)).toMatchObject({ state: "stopped", finding: { kind: "foreign" } });
    expect(await tick(db, bucket)).toMatchObject({ state: "stopped" });
    expect(bucket.objects).toEqual(before);
    expect(rowOf(db, "look").finding).toMatchObject({ kind: "foreign" });
  });

  test("a source going on beside its restored copy is told of it; both stay readable", async () => {
    const { db, bucket } = await backedUp();
    const copy = await restored(bucket);
    put(copy, "here", "copy");
    expect(await tick(copy, bucket)).toMatchObject({ state: "exported" });
    put(db, "here", "source");
    expect(await tick(db, bucket)).toMatchObject({ state: "stopped", finding: { kind: "fork" } });
    expect(value(await restored(bucket), "here")).toBe("copy");
  });

  test("of two copies that go on, the second to export is told", async () => {
    const { bucket } = await backedUp();
    const [left, right] = [await restored(bucket), await restored(bucket)];
    put(left, "k", "left");
    put(right, "k", "right");
    expect(await tick(left, bucket)).toMatchObject({ state: "exported" });
    expect(await tick(right, bucket)).toMatchObject({ state: "stopped", finding: { kind: "fork" } });
  });

  test("a file put back by hand finds the bucket ahead of itself", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
    const old = openQuickStore();
    old.db.raw.exec("pragma foreign_keys=off");
    for (const table of [
      "store",
      "lineage",
      "commits",
      "change",
      "entry",
      "usage",
      "operation",
      "backup_run",
      "backup_object",
    ]) {
      old.db.all(`delete from ${table}`);
      for (const row of db.all(`select * from ${table}`)) {
        old.db.all(`insert into ${table} values (${row.map(() => "?").join(",")})`, row);
      }
    }
    expect(contents(old.db)).toEqual(contents(db));
    put(db, "k", "the life that went on");
    put(db, "k", "and on");
    await tick(db, bucket);
    put(old.db, "k", "the life put back");
    expect(await tick(old.db, bucket)).toMatchObject({ state: "stopped", finding: { kind: "fork" } });
  });

  test("a bucket that was emptied gets everything again", async () => {
    const { db, bucket } = await backedUp();
    bucket.objects.clear();
    put(db, "k", "v");
    expect(await tick(db, bucket)).toMatchObject({ state: "exported" });
    expectSame(await restored(bucket), db);
  });

  test("a bucket that was put back to an older copy of itself gets everything again", async () => {
    const { db, bucket } = await backedUp();
    const older = new Map(bucket.objects);
    put(db, "k", "v");
    await tick(db, bucket);
    bucket.objects.clear();
    for (const [name, object] of older) bucket.objects.set(name, object);
    put(db, "k", "w");
    expect(await tick(db, bucket)).toMatchObject({ state: "exported" });
    expectSame(await restored(bucket), db);
  });

  test("a bucket at another address is followed only if it holds everything", async () => {
    const { db, bucket } = await backedUp();
    const whole = memoryBucket(bucket.objects);
    const torn = memoryBucket(bucket.objects);
    const lost = [...torn.objects.keys()].find(
      (name) => name.includes("/bases/") && name.endsWith("00001.ndjson.gz"),
    );
    torn.objects.delete(lost ?? "");
    const head = put(db, "k", "v");
    const image = rowOf(db, "position").objects;
    expect(await tick(db, torn, { target: "a".repeat(64) })).toMatchObject({ state: "exported", from: null });
    expect(rowOf(db, "position").objects).not.toEqual(image);
    expectSame(await restored(torn), db);
    const next = put(db, "k", "w");
    expect(await tick(db, whole, { target: "b".repeat(64) })).toMatchObject({
      state: "exported",
      from: null,
    });
    expectSame(await restored(whole), db);
    expect(next).toBe(head + 1);
  });
});
