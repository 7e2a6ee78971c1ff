/**
 * Whatever happens to the bytes in a bucket, a restore gives the source's state or names an object. In `npm test`
 * a few hundred mutants, in the full run more than ten thousand.
 */
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../lib/backup/export/limits.ts";
import { findSnapshot } from "../../lib/backup/restore/find-snapshot.ts";
import { restoreInto } from "../../lib/backup/restore/restore.ts";
import { BucketFault } from "../../lib/bucket/bucket.ts";
import type { Reading } from "../../lib/snapshot/read.ts";
import { bytes, contents, fill, put, SMALL, tick } from "../../testkit/backup.ts";
import { memoryBucket } from "../../testkit/bucket.ts";
import { T0 } from "../../testkit/proposals.ts";
import { openMemoryStore } from "../../testkit/store.ts";

const FULL = process.env.LEDGE_FULL === "1";
/** Places in each object at which something is done to it. */
const PLACES = FULL ? 400 : 6;

type Objects = Map<string, Uint8Array<ArrayBuffer>>;
let good: Objects;
let older: Objects;
let truth: string;
let needed: string[];

function copyOf(objects: ReadonlyMap<string, Uint8Array>): Objects {
  return new Map([...objects].map(([name, object]) => [name, new Uint8Array(object)]));
}

beforeAll(async () => {
  const db = openMemoryStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket, {
    limits: { ...SMALL, segmentBytes: 4000, partBytes: 4000, baseBytesMin: 1_000_000 },
  });
  put(db, "k", "older");
  await tick(db, bucket, { limits: LIMITS });
  older = copyOf(bucket.objects);
  for (let n = 0; n < 2; n += 1) {
    put(db, `after-${n}`, n === 1 ? Uint8Array.of(n, 254) : `n ${n}`);
    await tick(db, bucket, { limits: LIMITS });
  }
  good = copyOf(bucket.objects);
  truth = JSON.stringify(contents(db));
  needed = neededBy(good);
  db.close();
});

function newestManifest(objects: Objects): string {
  return [...objects.keys()].filter((name) => name.includes("/manifests/")).sort()[0] ?? "";
}

function neededBy(objects: Objects): string[] {
  const manifest = newestManifest(objects);
  const { objects: named }: { objects: { kind: string; name: string }[] } = firstLine(objects, manifest);
  const parts = named
    .filter(({ kind }) => kind === "base")
    .flatMap(({ name }): { name: string }[] => firstLine(objects, name).parts);
  return [manifest, ...named.map(({ name }) => name), ...parts.map(({ name }) => name)];
}

function firstLine(objects: Objects, name: string) {
  return JSON.parse(new TextDecoder().decode(objects.get(name)).split("\n")[0] ?? "{}");
}

/** `same`, `other` (which must never be), the object that was named, or what else was said. */
async function outcome(objects: Objects, reading: Reading = {}): Promise<string> {
  const db = openMemoryStore();
  const bucket = memoryBucket(objects);
  try {
    const found = await findSnapshot(bucket, {}, reading);
    if (!found.ok) return found.code;
    const options = { db, bucket, reading, randomBytes: bytes, nowMs: () => T0 };
    await restoreInto(options, found.value);
    return JSON.stringify(contents(db)) === truth ? "same" : "other";
  } catch (error) {
    if (error instanceof BucketFault && error.code === "snapshot_damaged") {
      expect(error.detail).toContain(error.object);
      expect(db.all("select count(*) from commits")).toEqual([[0]]);
      return error.object;
    }
    return String(error);
  } finally {
    db.close();
  }
}

function places(length: number, count: number): number[] {
  const whole = Array.from({ length: Math.min(length, count) }, (_, n) =>
    Math.floor(((n + 0.5) * length) / Math.min(length, count)),
  );
  return [...new Set(whole)];
}

const objectOf = (name: string) => good.get(name) ?? new Uint8Array(0);
const mutated = (name: string, object: Uint8Array<ArrayBuffer>) => new Map(good).set(name, object);

/** A manifest with another first line, and a seal that fits it: what somebody who writes the bucket can do. */
async function resealed(line: string, more: Record<string, string> = {}): Promise<Uint8Array<ArrayBuffer>> {
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(line))).toString("hex");
  return new Uint8Array(Buffer.from(`${line}\n${JSON.stringify({ sha256: hash, ...more })}\n`));
}

