/** Pinned keys: nothing is taken that a trusted key has not signed, and nothing that is not what was signed. */
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { openBucketSource } from "../../../lib/backup/follow/bucket-source.ts";
import { utf8 } from "../../../lib/bucket/bytes.ts";
import { manifestName, parseManifestName } from "../../../lib/snapshot/names.ts";
import type { Reading } from "../../../lib/snapshot/read.ts";
import { newSigningKey, openSigner, openVerifier, type Signer } from "../../../lib/snapshot/signature.ts";
import { bytes, openQuickStore, tick } from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import {
  asked,
  beginFollowed,
  commitAt,
  commitMany,
  never,
  stateOf,
  truthOf,
} from "../../../testkit/followed.ts";
import { manifestsOf, sealed, writeAnew } from "../../../testkit/forged.ts";
import { openMemoryStore } from "../../../testkit/store.ts";

type Objects = Map<string, Uint8Array>;
let signer: Signer;
let stranger: Signer;
let reading: Reading;
/** The bucket, and what the store held before and after its last commit. */
let newer: Objects;
let olderTruth: unknown;
let newerTruth: unknown;

beforeAll(async () => {
  const [own, other] = [await newSigningKey(bytes), await newSigningKey(bytes)];
  signer = await openSigner(own.secret);
  stranger = await openSigner(other.secret);
  reading = { trust: openVerifier([own.public]) };
  const db = openMemoryStore();
  const bucket = memoryBucket();
  const keys = { signer: async () => signer };
  beginFollowed(db);
  commitMany(db, { seed: 1, count: 20 });
  await tick(db, bucket, { limits: LIMITS, keys });
  olderTruth = truthOf(db, "shop");
  commitAt(db, 2000, { op: "put", ns: "shop", key: "k", value: "newer" });
  await tick(db, bucket, { limits: LIMITS, keys });
  newer = new Map(bucket.objects);
  newerTruth = truthOf(db, "shop");
  db.close();
});

const textOf = (object: Uint8Array | undefined) => Buffer.from(object ?? []).toString();

/** What a fresh agent that trusts the key takes from the bucket. */
async function taken(objects: Objects, more: { told?: string[]; branch?: string } = {}): Promise<unknown> {
  const source = openBucketSource({
    bucket: memoryBucket(objects),
    name: "trust",
    reading,
    branch: more.branch,
    onDamage: ({ object }) => more.told?.push(object),
  });
  return (await stateOf(source, "shop")).documents;
}

