import { describe, expect, test } from "vitest";
import { digestState } from "../../../lib/backup/state-digest.ts";
import type { Bucket } from "../../../lib/bucket/bucket.ts";
import { openDigest } from "../../../lib/snapshot/digest.ts";
import { type FoldedSnapshot, foldRange } from "../../../lib/snapshot/fold.ts";
import type { KeyPlace } from "../../../lib/snapshot/fold-merge.ts";
import { readBaseIndex, readManifest } from "../../../lib/snapshot/read.ts";
import { listDamagedPoints, readDamageTimes } from "../../../lib/store/catalogue/damage.ts";
import { listPoints } from "../../../lib/store/catalogue/points.ts";
import { readBackupStatus } from "../../../lib/store/catalogue/status.ts";
import type { Db } from "../../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  begin,
  fill,
  openQuickStore,
  put,
  remove,
  restore,
  SMALL,
  TARGET,
  tick,
} from "../../../testkit/backup.ts";
import { Cut, type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { endLease, rowOf } from "../../../testkit/operation.ts";
import { T0 } from "../../../testkit/proposals.ts";

const HOUR = 3_600_000;

const head = (db: NodeDb) => Number(db.all("select revision from store")[0]?.[0]);
const proofs = (bucket: MemoryBucket) =>
  [...bucket.objects]
    .filter(([name]) => name.includes("/proofs/"))
    .map(([, bytes]) => JSON.parse(new TextDecoder().decode(bytes)));
const newest = (bucket: MemoryBucket, folder: string) =>
  [...bucket.objects.keys()].filter((name) => name.includes(`/${folder}/`)).sort()[0] ?? "";

async function filled(): Promise<{ db: NodeDb; bucket: MemoryBucket }> {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  expect(await tick(db, bucket)).toMatchObject({ state: "exported", provenRevision: head(db) });
  return { db, bucket };
}

describe("the fold of a snapshot", () => {
  test("gives the live store's digest, in ranges of any size", async () => {
    const { db, bucket } = await filled();
    for (let n = 0; n < 30; n += 1) put(db, `many/${n % 17}/𐀀${n}`, "v".repeat(n * 7));
    put(db, "binary/later", Uint8Array.of(1, 200, 3));
    remove(db, "a");
    await tick(db, bucket, { limits: { ...SMALL, objectsMax: 100, baseBytesMin: 1_000_000 } });
    const source = await sourceOf(db, bucket);
    expect(source.snapshot.segments.length).toBeGreaterThan(1);
    const live = await digestState(db, { kind: "history", upTo: source.snapshot.manifest.revision });
    for (const maxBytes of [1, 500, 4000, 1e9]) {
      const { folded, ranges } = await foldIn(source, { maxBytes, goesOn: () => true });
      expect(folded).toEqual(live);
      expect(ranges > 1, `${maxBytes}`).toBe(maxBytes < 1e9);
    }
  });

  test("gives it too where the budget of a tick is over after any part of a base", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket, { limits: { ...SMALL, objectsMax: 100 } });
    const source = await sourceOf(db, bucket);
    expect(source.snapshot.segments).toEqual([]);
    const parts = source.index?.parts.filter(({ kind }) => kind !== "commits").length ?? 0;
    const { folded, ranges } = await foldIn(source, { maxBytes: 1e9, goesOn: () => false });
    expect(folded).toEqual(await digestState(db, { kind: "history", upTo: head(db) }));
    expect(ranges).toBeGreaterThanOrEqual(parts);
    expect(parts).toBeGreaterThan(3);
  });
});

async function sourceOf(db: NodeDb, bucket: MemoryBucket): Promise<FoldedSnapshot> {
  const snapshot = await readManifest(bucket, String(rowOf(db, "position").manifest));
  const { base, manifest } = snapshot;
  const index = base === undefined ? undefined : await readBaseIndex(bucket, base, manifest.ancestry);
  return { bucket, snapshot, index };
}

/** Folds range by range, and puts the digest down and takes it up again between any two. */
async function foldIn(source: FoldedSnapshot, bounds: { maxBytes: number; goesOn: () => boolean }) {
  let digest = openDigest();
  let after: KeyPlace | null = null;
  let ranges = 0;
  do {
    after = await foldRange(source, digest, { after, ...bounds });
    ranges += 1;
    // The place is kept as it is, and must be nothing but a place.
    if (after !== null) expect(Object.keys(after).sort()).toEqual(["key", "namespace"]);
    digest = openDigest(JSON.parse(JSON.stringify(digest.putDown(), revive)) && digest.putDown());
  } while (after !== null);
  return { folded: await digest.end(), ranges };
}

