/** Damage: whatever is missing or changed in a bucket, an agent has a state that was, or hears of the object by name. */
import { gunzipSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { openBucketSource } from "../../../lib/backup/follow/bucket-source.ts";
import { BucketFault } from "../../../lib/bucket/bucket.ts";
import { sha256Hex, utf8 } from "../../../lib/bucket/bytes.ts";
import type { ReplicaDocument } from "../../../lib/store/replica/replica.ts";
import { openQuickStore, SMALL, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import {
  asked,
  beginFollowed,
  commitMany,
  never,
  newestPlace,
  stateOf,
  truthOf,
} from "../../../testkit/followed.ts";
import { writeAnew } from "../../../testkit/forged.ts";
import { openMemoryStore } from "../../../testkit/store.ts";

let good: ReadonlyMap<string, Uint8Array>;
/** What the store held at each of its manifests. */
let states: Map<number, ReplicaDocument[]>;

beforeAll(async () => {
  const db = openMemoryStore();
  const bucket = memoryBucket();
  states = new Map();
  beginFollowed(db);
  for (let seed = 1; seed < 6; seed += 1) {
    commitMany(db, { seed, count: 6 });
    await tick(db, bucket, { limits: { ...SMALL, segmentBytes: 100_000, partBytes: 1500 } });
    states.set((await newestPlace(bucket)).revision, truthOf(db, "shop"));
  }
  good = new Map(bucket.objects);
  db.close();
});

async function outcome(objects: ReadonlyMap<string, Uint8Array>) {
  const told: string[] = [];
  const source = openBucketSource({
    bucket: memoryBucket(objects),
    name: "damage",
    onDamage: ({ object }) => told.push(object),
  });
  try {
    const { place, documents } = await stateOf(source, "shop");
    expect(documents).toEqual(states.get(place.revision));
    return { revision: place.revision, told };
  } catch (error) {
    if (!(error instanceof BucketFault)) throw error;
    return { revision: 0, told: [...told, error.object] };
  }
}

const dataObjects = () => [...good.keys()].filter((name) => /\/(segments|bases|manifests)\//.test(name));

describe("a bucket with a damaged object", () => {
  test.each([
    { name: "is gone", damage: () => undefined },
    { name: "is cut", damage: (object: Uint8Array) => object.slice(0, object.length >> 1) },
    {
      name: "has one bit changed",
      damage: (object: Uint8Array) => object.map((byte, at) => (at === object.length >> 1 ? byte ^ 4 : byte)),
    },
  ])("gives a state that was, or names the object that $name", async ({ damage }) => {
    const newest = Math.max(...states.keys());
    let fellBack = 0;
    for (const name of dataObjects()) {
      const objects = new Map(good);
      const object = damage(good.get(name) ?? new Uint8Array(0));
      if (object === undefined) objects.delete(name);
      else objects.set(name, object);
      const { revision, told } = await outcome(objects);
      if (revision === newest) continue;
      fellBack += 1;
      expect(told, name).toContain(name);
    }
    expect(fellBack).toBeGreaterThan(3);
  });

  test("says so instead of nothing new, and goes on once it is whole", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    beginFollowed(db);
    commitMany(db, { seed: 1, count: 5 });
    const limits = { ...SMALL, segmentBytes: 100_000, baseBytesMin: 1_000_000 };
    await tick(db, bucket, { limits });
    const source = openBucketSource({ bucket, name: "once" });
    const { place } = await stateOf(source, "shop");
    const before = new Set(bucket.objects.keys());
    commitMany(db, { seed: 2, count: 5 });
    await tick(db, bucket, { limits });
    const [segment = ""] = [...bucket.objects.keys()].filter(
      (name) => name.includes("/segments/") && !before.has(name),
    );
    const whole = bucket.objects.get(segment) ?? new Uint8Array(0);
    bucket.objects.delete(segment);
    await source.changes("shop", place, asked).catch(() => {});
    for (let n = 0; n < 3; n += 1)
      await expect(source.changes("shop", place, asked)).rejects.toMatchObject({
        code: "snapshot_damaged",
        object: segment,
      });
    await expect(source.snapshot("shop", undefined, never)).resolves.toMatchObject({ place });
    bucket.objects.set(segment, whole);
    expect((await source.changes("shop", place, asked)).commits).not.toEqual([]);
    expect((await stateOf(source, "shop")).documents).toEqual(truthOf(db, "shop"));
  });

  test("gives no state that is older than one that was given before", async () => {
    const bucket = memoryBucket(good);
    const source = openBucketSource({ bucket, name: "never back" });
    const { place } = await stateOf(source, "shop");
    expect(place.revision).toBe(Math.max(...states.keys()));
    for (const name of dataObjects()) if (name.includes("/segments/")) bucket.objects.delete(name);
    const again = source.snapshot("shop", undefined, never);
    await expect(again).rejects.toMatchObject({ code: "snapshot_damaged" });
  });

  test("that is silent is a fault, and no reason to take something older", async () => {
    const bucket = memoryBucket(good);
    const silent = new BucketFault("bucket_unavailable", "all", "no answer came in time");
    const told: string[] = [];
    const source = openBucketSource({ bucket, name: "silent", onDamage: ({ object }) => told.push(object) });
    for (const part of ["list", "/manifests/", "/bases/", "/segments/"]) {
      bucket.before = (call) => {
        if (call.includes(part)) throw silent;
      };
      await expect(source.snapshot("shop", undefined, never), part).rejects.toBe(silent);
    }
    bucket.before = () => {};
    const { place } = await stateOf(source, "shop");
    expect([place.revision, told]).toEqual([Math.max(...states.keys()), []]);
  });
});

describe("a segment that somebody wrote anew, with hashes that fit", () => {
  test.each([
    { name: "without its last commit", lines: (all: string[]) => all.slice(0, -1) },
    { name: "with a commit twice", lines: (all: string[]) => [...all, all.at(-1) ?? ""] },
    { name: "with commits out of order", lines: ([one = "", ...rest]: string[]) => [...rest, one] },
    {
      name: "with more changes than a commit says",
      lines: (all: string[]) => all.map((line) => line.replace(/"count":\d+/, '"count":0')),
    },
    { name: "with a line that is none", lines: (all: string[]) => all.map((line) => `${line} `.slice(1)) },
  ])("is damage $name", async ({ lines }) => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    beginFollowed(db);
    await tick(db, bucket, { limits: LIMITS });
    const place = await newestPlace(bucket);
    commitMany(db, { seed: 1, count: 4 });
    await tick(db, bucket, { limits: LIMITS });
    const [segment = ""] = [...bucket.objects.keys()].filter((name) => name.includes("/segments/"));
    const text = gunzipSync(bucket.objects.get(segment) ?? new Uint8Array(0)).toString();
    const [header = "", ...all] = text.trimEnd().split("\n");
    const raw = Buffer.from(`${[header, ...lines(all)].join("\n")}\n`);
    await writeAnew(bucket.objects, segment, new Uint8Array(gzipSync(raw)), raw.length);
    const source = openBucketSource({ bucket, name: "anew" });
    await expect(source.changes("shop", place, asked)).rejects.toMatchObject({ object: segment });
  });
});

describe("a part of a base that somebody wrote anew, with hashes that fit", () => {
  test.each([
    { name: "with documents out of order", kind: "documents", lines: (all: string[]) => all.toReversed() },
    {
      name: "with a change from after the base",
      kind: "documents",
      lines: (all: string[]) => all.map((line) => line.replace(/"revision":\d+/, '"revision":999')),
    },
    { name: "with commits out of order", kind: "commits", lines: (all: string[]) => all.toReversed() },
  ])("is damage $name", async ({ kind, lines }) => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    beginFollowed(db);
    commitMany(db, { seed: 1, count: 9 });
    await tick(db, bucket, { limits: LIMITS });
    const [name = ""] = [...bucket.objects.keys()].filter((one) => /\/bases\/.*\.json$/.test(one));
    const index = JSON.parse(Buffer.from(bucket.objects.get(name) ?? []).toString());
    const part = index.parts.find((one: { kind: string }) => one.kind === kind);
    const text = gunzipSync(bucket.objects.get(part.name) ?? new Uint8Array(0)).toString();
    const [header = "", ...all] = text.trimEnd().split("\n");
    const raw = Buffer.from(`${[header, ...lines(all)].join("\n")}\n`);
    const bytes = new Uint8Array(gzipSync(raw));
    bucket.objects.set(part.name, bytes);
    Object.assign(part, { sizeBytes: bytes.length, rawBytes: raw.length, sha256: await sha256Hex(bytes) });
    await writeAnew(bucket.objects, name, utf8(`${JSON.stringify(index)}\n`));
    const source = openBucketSource({ bucket, name: "anew" });
    await expect(source.snapshot("shop", undefined, never)).rejects.toMatchObject({ object: part.name });
  });
});
