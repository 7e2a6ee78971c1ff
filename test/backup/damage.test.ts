import { beforeEach, describe, expect, test } from "vitest";
import { LIMITS } from "../../lib/backup/export/limits.ts";
import { BucketFault } from "../../lib/bucket/bucket.ts";
import { contents, fill, openQuickStore, put, restore, SMALL, tick } from "../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../testkit/bucket.ts";

let good: Map<string, Uint8Array>;
let truth: unknown;

/** Made in the first test, since stores belong to a test. */
beforeEach(async () => {
  if (truth !== undefined) return;
  const { db, close } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket, {
    limits: { ...SMALL, segmentBytes: 2000, partBytes: 2000, baseBytesMin: 1_000_000 },
  });
  for (let n = 0; n < 3; n += 1) {
    put(db, `after-${n}`, n === 1 ? Uint8Array.of(n, 254) : `n ${n}`);
    await tick(db, bucket, { limits: { ...LIMITS, digestBytes: n === 2 ? LIMITS.digestBytes : 0 } });
  }
  good = new Map(bucket.objects);
  truth = contents(db);
  close();
});

/** What a restore of these objects does: the same store, or a fault that names an object. */
async function outcome(bucket: MemoryBucket): Promise<"same" | "other" | BucketFault | string> {
  const { db, close } = openQuickStore();
  try {
    await restore(db, bucket);
    return JSON.stringify(contents(db)) === JSON.stringify(truth) ? "same" : "other";
  } catch (error) {
    expect(db.all("select count(*) from commits")).toEqual([[0]]);
    return error instanceof BucketFault ? error : String(error);
  } finally {
    close();
  }
}

/** Names that the newest snapshot needs. */
function needed(): string[] {
  const manifests = [...good.keys()].filter((name) => name.includes("/manifests/")).sort();
  const [line = "{}"] = new TextDecoder().decode(good.get(manifests[0] ?? "")).split("\n");
  const { objects }: { objects: { kind: string; name: string }[] } = JSON.parse(line);
  const names = [manifests[0] ?? "", ...objects.map(({ name }) => name)];
  for (const { kind, name } of objects) {
    if (kind !== "base") continue;
    const { parts }: { parts: { name: string }[] } = JSON.parse(new TextDecoder().decode(good.get(name)));
    names.push(...parts.map((part) => part.name));
  }
  return names;
}

describe("a snapshot with a damaged object", () => {
  test("is whole to begin with, and has a base, segments and tokens", async () => {
    expect(await outcome(memoryBucket(good))).toBe("same");
    const kinds = needed().map((name) => name.split("/")[1]);
    expect(new Set(kinds)).toEqual(new Set(["manifests", "bases", "segments", "auth"]));
  });

  test("is refused by the object's name wherever a byte is flipped, cut off or added", async () => {
    let mutants = 0;
    for (const name of needed()) {
      const bytes = good.get(name) ?? new Uint8Array(0);
      for (let n = 0; n < 22; n += 1) {
        const at = Math.floor(((n + 0.5) * bytes.length) / 22);
        const flipped = new Uint8Array(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (n % 8));
        const mutant = n === 0 ? bytes.slice(0, at) : n === 1 ? new Uint8Array([...bytes, 10]) : flipped;
        const found = await outcome(memoryBucket(new Map(good).set(name, mutant)));
        mutants += 1;
        expect(found, `${name} at ${at}`).toBeInstanceOf(BucketFault);
        if (found instanceof BucketFault) {
          expect([found.code, found.object]).toEqual(["snapshot_damaged", name]);
          expect(found.detail).toContain(name);
        }
      }
    }
    expect(mutants).toBeGreaterThan(150);
  });

  test("is refused by the object's name when one is missing", async () => {
    for (const name of needed().slice(1)) {
      const objects = new Map(good);
      objects.delete(name);
      expect(await outcome(memoryBucket(objects))).toMatchObject({ code: "snapshot_damaged", object: name });
    }
  });

  test("is refused when an object is another one of the same snapshot", async () => {
    const names = needed().slice(1);
    for (const [at, name] of names.entries()) {
      const other = good.get(names[(at + 1) % names.length] ?? "") ?? new Uint8Array(0);
      const found = await outcome(memoryBucket(new Map(good).set(name, other)));
      expect(found).toMatchObject({ code: "snapshot_damaged", object: name });
    }
  });

  test("is refused when it disagrees with its state digest, though every hash fits", async () => {
    const [name = ""] = needed();
    const [line = ""] = new TextDecoder().decode(good.get(name)).split("\n");
    const manifest = JSON.parse(line);
    manifest.digest.sha256 = "0".repeat(64);
    const changed = JSON.stringify(manifest);
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(changed))).toString("hex");
    const mutant = Buffer.from(`${changed}\n${JSON.stringify({ sha256: hash })}\n`);
    const found = await outcome(memoryBucket(new Map(good).set(name, new Uint8Array(mutant))));
    expect(found).toMatchObject({ code: "snapshot_damaged", object: name });
  });

  test("does not matter where heads and claims are what is damaged or gone", async () => {
    const objects = new Map(good);
    for (const name of objects.keys()) {
      if (name.startsWith("heads/")) objects.set(name, Uint8Array.of(1, 2, 3));
    }
    expect(await outcome(memoryBucket(objects))).toBe("same");
    for (const name of objects.keys()) if (name.startsWith("epochs/")) objects.delete(name);
    expect(await outcome(memoryBucket(objects))).toBe("same");
  });

  test("an empty bucket holds nothing, and says so", async () => {
    expect(await outcome(memoryBucket())).toContain("not_found");
  });
});
