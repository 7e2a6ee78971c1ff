/** What a first export writes, and what follows it. */
import { describe, expect, test } from "vitest";
import { readManifest } from "../../../lib/snapshot/read.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  expectSame,
  fill,
  openQuickStore,
  put,
  restore,
  SMALL,
  type TickOptions,
  tick,
} from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { rowOf } from "../../../testkit/operation.ts";

/** So little that a tick makes one part of a base, or one segment. */
const HURRY = { bytes: 1, ms: 0 };
const LARGE = { ...SMALL, objectsMax: 100, baseBytesMin: 1_000_000, aloneBytes: 0 };

const head = (db: NodeDb) => Number(db.all("select revision from store")[0]?.[0]);
const inFolder = (bucket: MemoryBucket, folder: string) =>
  [...bucket.objects.keys()].filter((name) => name.includes(`/${folder}/`)).sort();

function filled(): { db: NodeDb; bucket: MemoryBucket } {
  const { db } = openQuickStore();
  fill(db);
  return { db, bucket: memoryBucket() };
}

/** What the newest manifest names: two may stand at one revision. */
async function newest(db: NodeDb, bucket: MemoryBucket) {
  const { manifest, base, segments } = await readManifest(bucket, String(rowOf(db, "position").manifest));
  return {
    revision: manifest.revision,
    base: base?.revision,
    segments: segments.map(({ segment }) => segment),
  };
}

async function tickToEnd(db: NodeDb, bucket: MemoryBucket, options: TickOptions): Promise<void> {
  for (let n = 0; n < 200; n += 1) {
    const outcome = await tick(db, bucket, options);
    if ("more" in outcome && !outcome.more) return;
  }
  throw new Error("the export comes to no end");
}

async function expectRestored(db: NodeDb, bucket: MemoryBucket): Promise<void> {
  const copy = openQuickStore();
  await restore(copy.db, bucket);
  expectSame(copy.db, db);
}

describe("a first export", () => {
  test("is a base alone, and what is committed later is segments that begin at it", async () => {
    const { db, bucket } = filled();
    const first = head(db);
    await tick(db, bucket);
    expect(await newest(db, bucket)).toEqual({ revision: first, base: first, segments: [] });
    expect([inFolder(bucket, "segments"), inFolder(bucket, "manifests").length]).toEqual([[], 1]);
    put(db, "later", "1");
    await tick(db, bucket);
    put(db, "later", "2");
    await tick(db, bucket);
    const { base, segments } = await newest(db, bucket);
    expect(base).toBe(first);
    // The first has no segment before it; the second names the first.
    expect(segments).toMatchObject([
      { after: first, previous: null },
      { after: first + 1, previous: segments[0]?.sha256 },
    ]);
    await expectRestored(db, bucket);
  });

  test("goes on with its base from tick to tick; what came meanwhile follows it", async () => {
    const { db, bucket } = filled();
    const first = head(db);
    await tick(db, bucket, { budget: HURRY });
    const { parts } = rowOf(db, "base");
    for (let n = 0; n < 30; n += 1) put(db, `meanwhile/${n}`, "x".repeat(100));
    // By now it would be too large to begin so; what was begun is kept.
    await tickToEnd(db, bucket, { budget: HURRY, limits: LARGE });
    const { base, segments } = await newest(db, bucket);
    expect([base, segments[0]?.after]).toEqual([first, first]);
    const names = inFolder(bucket, "bases");
    expect([parts].flat().length).toBeGreaterThan(0);
    for (const { name } of [parts].flat() as { name: string }[]) expect(names).toContain(name);
    await expectRestored(db, bucket);
  });

  test("of too large a history is segments, each tick a restore point, then a base", async () => {
    const { db, bucket } = filled();
    await tick(db, bucket, { budget: HURRY, limits: LARGE });
    const point = await newest(db, bucket);
    expect(point).toMatchObject({ base: undefined, segments: [{ after: 0 }] });
    expect(point.revision).toBeLessThan(head(db));
    const copy = openQuickStore();
    expect(await restore(copy.db, bucket)).toMatchObject({ revision: point.revision });
    await tickToEnd(db, bucket, { budget: HURRY, limits: LARGE });
    expect(await newest(db, bucket)).toMatchObject({ revision: head(db), base: head(db), segments: [] });
    await expectRestored(db, bucket);
  });

  test("counts as too large by all changes that are kept, not by the documents", async () => {
    const { db, bucket } = filled();
    for (let n = 0; n < 10; n += 1) put(db, "one", `${n}`.repeat(1000));
    const limits = { ...SMALL, aloneBytes: 12_000 };
    await tick(db, bucket, { limits });
    expect(inFolder(bucket, "segments").length).toBeGreaterThan(0);
    const other = memoryBucket();
    await tick(db, other, { limits: { ...limits, aloneBytes: 30_000 }, target: "o".repeat(64) });
    expect(inFolder(other, "segments")).toEqual([]);
  });
});