describe("an agent with pinned keys", () => {
  test("takes what they have signed", async () => {
    expect(await taken(newer)).toEqual(newerTruth);
    expect(newerTruth).not.toEqual(olderTruth);
  });

  test.each([
    { name: "unsigned", by: () => undefined },
    { name: "signed by another key", by: () => stranger },
  ])("takes the older state where the newest manifest is $name", async ({ by }) => {
    const [newest = ""] = manifestsOf(newer);
    const [line = ""] = textOf(newer.get(newest)).split("\n");
    const told: string[] = [];
    expect(await taken(new Map(newer).set(newest, await sealed(line, by())), { told })).toEqual(olderTruth);
    expect(told).toContain(newest);
  });

  test("takes nothing at all where nothing is signed", async () => {
    const objects = new Map(newer);
    for (const name of manifestsOf(objects)) {
      const [line = ""] = textOf(objects.get(name)).split("\n");
      objects.set(name, await sealed(line));
    }
    await expect(taken(objects)).rejects.toMatchObject({
      code: "snapshot_damaged",
      detail: expect.stringContaining("not signed"),
    });
  });

  test("takes no old signed manifest under a newer name, and no other's seal", async () => {
    const [newest = "", before = ""] = manifestsOf(newer);
    const parts = parseManifestName(newest);
    if (parts === undefined) throw new Error(newest);
    const above = manifestName({ ...parts, revision: parts.revision + 1 });
    const told: string[] = [];
    const object = newer.get(before) ?? new Uint8Array(0);
    expect(await taken(new Map(newer).set(above, object), { told })).toEqual(newerTruth);
    expect(told).toContain(above);
    const [line = ""] = textOf(newer.get(newest)).split("\n");
    const [, seal = ""] = textOf(object).split("\n");
    const mixed = utf8(`${line}\n${seal}\n`);
    expect(await taken(new Map(newer).set(newest, mixed))).toEqual(olderTruth);
  });

  test("takes no object that stands where another was signed for", async () => {
    const objects = [...newer.keys()].filter((name) => /\/(segments|bases)\//.test(name));
    expect(objects.length).toBeGreaterThan(3);
    for (const name of objects) {
      for (const other of objects) {
        if (other === name) continue;
        const mixed = new Map(newer).set(name, newer.get(other) ?? new Uint8Array(0));
        await expectSoundOrNamed(mixed, name);
      }
    }
  });

  test("is not stopped by a history that nobody trusted has written", async () => {
    const objects: Objects = new Map(newer);
    const [newest = ""] = manifestsOf(newer);
    const lineage = "e".repeat(32);
    const parts = parseManifestName(newest);
    if (parts === undefined) throw new Error(newest);
    const line = textOf(newer.get(newest)).split("\n")[0]?.replaceAll(parts.lineage, lineage) ?? "";
    for (const revision of [parts.revision, parts.revision + 9]) {
      objects.set(manifestName({ ...parts, lineage, revision }), await sealed(line, stranger));
      objects.set(`epochs/0-${lineage}.json`, utf8("{}"));
      expect(await taken(objects)).toEqual(newerTruth);
    }
    // Whoever pins no key has to ask a person.
    const trusting = openBucketSource({ bucket: memoryBucket(objects), name: "trusting" });
    await expect(trusting.snapshot("shop", undefined, never)).rejects.toMatchObject({ code: "fork" });
  });

  test("is not stopped by names above all that was signed, and goes on beside them", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    const keys = { signer: async () => signer };
    beginFollowed(db);
    await tick(db, bucket, { limits: LIMITS, keys });
    const [newest = ""] = manifestsOf(bucket.objects);
    const parts = parseManifestName(newest);
    if (parts === undefined) throw new Error(newest);
    const forged = manifestName({ ...parts, revision: parts.revision + 1000 });
    bucket.objects.set(forged, bucket.objects.get(newest) ?? new Uint8Array(0));
    const source = openBucketSource({ bucket, name: "beside", reading });
    let { place } = await stateOf(source, "shop");
    for (let n = 1; n < 4; n += 1) {
      commitAt(db, n, { op: "put", ns: "shop", key: "k", value: `${n}` });
      await tick(db, bucket, { limits: LIMITS, keys });
      const pages = [await source.changes("shop", place, asked), await source.changes("shop", place, asked)];
      const newer = pages.find(({ commits }) => commits.length > 0);
      if (newer === undefined) throw new Error(`commit ${n} was not seen`);
      place = newer.place;
    }
    expect((await stateOf(source, "shop")).documents).toEqual(truthOf(db, "shop"));
  });
});

describe("objects that are cut", () => {
  test("are named wherever gzip is cut, at every 64 KiB among others", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    beginFollowed(db);
    await tick(db, bucket, { limits: LIMITS });
    for (let n = 0; n < 2; n += 1) {
      const changes = Array.from({ length: 3 }, (_, at) => ({
        op: "put" as const,
        ns: "shop",
        key: `big/${n}-${at}`,
        value: bytes(120_000),
      }));
      commitAt(db, n, ...changes);
    }
    await tick(db, bucket, { limits: LIMITS });
    const [segment = ""] = [...bucket.objects.keys()].filter((name) => name.includes("/segments/"));
    const whole = bucket.objects.get(segment) ?? new Uint8Array(0);
    expect(whole.length).toBeGreaterThan(400_000);
    const cuts = Array.from({ length: Math.floor(whole.length / 65_536) }, (_, n) => (n + 1) * 65_536);
    for (const at of [0, 1, 65_535, ...cuts, whole.length - 9, whole.length - 8, whole.length - 1]) {
      const cut = whole.slice(0, at);
      const told: string[] = [];
      await readCut(bucket, segment, cut, told);
      expect(told, `cut at ${at}`).toEqual([segment]);
    }
  });
});

/** Reads with an object cut, under a manifest that was made to fit the cut one: what hashes cannot tell. */
async function readCut(bucket: MemoryBucket, name: string, cut: Uint8Array, told: string[]): Promise<void> {
  const objects = new Map(bucket.objects);
  await writeAnew(objects, name, cut);
  const source = openBucketSource({
    bucket: memoryBucket(objects),
    name: "cut",
    onDamage: ({ object }) => told.push(object),
  });
  expect((await stateOf(source, "shop")).documents.map(({ key }) => key)).not.toContain("big/0-0");
}

/** Either nothing of the namespace needs the object, or the older state is taken, or the object is named. */
async function expectSoundOrNamed(objects: Objects, name: string): Promise<void> {
  const told: string[] = [];
  try {
    const state = await taken(objects, { told });
    expect([olderTruth, newerTruth]).toContainEqual(state);
    if (told.length > 0) expect(told).toEqual([name]);
  } catch (error) {
    expect(error).toMatchObject({ code: "snapshot_damaged", object: name });
  }
}
