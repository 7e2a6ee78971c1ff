/** Which history is followed: over a restore, beside a fork, and never back. */
import { describe, expect, test } from "vitest";
import { LIMITS, type Limits } from "../../../lib/backup/export/limits.ts";
import { openBucketSource } from "../../../lib/backup/follow/bucket-source.ts";
import { adopt } from "../../../lib/backup/histories/fork.ts";
import type { Bucket } from "../../../lib/bucket/bucket.ts";
import { parseManifestName } from "../../../lib/snapshot/names.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { bytes, openQuickStore, restore, SMALL, TARGET, tick } from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { cloneStore } from "../../../testkit/clone.ts";
import {
  asked,
  beginFollowed,
  changesOf,
  commitAt,
  commitMany,
  never,
  newestPlace,
  replayed,
  stateOf,
  truthOf,
} from "../../../testkit/followed.ts";
import { manifestsOf } from "../../../testkit/forged.ts";

/** Bases as soon as SMALL has them, of few objects. */
const QUICK: Limits = { ...SMALL, segmentBytes: 6000, partBytes: 6000 };

const open = (bucket: Bucket, more: Partial<Parameters<typeof openBucketSource>[0]> = {}) =>
  openBucketSource({ bucket, name: "histories", ...more });
const write = (db: NodeDb, second: number, value: string) =>
  commitAt(db, second, { op: "put", ns: "shop", key: "k", value });

async function backedUp() {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  beginFollowed(db);
  commitMany(db, { seed: 1, count: 10 });
  await tick(db, bucket, { limits: LIMITS });
  return { db, bucket, place: await newestPlace(bucket) };
}

/** A store restored to a revision, with a commit of its own, backed up. */
async function restoredAt(bucket: MemoryBucket, revision: number | undefined, second: number) {
  const { db } = openQuickStore();
  await restore(db, bucket, revision);
  write(db, second, `restored, ${second}`);
  await tick(db, bucket, { limits: LIMITS });
  return { db, place: await newestPlace(bucket) };
}

describe("a replica of a history that was restored", () => {
  test("goes on in the newer epoch from a place that both have", async () => {
    const { bucket, place } = await backedUp();
    const { db: copy, place: newer } = await restoredAt(bucket, undefined, 2000);
    const source = open(bucket);
    for (const revision of [0, place.revision - 3, place.revision]) {
      const { commits, place: reached } = await changesOf(source, "shop", { ...place, revision });
      expect(reached).toEqual(newer);
      expect(commits.at(-1)?.revision).toBe(newer.revision);
    }
    const again = await restoredAt(bucket, undefined, 3000);
    const { commits } = await changesOf(open(bucket), "shop", { ...place, revision: 0 });
    expect(commits.map(({ revision }) => revision).slice(-2)).toEqual([newer.revision, again.place.revision]);
    expect(replayed([], commits)).toEqual(replayed(truthOf(again.db, "shop"), []));
    expect(copy.all("select count(*) from lineage")).toEqual([[2]]);
  });

  test("is told up to where the histories are one when it stands beyond that", async () => {
    const { db, bucket, place } = await backedUp();
    write(db, 2000, "lost");
    await tick(db, bucket, { limits: LIMITS });
    const lost = await newestPlace(bucket);
    const before = open(bucket);
    await stateOf(before, "shop");
    const { place: newer } = await restoredAt(bucket, place.revision, 3000);
    // A source that has read what was lost takes the newer history as well.
    expect((await stateOf(before, "shop")).place).toEqual(newer);
    const source = open(bucket);
    for (const stand of [lost, { ...newer, revision: lost.revision }])
      await expect(source.changes("shop", stand, asked)).rejects.toMatchObject({
        code: "lineage",
        shared: place,
      });
    expect((await changesOf(source, "shop", place)).place).toEqual(newer);
  });

  test("is told nothing new where the origin has told it more than the bucket holds", async () => {
    const { bucket, place } = await backedUp();
    const ahead = { ...place, revision: place.revision + 5 };
    const page = await open(bucket).changes("shop", ahead, asked);
    expect(page).toEqual({ place: ahead, head: ahead.revision, commits: [] });
  });

  test("is refused a history that its own is not part of", async () => {
    const { bucket } = await backedUp();
    const source = open(bucket);
    const foreign = { lineage: "f".repeat(32), revision: 5 };
    await expect(source.changes("shop", foreign, asked)).rejects.toMatchObject({ code: "foreign" });
  });

  test("is refused a sibling once that is the newest", async () => {
    const { bucket, place } = await backedUp();
    const twin = memoryBucket(bucket.objects);
    const { place: sibling } = await restoredAt(bucket, undefined, 2000);
    // The other one opens epoch 2, in a bucket that does not hold the sibling.
    await restoredAt(twin, undefined, 3000);
    await restoredAt(twin, undefined, 4000);
    const merged = memoryBucket(new Map([...bucket.objects, ...twin.objects]));
    await expect(open(merged).changes("shop", sibling, asked)).rejects.toMatchObject({ code: "foreign" });
    expect((await open(merged).changes("shop", place, asked)).commits).not.toEqual([]);
  });
});

