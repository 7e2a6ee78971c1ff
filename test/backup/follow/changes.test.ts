/** Changes after a place: out of segments, and out of the history that a base keeps. */
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { openBucketSource } from "../../../lib/backup/follow/bucket-source.ts";
import { readChanges } from "../../../lib/backup/follow/changes.ts";
import { concernOf } from "../../../lib/backup/follow/concern.ts";
import { openOwnReader } from "../../../lib/backup/follow/own.ts";
import { findSnapshot } from "../../../lib/backup/restore/find-snapshot.ts";
import { compact } from "../../../lib/store/compaction/compaction.ts";
import type { ReplicaCommit } from "../../../lib/store/replica/replica.ts";
import { openQuickStore, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import {
  asked,
  beginFollowed,
  changesOf,
  commitAt,
  commitMany,
  newestPlace,
  replayed,
  stateOf,
  truthOf,
} from "../../../testkit/followed.ts";
import { T0 } from "../../../testkit/proposals.ts";
import { purgeValue } from "../../../testkit/purge.ts";

const DAY = 86_400_000;

/** A store whose bucket holds a base with all of its history; `segments` says how many more ticks follow. */
async function withBase({ segments }: { segments: number }) {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  beginFollowed(db);
  commitMany(db, { seed: 1, count: 40 });
  await tick(db, bucket, { limits: { ...LIMITS, partBytes: 2000 } });
  const base = await newestPlace(bucket);
  for (let seed = 2; seed < 2 + segments; seed += 1) {
    commitMany(db, { seed, count: 6 });
    await tick(db, bucket, { limits: LIMITS });
  }
  return { db, bucket, base };
}

describe("changes from the bucket", () => {
  test("are whole commits with their facts, from wherever a replica stands", async () => {
    const { db, bucket, base } = await withBase({ segments: 3 });
    const source = openBucketSource({ bucket, name: "changes" });
    const truth = replayed(truthOf(db, "shop"), []);
    const all = await changesOf(source, "shop", { ...base, revision: 0 });
    const facts = db.all("select revision, id, time_ms, actor, message from commits order by revision");
    for (const { revision, id, timeMs, actor, message } of all.commits)
      expect(facts).toContainEqual([revision, id, timeMs, actor ?? null, message ?? null]);
    expect(all.commits.at(0)?.revision).toBeLessThan(base.revision);
    expect(all.commits.at(-1)?.revision).toBeGreaterThan(base.revision);
    for (let revision = 0; revision <= all.place.revision; revision += 11) {
      const before = all.commits.filter((one) => one.revision <= revision);
      const since = await changesOf(source, "shop", { ...base, revision });
      expect(since.commits).toEqual(all.commits.slice(before.length));
      expect(replayed([], [...before, ...since.commits])).toEqual(truth);
    }
  });

  test("come in pages that end between commits, each once", async () => {
    const { bucket, base } = await withBase({ segments: 2 });
    const begin = { ...base, revision: 0 };
    const whole = await changesOf(openBucketSource({ bucket, name: "whole" }), "shop", begin);
    expect(whole.pages).toHaveLength(1);
    for (const pageBytes of [1, 2000]) {
      const source = openBucketSource({ bucket, name: "pages", pageBytes });
      const { commits, pages, place } = await changesOf(source, "shop", begin);
      expect(commits).toEqual(whole.commits);
      expect(place).toEqual(whole.place);
      if (pageBytes === 1) expect(pages).toHaveLength(commits.length);
      // Any page is given again, as when its reader has died with it.
      const [one, two] = pages;
      expect(await source.changes("shop", one?.place ?? begin, asked)).toEqual(two);
    }
  });

  test("are the same however little of a base's history is held at a time", async () => {
    const { bucket } = await withBase({ segments: 1 });
    const found = await findSnapshot(bucket);
    if (!found.ok) throw new Error(found.code);
    const { snapshot } = found.value;
    const reader = await openOwnReader({ bucket, reading: {}, snapshot, concern: concernOf("shop") });
    const held = async (historyBytes: number) => {
      const commits: ReplicaCommit[] = [];
      for await (const part of readChanges(reader, 0, { maxBytes: 1_000_000, historyBytes }))
        commits.push(...part.commits);
      return commits;
    };
    const all = await held(10_000_000);
    expect(all.length).toBeGreaterThan(30);
    for (const bytes of [1, 3000]) expect(await held(bytes)).toEqual(all);
  });

  test("are refused as compacted where the base no longer holds them", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    beginFollowed(db);
    commitMany(db, { seed: 1, count: 30 });
    compact(db, { nowMs: T0 + 10 * DAY, keepMs: DAY, hasBucket: false, goesOn: () => true });
    const marks = db.all("select max(compacted) from usage where namespace in ('shop','_system')");
    const oldest = Number(marks[0]?.[0]);
    expect(oldest).toBeGreaterThan(3);
    commitAt(db, 11 * 86_400, { op: "put", ns: "shop", key: "k", value: "new" });
    await tick(db, bucket, { limits: LIMITS });
    const source = openBucketSource({ bucket, name: "compacted" });
    const place = await newestPlace(bucket);
    await expect(source.changes("shop", { ...place, revision: oldest - 1 }, asked)).rejects.toMatchObject({
      code: "compacted",
      oldest,
    });
    const { commits } = await changesOf(source, "shop", { ...place, revision: oldest });
    expect(commits.map(({ revision }) => revision)).toEqual([place.revision]);
    expect((await stateOf(source, "shop")).documents).toEqual(truthOf(db, "shop"));
  });

  test("hold no value that was purged, also where it had been replaced before", async () => {
    const { db, bucket, base } = await withBase({ segments: 0 });
    commitAt(db, 5000, { op: "put", ns: "shop", key: "leak", value: "hunter2" });
    commitAt(db, 5001, { op: "put", ns: "shop", key: "leak", value: "hunter3" });
    await tick(db, bucket, { limits: LIMITS });
    const purged = purgeValue(db, { nowMs: T0 + 5_002_000, key: "leak" });
    if (!purged.ok) throw new Error(purged.code);
    await tick(db, bucket, { limits: LIMITS });
    const source = openBucketSource({ bucket, name: "purged" });
    for (const after of [base, { ...base, revision: 0 }]) {
      const { commits } = await changesOf(source, "shop", after);
      const leaks = commits.flatMap(({ changes }) => changes).filter(({ key }) => key === "leak");
      expect(new Set(leaks.map(({ op }) => op))).toEqual(new Set(["erase"]));
    }
    expect((await stateOf(source, "shop")).documents).toEqual(truthOf(db, "shop"));
  });
});
