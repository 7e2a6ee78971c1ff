/** What a manifest says of itself: encrypted objects, and the end of a planned move. */
import { describe, expect, test } from "vitest";
import { findSnapshot } from "../../../lib/backup/restore/find-snapshot.ts";
import { type RestoreReport, restoreInto } from "../../../lib/backup/restore/restore.ts";
import type { Reading } from "../../../lib/snapshot/read.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  bytes,
  expectSame,
  fill,
  openQuickStore,
  put,
  restore,
  SMALL,
  tick,
} from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { T0 } from "../../../testkit/proposals.ts";

async function backedUp(): Promise<{ db: NodeDb; bucket: MemoryBucket }> {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket, { limits: { ...SMALL, baseBytesMin: 1000 } });
  return { db, bucket };
}

async function sha256(object: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(object))).toString("hex");
}

const newest = (bucket: MemoryBucket) =>
  [...bucket.objects.keys()].filter((name) => name.includes("/manifests/")).sort()[0] ?? "";

const textOf = (object: Uint8Array | undefined) => new TextDecoder().decode(object);

async function reseal(bucket: MemoryBucket, name: string, manifest: unknown): Promise<void> {
  const line = JSON.stringify(manifest);
  const seal = JSON.stringify({ sha256: await sha256(Buffer.from(line)) });
  bucket.objects.set(name, new Uint8Array(Buffer.from(`${line}\n${seal}\n`)));
}

/** A cipher that a test can read: every bit turned over. */
const turned = (object: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(object).map((byte) => byte ^ 255);

/** Encrypts an object where it lies, and gives what a manifest or index then says of it. */
async function encrypt<T extends { name: string; sizeBytes: number; sha256: string }>(
  bucket: MemoryBucket,
  object: T,
): Promise<T> {
  const packed = turned(bucket.objects.get(object.name) ?? new Uint8Array(0));
  bucket.objects.set(object.name, packed);
  return { ...object, sizeBytes: packed.length, sha256: await sha256(packed), keyId: "k1" };
}

async function encryptAll(bucket: MemoryBucket): Promise<void> {
  const name = newest(bucket);
  const manifest = JSON.parse(textOf(bucket.objects.get(name)).split("\n")[0] ?? "");
  for (const [at, object] of manifest.objects.entries()) {
    if (object.kind !== "base") continue;
    const index = JSON.parse(textOf(bucket.objects.get(object.name)));
    for (const [number, part] of index.parts.entries()) index.parts[number] = await encrypt(bucket, part);
    bucket.objects.set(object.name, new Uint8Array(Buffer.from(`${JSON.stringify(index)}\n`)));
    manifest.objects[at] = await encrypt(bucket, object);
  }
  await reseal(bucket, name, manifest);
}

async function restoreWith(
  bucket: MemoryBucket,
  reading: Reading,
): Promise<{ db: NodeDb; report: RestoreReport }> {
  const { db } = openQuickStore();
  const found = await findSnapshot(bucket, {}, reading);
  if (!found.ok) throw new Error(found.code);
  const options = { db, bucket, reading, randomBytes: bytes, nowMs: () => T0 };
  return { db, report: await restoreInto(options, found.value) };
}

describe("encrypted objects", () => {
  test("are decrypted after their stored bytes were checked", async () => {
    const { db, bucket } = await backedUp();
    await encryptAll(bucket);
    const asked = new Set<string>();
    const open: Reading["open"] = (name, keyId, object) => {
      asked.add(`${keyId} ${name.split("/")[1]}`);
      return turned(object);
    };
    expectSame((await restoreWith(bucket, { open })).db, db);
    expect([...asked].sort()).toEqual(["k1 auth", "k1 bases"]);
  });

  test("are refused with the key's name when it was not given, or is another", async () => {
    const { bucket } = await backedUp();
    await encryptAll(bucket);
    await expect(restoreWith(bucket, {})).rejects.toThrow(/encrypted with the key k1/);
    const wrong: Reading = { open: () => undefined };
    await expect(restoreWith(bucket, wrong)).rejects.toThrow(/cannot be decrypted with the key k1/);
  });
});

describe("a sealed snapshot", () => {
  async function sealed(bucket: MemoryBucket): Promise<void> {
    const name = newest(bucket);
    const manifest = JSON.parse(textOf(bucket.objects.get(name)).split("\n")[0] ?? "");
    await reseal(bucket, name, { ...manifest, sealed: true });
  }

  test("goes on in the same epoch, with the next number", async () => {
    const { db, bucket } = await backedUp();
    await sealed(bucket);
    const { db: moved, report } = await restoreWith(bucket, {});
    expect(report).toMatchObject({ pending: null, tokensUncertain: 0 });
    expectSame(moved, db);
    expect(put(moved, "k", "v")).toBe(report.revision + 1);
    expect(moved.all("select epoch from store")).toEqual([[0]]);
  });

  test.each(["0".repeat(16), "f".repeat(16)])(
    "is the one that counts beside the run %s, which left the same revision unsealed",
    async (run) => {
      const { bucket } = await backedUp();
      const name = newest(bucket);
      const manifest = JSON.parse(textOf(bucket.objects.get(name)).split("\n")[0] ?? "");
      await reseal(bucket, name.replace(/[0-9a-f]{16}\.json$/, `${run}.json`), { ...manifest, run });
      await reseal(bucket, name, { ...manifest, sealed: true });
      expect((await restoreWith(bucket, {})).report).toMatchObject({ pending: null });
    },
  );

  test("opens an epoch where it is not the newest, or an older revision is meant", async () => {
    const { db, bucket } = await backedUp();
    await sealed(bucket);
    const copy = openQuickStore().db;
    const report = await restore(copy, bucket, Number(db.all("select revision from store")[0]?.[0]) - 1);
    expect(report.pending).toMatchObject({ epoch: 1 });
  });
});