describe("a restore from mutated objects", () => {
  test("begins with a snapshot that has every kind of object and restores", async () => {
    expect(new Set(needed.map((name) => name.split("/")[1]))).toEqual(
      new Set(["manifests", "bases", "segments", "auth"]),
    );
    expect(await outcome(good)).toBe("same");
  });

  test("names the object wherever a byte of it is changed, cut off, put in or added", {
    timeout: 900_000,
  }, async () => {
    let mutants = 0;
    for (const name of needed) {
      const object = objectOf(name);
      for (const [n, at] of places(object.length, PLACES).entries()) {
        const flipped = new Uint8Array(object);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (n % 8));
        const cut = object.slice(0, at);
        const longer = new Uint8Array([...object.slice(0, at), n % 256, ...object.slice(at)]);
        const ended = new Uint8Array([...object, [10, 32, 0, 125][n % 4] ?? 0]);
        const all = FULL ? [flipped, cut, longer, ended] : [flipped, [cut, longer, ended][n % 3] ?? cut];
        for (const mutant of all) {
          mutants += 1;
          expect(await outcome(mutated(name, mutant)), `${name} at ${at}`).toBe(name);
        }
      }
    }
    expect(mutants).toBeGreaterThan(FULL ? 10_000 : 100);
  });

  test("names an object that is another one of the bucket, of now or of before", async () => {
    const others = [...new Set([...good.keys(), ...older.keys()])];
    for (const name of needed) {
      const chosen = FULL ? others : others.filter((_, n) => n % 5 === name.length % 5);
      for (const other of chosen) {
        const object = good.get(other) ?? older.get(other);
        if (object === undefined || other === name) continue;
        expect(await outcome(mutated(name, object)), `${other} as ${name}`).toBe(name);
      }
    }
  });

  test("never takes an older manifest for a newer one", async () => {
    const newest = newestManifest(good);
    const before = older.get(newestManifest(older)) ?? new Uint8Array(0);
    expect(await outcome(mutated(newest, before))).toBe(newest);
    const head = /(\d{16})-(\d{16})-/.exec(newest);
    const higher = String(Number(head?.[2]) + 1).padStart(16, "0");
    const lower = String(9_999_999_999_999_999n - BigInt(higher)).padStart(16, "0");
    const forged = newest.replace(/\d{16}-\d{16}/, `${lower}-${higher}`);
    expect(await outcome(mutated(forged, before))).toBe(forged);
  });

  test("is harmless or named for every single object that is gone", async () => {
    for (const name of good.keys()) {
      const objects = new Map(good);
      objects.delete(name);
      const found = await outcome(objects);
      if (needed.includes(name)) expect(found).toBe(name);
      else expect(found, `${name} is gone`).toBe("same");
    }
  });

  test("does not depend on heads and claims, whatever they hold", async () => {
    for (const name of good.keys()) {
      if (!name.startsWith("heads/") && !name.startsWith("epochs/")) continue;
      for (const object of [new Uint8Array(0), Uint8Array.of(123), objectOf(needed[0] ?? "")])
        expect(await outcome(mutated(name, object))).toBe("same");
    }
  });

  test("names the manifest when its chain has a hole, though its seal fits", async () => {
    const [name = ""] = needed;
    const manifest = firstLine(good, name);
    for (const at of manifest.objects.keys()) {
      const objects = manifest.objects.filter((_: unknown, n: number) => n !== at);
      const mutant = await resealed(JSON.stringify({ ...manifest, objects }));
      const kind = manifest.objects[at].kind;
      const found = await outcome(mutated(name, mutant));
      // Without its tokens a segment's own header tells on the manifest.
      if (kind === "auth") expect(found).toMatch(/\/segments\//);
      else expect(found, `${kind} ${at}`).toBe(name);
    }
  });

  test("never gives another state for a changed member of a manifest whose seal fits", async () => {
    const [name = ""] = needed;
    const manifest = firstLine(good, name);
    const changes: Record<string, unknown>[] = [
      { lineage: "0".repeat(32) },
      { epoch: 1 },
      { revision: manifest.revision + 1 },
      { revision: manifest.revision - 1 },
      { tip: "0".repeat(16) },
      { run: "0".repeat(16) },
      { format: 3 },
      { kind: "base" },
      { extra: 1 },
      { objects: [...manifest.objects].reverse() },
      { objects: [...manifest.objects, ...manifest.objects] },
      { digest: { ...manifest.digest, sha256: "0".repeat(64) } },
      { ancestry: [{ ...manifest.ancestry[0], lineage: "0".repeat(32) }] },
      ...manifest.objects.flatMap((object: Record<string, unknown>, at: number) =>
        Object.keys(object).map((member) => ({
          objects: manifest.objects.with(at, { ...object, [member]: changedValue(object[member]) }),
        })),
      ),
    ];
    for (const change of changes) {
      const found = await outcome(mutated(name, await resealed(JSON.stringify({ ...manifest, ...change }))));
      expect(found, JSON.stringify(change).slice(0, 200)).not.toBe("other");
      // What says nothing of the state may be anything.
      if (found === "same") expect(JSON.stringify(change)).toMatch(/"(namespaces|commits)"/);
    }
  });

  test("stops at what was promised when an object is a bomb, deep or endless", async () => {
    const [name = ""] = needed;
    const manifest = firstLine(good, name);
    const at = manifest.objects.length - 1;
    const last = manifest.objects[at];
    const before = process.memoryUsage().rss;
    const deep = `${"[".repeat(4_000_000)}${"]".repeat(4_000_000)}`;
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(400_000_000)));
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bomb)).toString("hex");
    const packed = { ...last, sizeBytes: bomb.length, sha256: hash };
    const withLast = (object: unknown) =>
      resealed(JSON.stringify({ ...manifest, objects: manifest.objects.with(at, object) }));
    const many = Array.from({ length: 100_000 }, () => last);
    const cases: { what: string; objects: Objects; object: string }[] = [
      {
        what: "a bomb",
        objects: mutated(name, await withLast(packed)).set(last.name, bomb),
        object: last.name,
      },
      {
        what: "an honest bomb",
        objects: mutated(name, await withLast({ ...packed, rawBytes: 400_000_000 })).set(last.name, bomb),
        object: last.name,
      },
      {
        what: "a size past all",
        objects: mutated(name, await withLast({ ...last, sizeBytes: 2 ** 52 })),
        object: last.name,
      },
      {
        what: "many objects",
        objects: mutated(name, await resealed(JSON.stringify({ ...manifest, objects: many }).slice(0, 3e7))),
        object: name,
      },
      {
        what: "a million ancestors",
        objects: mutated(
          name,
          await resealed(JSON.stringify({ ...manifest, ancestry: Array(1_000_000).fill(1) })),
        ),
        object: name,
      },
      { what: "a deep manifest", objects: mutated(name, await resealed(deep)), object: name },
      {
        what: "a deep seal",
        objects: mutated(name, new Uint8Array(Buffer.from(`{}\n${deep}\n`))),
        object: name,
      },
    ];
    for (const { what, objects, object } of cases) {
      expect(await outcome(objects), what).toBe(object);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(1_200_000_000);
  });

  test("names a signed manifest wherever a byte of it is changed, once keys are trusted", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const reading: Reading = {
      trust: {
        keyIds: ["ops"],
        verify: async (keyId, signature, of) =>
          keyId === "ops" && verify(null, of, publicKey, Buffer.from(signature, "base64")),
      },
    };
    const objects = copyOf(good);
    for (const [name, object] of objects) {
      if (!name.includes("/manifests/")) continue;
      const [line = ""] = new TextDecoder().decode(object).split("\n");
      const signature = sign(null, Buffer.from(line), privateKey).toString("base64");
      objects.set(name, await resealed(line, { keyId: "ops", signature }));
    }
    expect(await outcome(objects, reading)).toBe("same");
    const [name = ""] = needed;
    const object = objects.get(name) ?? new Uint8Array(0);
    // The end is where the signature stands.
    const tail = Array.from({ length: 120 }, (_, n) => object.length - 1 - n);
    for (const [n, at] of [...places(object.length, PLACES), ...tail].entries()) {
      const flipped = new Uint8Array(object);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (n % 8));
      expect(await outcome(new Map(objects).set(name, flipped), reading), `at ${at}`).toBe(name);
    }
    expect(await outcome(good, reading)).toBe(name);
  });
});

function changedValue(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "string") return value.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  return value === null ? "0".repeat(64) : [];
}
