/** What a look costs, and that nothing is overlooked for it. */
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { openBucketSource } from "../../../lib/backup/follow/bucket-source.ts";
import { openQuickStore, restore, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import { asked, beginFollowed, commitAt, commitMany, never, newestPlace } from "../../../testkit/followed.ts";

async function followed() {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  beginFollowed(db);
  commitMany(db, { seed: 1, count: 10 });
  await tick(db, bucket, { limits: LIMITS });
  const source = openBucketSource({ bucket, name: "watch" });
  let place = await newestPlace(bucket);
  const look = async () => {
    bucket.calls.length = 0;
    const page = await source.changes("shop", place, asked);
    place = page.place;
    return { commits: page.commits.length, calls: [...bucket.calls], place };
  };
  await look();
  let second = 2000;
  const write = async () => {
    second += 1;
    commitAt(db, second, { op: "put", ns: "shop", key: "k", value: `${second}` });
    return tick(db, bucket, { limits: LIMITS });
  };
  return { db, bucket, source, look, write };
}

describe("a look at a bucket with nothing new", () => {
  test("is one LIST, of manifests and of epochs in turn", async () => {
    const { look, bucket } = await followed();
    const { lineage } = await newestPlace(bucket);
    for (let n = 0; n < 4; n += 1) {
      expect((await look()).calls).toEqual([`list ${lineage}/manifests/`]);
      expect((await look()).calls).toEqual(["list epochs/"]);
    }
  });

  test("is one LIST and one GET while a newer manifest cannot be read", async () => {
    const { look, bucket, write } = await followed();
    await write();
    const [newest = ""] = [...bucket.objects.keys()].filter((name) => name.includes("/manifests/")).sort();
    bucket.objects.set(newest, Uint8Array.of(123));
    await look();
    await look();
    for (let n = 0; n < 4; n += 1) expect((await look()).calls.length).toBeLessThanOrEqual(2);
  });

  test("is one LIST and one GET while an epoch is claimed and nothing else is there", async () => {
    const { look, bucket } = await followed();
    bucket.objects.set(`epochs/7-${"7".repeat(32)}.json`, Uint8Array.of(123));
    for (let n = 0; n < 6; n += 1) {
      const { calls } = await look();
      expect(calls.filter((call) => call.startsWith("list"))).toHaveLength(1);
      expect(calls.length).toBeLessThanOrEqual(2);
    }
  });

  test("is that for a replica, too, that was told more by the origin", async () => {
    const { source, bucket, write } = await followed();
    await source.snapshot("shop", undefined, never);
    const { lineage } = await newestPlace(bucket);
    await write();
    await write();
    const ahead = { lineage, revision: 1_000_000 };
    for (let n = 0; n < 2; n += 1) await source.changes("shop", ahead, asked);
    bucket.calls.length = 0;
    for (let n = 0; n < 4; n += 1) await source.changes("shop", ahead, asked);
    expect(bucket.calls).toHaveLength(4);
  });

  test("is shared by lanes that look at the same time", async () => {
    const { source, bucket } = await followed();
    const place = await newestPlace(bucket);
    bucket.calls.length = 0;
    await Promise.all(["shop", "0shop", "quiet"].map((name) => source.changes(name, place, asked)));
    expect(bucket.calls).toHaveLength(1);
  });
});

describe("a look at a bucket with something new", () => {
  test("sees it within two looks, and reads what is new alone", async () => {
    const { look, write } = await followed();
    for (let n = 0; n < 5; n += 1) {
      await write();
      const looks = [await look(), await look()];
      expect(looks.map(({ commits }) => commits).sort()).toEqual([0, 1]);
      const calls = looks.flatMap((one) => one.calls);
      expect(calls.filter((call) => call.includes("/segments/"))).toHaveLength(1);
      expect(calls.filter((call) => call.includes("/manifests/") && call.startsWith("get"))).toHaveLength(2);
    }
  });

  test("sees a restored store's history within two looks of its first backup", async () => {
    const { bucket, look } = await followed();
    const copy = openQuickStore().db;
    await restore(copy, bucket);
    commitAt(copy, 3000, { op: "put", ns: "shop", key: "k", value: "next life" });
    const claims: string[] = [];
    const { before } = bucket;
    bucket.before = (call) => {
      if (call.startsWith("put epochs/")) claims.push(call);
    };
    await tick(copy, bucket, { limits: LIMITS });
    bucket.before = before;
    expect(claims).toHaveLength(1);
    const { lineage } = await newestPlace(bucket);
    const looks = [await look(), await look()];
    expect(looks.at(-1)?.place.lineage).toBe(lineage);
    expect(looks.map(({ commits }) => commits).sort()).toEqual([0, 1]);
  });

  test("is not blind to a history whose claim it has seen before its first manifest", async () => {
    const { bucket, look } = await followed();
    const copy = openQuickStore().db;
    await restore(copy, bucket);
    commitAt(copy, 3000, { op: "put", ns: "shop", key: "k", value: "next life" });
    const late = new Map<string, Uint8Array>();
    await tick(copy, {
      ...bucket,
      put: async (name, bytes) => void late.set(name, bytes),
      get: async (name, max) => late.get(name) ?? bucket.get(name, max),
    });
    for (const [name, bytes] of late) {
      bucket.objects.set(name, bytes);
      await look();
    }
    await look();
    const { lineage } = await newestPlace(bucket);
    expect((await look()).place.lineage).toBe(lineage);
  });

  test("takes a newer manifest as soon as it is whole", async () => {
    const { look, bucket, write } = await followed();
    await write();
    const [newest = ""] = [...bucket.objects.keys()].filter((name) => name.includes("/manifests/")).sort();
    const whole = bucket.objects.get(newest) ?? new Uint8Array(0);
    bucket.objects.set(newest, whole.slice(0, 100));
    const torn = [await look(), await look(), await look()];
    expect(torn.map(({ commits }) => commits)).toEqual([0, 0, 0]);
    bucket.objects.set(newest, whole);
    const looks = [await look(), await look()];
    expect(looks.map(({ commits }) => commits).sort()).toEqual([0, 1]);
  });
});

describe("two looks at a time", () => {
  test("leave the newer manifest in place, whichever comes back first", async () => {
    const { source, bucket, write } = await followed();
    const place = await newestPlace(bucket);
    let open = () => {};
    const gate = new Promise<void>((done) => {
      open = done;
    });
    const { list } = bucket;
    bucket.list = async (prefix) => {
      const names = await list(prefix);
      if (prefix.endsWith("/manifests/")) {
        bucket.list = list;
        await gate;
      }
      return names;
    };
    const slow = source.changes("shop", place, asked);
    await write();
    const quick = source.snapshot("shop", undefined, never);
    for (let turns = 0; turns < 200; turns += 1) await new Promise((done) => setImmediate(done));
    open();
    await Promise.all([slow, quick]);
    const newest = await newestPlace(bucket);
    for (let n = 0; n < 3; n += 1)
      expect((await source.changes("shop", newest, asked)).place).toEqual(newest);
  });
});