const revive = (_key: string, value: unknown) => (value instanceof Uint8Array ? [...value] : value);

describe("a proof", () => {
  test("is a replay first, and then rests on the one before it", async () => {
    const { db, bucket } = await filled();
    put(db, "one", "more");
    bucket.calls.length = 0;
    expect(await tick(db, bucket, { nowMs: T0 + 60_000 })).toMatchObject({ provenRevision: head(db) });
    // The chain so far was not read again: only the manifests and what is new.
    const read = bucket.calls.filter((call) => /^get .*\/(segments|bases|auth)\//.test(call));
    expect(new Set(read).size).toBe(1);
    expect(
      proofs(bucket)
        .map(({ how }) => how)
        .sort(),
    ).toEqual(["continued", "replay"]);
    const [continued] = proofs(bucket).filter(({ how }) => how === "continued");
    expect(continued).toMatchObject({
      revision: head(db),
      digest: null,
      rests: { name: expect.stringContaining("/manifests/") },
    });
    expect([rowOf(db, "proven").revision, rowOf(db, "replayed").revision]).toEqual([head(db), head(db) - 1]);
  });

  test("reads the whole chain again once a day though nothing was written", async () => {
    const { db, bucket } = await filled();
    bucket.calls.length = 0;
    await tick(db, bucket, { nowMs: T0 + 23 * HOUR });
    expect(bucket.calls.some((call) => call.includes("/segments/"))).toBe(false);
    await tick(db, bucket, { nowMs: T0 + 24 * HOUR });
    expect(bucket.calls.some((call) => /^get .*\/(segments|bases)\//.test(call))).toBe(true);
    expect(rowOf(db, "replayed").atMs).toBe(T0 + 24 * HOUR);
  });

  test("goes on where a tick put it down", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    for (let n = 0; n < 40; n += 1) put(db, `k/${n}`, "x".repeat(300));
    const limits = { ...SMALL, partBytes: 4000 };
    let ticks = 0;
    for (; ticks < 200; ticks += 1) {
      const outcome = await tick(db, bucket, { limits, budget: { bytes: 1, ms: 0 }, nowMs: T0 + ticks });
      if (outcome.state === "nothing_new" && outcome.provenRevision === head(db)) break;
    }
    expect(ticks).toBeGreaterThan(3);
    expect(ticks).toBeLessThan(199);
    expect(proofs(bucket).some(({ how }) => how === "replay")).toBe(true);
  });

  test("goes on between two ranges of what changed since the base", async () => {
    const { db, bucket } = await filled();
    for (let n = 0; n < 20; n += 1) put(db, `k/${n}`, "x".repeat(100));
    // One segment for all of it, so that the chain has no reason for another base.
    const limits = { ...SMALL, segmentBytes: 100_000, baseBytesMin: 100_000, foldBytes: 800 };
    await tick(db, bucket, { limits, nowMs: T0 + 60_000 });
    const asked = { replay: true };
    let ticks = 0;
    do {
      ticks += 1;
      const budget = { bytes: 1, ms: 0 };
      await tick(db, bucket, { limits, budget, asked, nowMs: T0 + HOUR + ticks });
    } while (ticks < 100 && rowOf(db, "replayed").revision !== head(db));
    expect(ticks).toBeGreaterThan(3);
    expect(ticks).toBeLessThan(100);
  });

  test("begins no replay of a chain that is about to become another", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    for (let n = 0; n < 40; n += 1) put(db, `k/${n}`, "x".repeat(300));
    let more = true;
    for (let ticks = 0; more; ticks += 1) {
      const outcome = await tick(db, bucket, { budget: { bytes: 8000, ms: 60_000 }, nowMs: T0 + ticks });
      more = "more" in outcome && outcome.more;
      if (more) expect(rowOf(db, "replay")).toEqual({});
    }
    await tick(db, bucket, { nowMs: T0 + HOUR });
    expect(rowOf(db, "proven").revision).toBe(head(db));
  });

  test("of a prover that died before it noted it goes as all else that nothing needs", async () => {
    const { db, bucket } = await filled();
    put(db, "x", "y");
    const dying = dyingAfter(bucket, (name) => {
      if (name.includes("/proofs/")) throw new Cut("the process ends here");
    });
    await expect(tick(db, dying, { nowMs: T0 + 60_000 })).rejects.toThrow(Cut);
    endLease(db);
    const left = newest(bucket, "proofs");
    expect(db.all("select 1 from backup_object where name=?1", [left])).toEqual([]);
    const policy = { graceMs: HOUR };
    const prune = (hours: number) =>
      tick(db, bucket, { nowMs: T0 + hours * HOUR, policy, asked: { replay: true, prune: true } });
    for (const hours of [2, 4, 6]) await prune(hours);
    expect(bucket.objects.has(left)).toBe(false);
    expect(proofs(bucket).length).toBeGreaterThan(0);
  });

  test("leaves a manifest in its place that a stale read does not show", async () => {
    const { db, bucket } = await filled();
    put(db, "x", "y");
    let reads = 0;
    const stale: Bucket = {
      ...bucket,
      async get(name, maxBytes) {
        // Written and read back, and then a server answers that has not heard of it yet.
        if (name.includes(`/manifests/`) && name.includes(`-${String(head(db)).padStart(16, "0")}-`))
          reads += 1;
        return reads === 2 ? undefined : bucket.get(name, maxBytes);
      },
    };
    await tick(db, stale, { nowMs: T0 + 60_000 });
    expect(rowOf(db, "error").code).toBe("snapshot_damaged");
    const copy = openQuickStore();
    expect(await restore(copy.db, bucket)).toMatchObject({ revision: head(db) });
    expect(await tick(db, bucket, { nowMs: T0 + 120_000 })).toMatchObject({ state: "exported" });
    expect(rowOf(db, "error")).toEqual({});
  });

  test("fails when an object went bad, says which, and the next tick writes a new chain", async () => {
    const { db, bucket } = await filled();
    const bad = newest(bucket, "bases").replace(/json$/, "part-00002.ndjson.gz");
    expect(bucket.objects.has(bad)).toBe(true);
    bucket.objects.set(bad, Uint8Array.of(1, 2, 3));
    await tick(db, bucket, { nowMs: T0 + 25 * HOUR });
    const { code, detail } = rowOf(db, "error");
    expect([code, detail]).toEqual(["snapshot_damaged", expect.stringContaining(bad)]);
    expect(await tick(db, bucket, { nowMs: T0 + 25 * HOUR + 60_000 })).toMatchObject({
      state: "exported",
      provenRevision: head(db),
    });
    expect([rowOf(db, "error"), rowOf(db, "proven")]).toEqual([
      {},
      expect.objectContaining({ manifest: expect.any(String) }),
    ]);
  });

  test("fails when the live store differs from its export, and exports nothing over it", async () => {
    const { db, bucket } = await filled();
    const value = db.all(
      "select value from change where key='limits/2' order by revision desc limit 1",
    )[0]?.[0];
    db.all("update change set value=x'00' where key='limits/2'");
    const before = bucket.objects.size;
    await tick(db, bucket, { nowMs: T0 + 25 * HOUR });
    expect(rowOf(db, "error")).toMatchObject({
      code: "snapshot_damaged",
      detail: expect.stringContaining("namespace shop"),
    });
    await tick(db, bucket, { nowMs: T0 + 25 * HOUR + 60_000 });
    expect(bucket.objects.size).toBe(before);
    expect(rowOf(db, "error").code).toBe("snapshot_damaged");
    db.all("update change set value=?1 where key='limits/2'", [value ?? null]);
    db.all(
      "update change set value=(select value from entry e where e.key='limits/2') where key='limits/2' and revision=(select revision from entry where key='limits/2')",
    );
  });

  test("that rests on another finds what a segment has otherwise than the live store", async () => {
    const { db, bucket } = await filled();
    bucket.before = (call) => {
      // Between the export and its proof, somebody changes the store's history behind our back.
      if (call.startsWith("put heads/"))
        db.all("update commits set message='other' where revision=(select max(revision) from commits)");
    };
    put(db, "x", "y");
    await tick(db, bucket, { nowMs: T0 + 60_000 });
    expect(rowOf(db, "error")).toMatchObject({
      code: "snapshot_damaged",
      detail: expect.stringContaining("other commits than the live store"),
    });
  });

  test("removes a manifest whose digest is not its state's; the next tick writes another", async () => {
    const { db, bucket } = await filled();
    put(db, "x", "y");
    // The digest of the manifest is computed wrong, and everything else right.
    let written = "";
    bucket.before = (call) => {
      if (call.includes("/manifests/") && call.startsWith("put ")) written = call.slice(4);
    };
    const wrong: Db = {
      all(sql, params) {
        const rows = db.all(sql, params);
        const lines = rows[0]?.[0];
        if (written === "" && sql.includes("hex(d.value)") && lines instanceof Uint8Array)
          lines.fill(0x78, 0, 1);
        return rows;
      },
    };
    await tick(wrong, bucket, { nowMs: T0 + 60_000 });
    expect(rowOf(db, "error")).toMatchObject({
      code: "snapshot_damaged",
      detail: expect.stringContaining("digest"),
    });
    expect(bucket.objects.has(written)).toBe(false);
    await tick(db, bucket, { nowMs: T0 + 120_000 });
    const copy = openQuickStore();
    expect(await restore(copy.db, bucket)).toMatchObject({ check: "proven", revision: head(db) });
  });

  test("scrubs the live store beside a replay", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    begin(db);
    put(db, "a", "1");
    db.all("update usage set bytes=bytes+1 where namespace='shop'");
    await tick(db, bucket, { limits: SMALL });
    expect(rowOf(db, "scrub")).toEqual({ faults: 1, atMs: T0 });
    db.all("update usage set bytes=bytes-1 where namespace='shop'");
  });
});

