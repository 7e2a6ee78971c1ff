/** A history in a bucket, checked from outside: whole, and broken in every way that somebody may break it. */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../lib/backup/export/limits.ts";
import { parseRetention } from "../../lib/core/retention.ts";
import { type AuditedBucket, checkHistory } from "../../programs/cli/audit/check-history.ts";
import { AuditedHistory } from "../../programs/cli/audit/history.ts";
import { readNewest } from "../../programs/cli/audit/newest.ts";
import { readSegmentCommits } from "../../programs/cli/audit/read-commits.ts";
import { begin, fill, openQuickStore, put, restore, tick } from "../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../testkit/bucket.ts";
import { T0 } from "../../testkit/proposals.ts";
import { purgeValue } from "../../testkit/purge.ts";

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

/** Five restore points: a base, and four segments behind it. */
async function filled() {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  begin(db);
  for (let n = 0; n < 5; n += 1) {
    put(db, `key-${n}`, `value ${n}`);
    await tick(db, bucket, { nowMs: T0 + n * 1000, limits: LIMITS });
  }
  return { db, bucket };
}

async function audit(bucket: MemoryBucket): Promise<AuditedBucket> {
  return checkHistory(bucket, await readNewest(bucket, undefined, {}), {});
}

/** Names below a folder, oldest first: they begin with the inverse of the revision. */
const named = ({ objects }: MemoryBucket, folder: string) =>
  [...objects.keys()]
    .filter((name) => name.includes(`/${folder}/`))
    .sort()
    .reverse();

/** Another segment in the place of one: as well-formed as the first. Gives its size and hash. */
function forge({ objects }: MemoryBucket, name: string, from: string, to: string) {
  const text = gunzipSync(objects.get(name) ?? "").toString();
  if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
  const bytes = gzipSync(text.replace(from, to));
  objects.set(name, bytes);
  const rawBytes = text.length - from.length + to.length;
  return { sizeBytes: bytes.length, rawBytes, sha256: sha256(bytes) };
}

interface Forgery {
  readonly object?: string;
  readonly forged?: object;
  readonly tip?: string;
}

/** A manifest that names a forged object, or ends otherwise, sealed anew. */
function reseal({ objects }: MemoryBucket, name: string, { object, forged, ...more }: Forgery): void {
  const [line = ""] = Buffer.from(objects.get(name) ?? "")
    .toString()
    .split("\n");
  const manifest = { ...JSON.parse(line), ...more };
  manifest.objects = manifest.objects.map((one: { name: string }) =>
    one.name === object ? { ...one, ...forged } : one,
  );
  const next = JSON.stringify(manifest);
  objects.set(name, Buffer.from(`${next}\n${JSON.stringify({ sha256: sha256(next) })}\n`));
}

const breaksOf = ({ breaks }: AuditedBucket) => breaks.map(({ object, revision }) => [object, revision]);