describe("two newest histories", () => {
  async function twoOfOneEpoch() {
    const { bucket, place } = await backedUp();
    const twin = memoryBucket(bucket.objects);
    const left = await restoredAt(bucket, undefined, 2000);
    const right = await restoredAt(twin, undefined, 3000);
    return { bucket: memoryBucket(new Map([...bucket.objects, ...twin.objects])), place, left, right };
  }

  test("are refused by name until one is told, and a later epoch ends the question", async () => {
    const { bucket, place, left, right } = await twoOfOneEpoch();
    const source = open(bucket);
    const refused = source.changes("shop", place, asked);
    await expect(refused).rejects.toMatchObject({ code: "fork" });
    for (const { lineage } of [left.place, right.place])
      await expect(refused).rejects.toThrow(lineage.slice(0, 8));
    for (const { place: one, db } of [left, right]) {
      const told = open(bucket, { branch: one.lineage.slice(0, 8) });
      expect(await stateOf(told, "shop")).toMatchObject({ place: one, documents: truthOf(db, "shop") });
    }
    const told = open(bucket, { branch: left.place.lineage });
    await stateOf(told, "shop");
    const made = await adopt({ db: left.db, bucket, target: TARGET, randomBytes: bytes }, [
      right.place.lineage,
    ]);
    write(left.db, 5000, "later");
    await tick(left.db, bucket, { limits: LIMITS });
    await told.changes("shop", left.place, asked);
    await told.changes("shop", left.place, asked);
    expect((await told.changes("shop", left.place, asked)).place.lineage).toBe(made.lineage);
    expect((await stateOf(source, "shop")).documents).toEqual(truthOf(left.db, "shop"));
  });

  test("are noticed beside one that is followed already", async () => {
    const { bucket, left, right } = await twoOfOneEpoch();
    const both = new Map(bucket.objects);
    for (const name of both.keys()) if (name.includes(right.place.lineage)) bucket.objects.delete(name);
    const source = open(bucket);
    await stateOf(source, "shop");
    for (const [name, object] of both) bucket.objects.set(name, object);
    const looks = [0, 1].map(() => source.changes("shop", left.place, asked));
    const codes = await Promise.all(
      looks.map((look) =>
        look.then(
          () => "none",
          (error) => error.code,
        ),
      ),
    );
    await expect(source.changes("shop", left.place, asked)).rejects.toMatchObject({ code: "fork" });
    expect(codes).toHaveLength(2);
  });

  test("under one lineage are refused, whether both were there or one has come", async () => {
    const { db, bucket, place } = await backedUp();
    const twin = cloneStore(db);
    write(db, 2000, "left");
    write(db, 2001, "left again");
    await tick(db, bucket, { limits: LIMITS });
    const source = open(bucket);
    await stateOf(source, "shop");
    // A bucket that did not show the other one in time.
    const stale = memoryBucket(
      new Map(
        [...bucket.objects].filter(
          ([name]) => !name.includes("/manifests/") || name.includes(String(place.revision)),
        ),
      ),
    );
    for (const name of [...stale.objects.keys()]) if (name.startsWith("heads/")) stale.objects.delete(name);
    write(twin, 2000, "right");
    await tick(twin, stale, { limits: LIMITS });
    for (const [name, object] of stale.objects)
      if (name.includes("/manifests/") || name.includes("/segments/")) bucket.objects.set(name, object);
    expect([...bucket.objects.keys()].filter((name) => name.includes("/manifests/"))).toHaveLength(3);
    await expect(open(bucket).changes("shop", place, asked)).rejects.toMatchObject({ code: "fork" });
    await expect(
      source.changes("shop", place, asked).then(() => source.changes("shop", place, asked)),
    ).rejects.toMatchObject({ code: "fork" });
  });
});