/** The bucket, for a process that ends right after the PUTs that `after` throws at. */
function dyingAfter(bucket: MemoryBucket, after: (name: string) => void): Bucket {
  return {
    ...bucket,
    async put(name, content) {
      await bucket.put(name, content);
      after(name);
    },
  };
}

describe("what a proof found damaged", () => {
  const place = (db: NodeDb) => ({ target: TARGET, lineage: String(rowOf(db, "position").lineage) });
  const asked = { replay: true };

  /** A base, and a segment after it. */
  async function grown(): Promise<{ db: NodeDb; bucket: MemoryBucket }> {
    const { db, bucket } = await filled();
    put(db, "later", "a segment");
    await tick(db, bucket);
    return { db, bucket };
  }

  test.each(["segments", "bases", "auth", "manifests"])(
    "is known of its points until it is gone (%s)",
    async (kind) => {
      const { db, bucket } = await grown();
      const name = newest(bucket, kind);
      const sound = listPoints(db, place(db));
      bucket.objects.set(name, Uint8Array.of(1));
      await tick(db, bucket, { asked, nowMs: T0 + 1 });
      expect(readDamageTimes(db)).toEqual(new Map([[name, T0 + 1]]));
      const damaged = listDamagedPoints(db, place(db));
      expect([...damaged.values()][0]).toEqual({ object: name, atMs: T0 + 1 });
      expect(sound.map(({ run }) => run)).toEqual(expect.arrayContaining([...damaged.keys()]));
      expect(readBackupStatus(db, T0 + 1, true).damagedPoints).toBe(damaged.size);
      // What is written because of it does without it, at the same revision.
      await tick(db, bucket, { asked, nowMs: T0 + 2 });
      expect(new Set(listDamagedPoints(db, place(db)).keys())).toEqual(new Set(damaged.keys()));
      expect(listPoints(db, place(db)).length).toBeGreaterThan(sound.length);
    },
  );

  test("is forgotten once the object is read as it was written", async () => {
    const { db, bucket } = await grown();
    const name = newest(bucket, "segments");
    const bytes = bucket.objects.get(name) ?? new Uint8Array(0);
    bucket.objects.set(name, Uint8Array.of(1));
    await tick(db, bucket, { asked, nowMs: T0 + 1 });
    await tick(db, bucket, { asked, nowMs: T0 + 2 });
    expect(readDamageTimes(db).has(name)).toBe(true);
    bucket.objects.set(name, bytes);
    await tick(db, bucket, { asked, nowMs: T0 + 3 });
    expect(readDamageTimes(db).size).toBe(0);
    expect(listDamagedPoints(db, place(db)).size).toBe(0);
  });
});