describe("checkHistory", () => {
  test("finds a history whole, and says who made it and when", async () => {
    const { bucket } = await filled();
    const { history, breaks, gone, points } = await audit(bucket);
    expect({ breaks, gone, points }).toEqual({ breaks: [], gone: [], points: 5 });
    expect([history.first, history.newest, history.commits]).toEqual([1, 7, 7]);
    const times = { firstMs: T0, lastMs: T0 };
    expect(history.actors()).toEqual([
      { actor: "aaaaaaaaaaaa", commits: 6, changes: 6, ...times },
      { actor: "_bootstrap", commits: 1, changes: 1, ...times },
    ]);
  });

  describe("behind a restore into the next epoch", () => {
    /** What is left of the former life is told by its own objects and by the base of the new one. */
    async function restored() {
      const { bucket } = await filled();
      const { db } = openQuickStore();
      await restore(db, bucket, 6);
      const manifest = named(bucket, "manifests")[3] ?? "";
      const segment = named(bucket, "segments")[2] ?? "";
      const first = put(db, "after", "the restore");
      await tick(db, bucket, { nowMs: T0 + 10_000, limits: LIMITS });
      return { bucket, first, manifest, segment };
    }

    test("goes on, and leaves out what the former life did after it", async () => {
      const { bucket, first } = await restored();
      const { history, breaks, points } = await audit(bucket);
      expect({ breaks, points }).toEqual({ breaks: [], points: 5 });
      expect([history.commits, history.newest]).toEqual([7, first]);
    });

    test("names a commit of the former life that its base tells otherwise", async () => {
      const { bucket, manifest, segment } = await restored();
      const forged = forge(bucket, segment, '"actor":"aaaaaaaaaaaa"', '"actor":"bbbbbbbbbbbb"');
      reseal(bucket, manifest, { object: segment, forged });
      expect(breaksOf(await audit(bucket))).toEqual([[segment, 6]]);
    });

    test("names a restore point that ends with a commit of nobody", async () => {
      const { bucket, manifest } = await restored();
      reseal(bucket, manifest, { tip: "0".repeat(16) });
      expect(breaksOf(await audit(bucket))).toEqual([[manifest, 6]]);
    });
  });

  test("finds it whole over new bases, merged segments, a purge and pruning", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    const retention = parseRetention("all 1d");
    if (retention === undefined) throw new Error("not a retention");
    fill(db);
    for (let day = 0; day < 12; day += 1) {
      for (let n = 0; n < 6; n += 1) put(db, `key-${n}`, `${day} ${"x".repeat(150)}`);
      if (day === 5) purgeValue(db, { key: "key-1", nowMs: T0 });
      for (let hour = 0; hour < 3; hour += 1)
        await tick(db, bucket, {
          nowMs: T0 + (day * 24 + hour) * 3_600_000,
          policy: { retention, historyKeepMs: 86_400_000 },
        });
    }
    const { history, breaks, gone } = await audit(bucket);
    expect(breaks).toEqual([]);
    expect(history.newest).toBe(history.commits);
    expect(gone.length).toBeGreaterThan(0);
  });

  test("names a segment that another one was put in the place of, and its revision", async () => {
    const { bucket } = await filled();
    const [, second = ""] = named(bucket, "segments");
    forge(bucket, second, "value 2", "value 3");
    expect(breaksOf(await audit(bucket))).toEqual([[second, 5]]);
  });

  test("names an altered commit, though its manifest was sealed anew", async () => {
    const { bucket } = await filled();
    const [, segment = ""] = named(bucket, "segments");
    const forged = forge(bucket, segment, '"actor":"aaaaaaaaaaaa"', '"actor":"bbbbbbbbbbbb"');
    const [, , changed = ""] = named(bucket, "manifests");
    reseal(bucket, changed, { object: segment, forged });
    // The one that follows names it by its hash, and the segment by that of before.
    const audited = await audit(bucket);
    expect(breaksOf(audited)).toContainEqual([changed, 5]);
    const what = `${changed} names it by another hash`;
    expect(audited.breaks).toContainEqual({ object: segment, revision: 5, what });
  });

  test("names the newest manifest where its last commit was altered with it", async () => {
    const { bucket } = await filled();
    const segment = named(bucket, "segments").at(-1) ?? "";
    const manifest = named(bucket, "manifests").at(-1) ?? "";
    const forged = forge(bucket, segment, '"actor":"aaaaaaaaaaaa"', '"actor":"bbbbbbbbbbbb"');
    reseal(bucket, manifest, { object: segment, forged });
    expect(breaksOf(await audit(bucket))).toEqual([[manifest, 7]]);
  });

  test("names a manifest that is missing between others, and the newest one", async () => {
    const { bucket } = await filled();
    const [, second = "", , , last = ""] = named(bucket, "manifests");
    bucket.objects.delete(second);
    expect(await audit(bucket)).toMatchObject({ breaks: [], gone: [second] });
    bucket.objects.delete(last);
    const audited = await audit(bucket);
    expect([breaksOf(audited), audited.gone]).toEqual([[[last, 7]], [second]]);
  });

  test("names an object that is missing, and blames nothing behind it", async () => {
    const { bucket } = await filled();
    const base = [...bucket.objects.keys()].find((name) => /bases.*part-00001/.test(name)) ?? "";
    const [, second = ""] = named(bucket, "segments");
    for (const name of [base, second]) bucket.objects.delete(name);
    expect(breaksOf(await audit(bucket))).toEqual([
      [base, 3],
      [second, 5],
    ]);
  });

  test("leaves out a restore point that is pruned while it looks", async () => {
    const { bucket } = await filled();
    const [first = ""] = named(bucket, "manifests");
    bucket.before = (call) => {
      if (call === `get ${first}`) bucket.objects.delete(first);
    };
    expect(await audit(bucket)).toMatchObject({ breaks: [], points: 4, gone: [first] });
  });
});

describe("readSegmentCommits", () => {
  test("refuses another number of commits or changes than is said", async () => {
    const { bucket } = await filled();
    const { manifest, segments } = await readNewest(bucket, undefined, {});
    const [one] = segments;
    if (one === undefined) throw new Error("there is a segment");
    const read = (segment: typeof one.segment) =>
      readSegmentCommits(bucket, manifest.lineage, { segment, auth: undefined }, {});
    expect((await read(one.segment)).commits).toHaveLength(1);
    await expect(read({ ...one.segment, commits: 2 })).rejects.toThrow("1 commits instead of 2");
    const forged = forge(bucket, one.segment.name, '"count":1', '"count":0');
    await expect(read({ ...one.segment, ...forged })).rejects.toThrow("made 0 changes, and has 1");
  });
});

describe("AuditedHistory", () => {
  const ancestry = [
    { epoch: 0, lineage: "a".repeat(32), firstRevision: 1, parent: null, parentRevision: null },
    { epoch: 1, lineage: "b".repeat(32), firstRevision: 100, parent: "a".repeat(32), parentRevision: 2 },
  ];
  const commit = (revision: number) => ({
    ...{ revision, id: String(revision), time: T0, actor: "x", author: null, requestId: null },
    ...{ message: null, meta: null, trace: null, rest: null, count: 1 },
  });
  const added = (...revisions: number[]) => {
    const history = new AuditedHistory(ancestry);
    return revisions.map((revision) => history.add("o", commit(revision))?.revision);
  };

  test("takes each revision once, in order, and over the lives of the ancestry", () => {
    expect(added(1, 2, 100, 101)).toEqual([undefined, undefined, undefined, undefined]);
    expect(added(1, 3)).toEqual([undefined, 3]);
    expect(added(1, 1)).toEqual([undefined, 1]);
    expect(added(2)).toEqual([2]);
    expect(added(1, 2, 101)).toEqual([undefined, undefined, 101]);
  });
});