describe("another chain of the lineage whose newer base hides the one that was followed", () => {
  /** The store that was followed, and a twin of it that writes more where it does not see the first. */
  async function hidden() {
    const { db, bucket } = await backedUp();
    const twin = cloneStore(db);
    write(db, 2000, "left");
    await tick(db, bucket, { limits: LIMITS });
    const [newest = ""] = manifestsOf(bucket.objects);
    let seed = 5;
    const hide = async (limits: Limits) => {
      seed += 1;
      commitMany(twin, { seed, count: 40 });
      const stale = memoryBucket(bucket.objects);
      for (const name of [...stale.objects.keys()])
        if (name.startsWith("heads/") || name === newest) stale.objects.delete(name);
      await tick(twin, stale, { limits });
      for (const [name, object] of stale.objects)
        if (!name.startsWith("heads/")) bucket.objects.set(name, object);
    };
    return { db, bucket, newest, place: await newestPlace(bucket), hide };
  }

  test("is refused as a fork, also by the next process that is told what was known", async () => {
    for (const baseBytesMin of [3000, 1_000_000]) {
      const { bucket, place, hide } = await hidden();
      const source = open(bucket);
      await stateOf(source, "shop");
      const known = source.known();
      await hide({ ...QUICK, baseBytesMin });
      for (const one of [source, open(bucket, { known })]) {
        await expect(one.snapshot("shop", undefined, never)).rejects.toMatchObject({ code: "fork" });
        await expect(one.changes("shop", place, asked)).rejects.toMatchObject({ code: "fork" });
        if (baseBytesMin > 3000) continue;
        // What was compared once is known.
        bucket.calls.length = 0;
        await expect(one.changes("shop", place, asked)).rejects.toMatchObject({ code: "fork" });
        expect(bucket.calls).toHaveLength(1);
      }
    }
  });

  test("does not take over where the run of the first was told", async () => {
    const { db, bucket, newest, place, hide } = await hidden();
    const run = parseManifestName(newest)?.run ?? "";
    const truth = truthOf(db, "shop");
    const source = open(bucket, { branch: `${place.lineage.slice(0, 8)}@${run}` });
    for (let n = 0; n < 2; n += 1) {
      await hide(QUICK);
      const state = await stateOf(source, "shop");
      expect([state.place, state.documents]).toEqual([place, truth]);
    }
  });

  test("is told from a base of the same chain, whose commits are the same", async () => {
    const { db, bucket } = await backedUp();
    const source = open(bucket);
    const { place } = await stateOf(source, "shop");
    const known = source.known();
    commitMany(db, { seed: 7, count: 40 });
    await tick(db, bucket, { limits: QUICK });
    expect((await changesOf(open(bucket, { known }), "shop", place)).commits).toHaveLength(
      db.all("select distinct revision from change where namespace='shop' and revision>?1", [place.revision])
        .length,
    );
    const twin = open(bucket, known === undefined ? {} : { known: { ...known, tip: "0".repeat(16) } });
    await expect(twin.changes("shop", place, asked)).rejects.toMatchObject({ code: "fork" });
  });
});

describe("an older manifest that is put back", () => {
  async function rolledBack() {
    const { db, bucket, place } = await backedUp();
    const old = new Map(bucket.objects);
    write(db, 2000, "newer");
    await tick(db, bucket, { limits: LIMITS });
    return { db, bucket, old, place };
  }

  test("is refused by a source that has read a newer one, for states and changes", async () => {
    const { db, bucket, old, place } = await rolledBack();
    const source = open(bucket);
    expect((await stateOf(source, "shop")).documents).toEqual(truthOf(db, "shop"));
    bucket.objects.clear();
    for (const [name, object] of old) bucket.objects.set(name, object);
    await expect(source.snapshot("shop", undefined, never)).rejects.toMatchObject({ code: "rolled_back" });
    await expect(source.changes("shop", place, asked)).rejects.toMatchObject({ code: "rolled_back" });
  });

  test("is refused by the next process if that is told what was known", async () => {
    const { bucket, old, place } = await rolledBack();
    const source = open(bucket);
    await stateOf(source, "shop");
    const known = source.known();
    const back = memoryBucket(old);
    await expect(open(back, { known }).snapshot("shop", undefined, never)).rejects.toMatchObject({
      code: "rolled_back",
    });
    expect((await open(back).snapshot("shop", undefined, never)).place).toEqual(place);
  });

  test("is refused for its epoch, whatever its revision", async () => {
    const { bucket, place } = await backedUp();
    const known = { ...place, epoch: 1, revision: 1, tip: "0".repeat(16), object: undefined };
    await expect(open(bucket, { known }).snapshot("shop", undefined, never)).rejects.toMatchObject({
      code: "rolled_back",
    });
  });

  test("is refused below an epoch that was seen, though its revision was newest once", async () => {
    const { bucket, old } = await rolledBack();
    await restoredAt(bucket, undefined, 3000);
    const source = open(bucket);
    await stateOf(source, "shop");
    expect(source.known()).toMatchObject({ epoch: 1 });
    for (const name of [...bucket.objects.keys()]) if (!old.has(name)) bucket.objects.delete(name);
    await expect(source.snapshot("shop", undefined, never)).rejects.toMatchObject({ code: "rolled_back" });
  });
});
