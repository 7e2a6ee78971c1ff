/** States page by page, from whatever chain of objects they lie in. */
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { openBucketSource } from "../../../lib/backup/follow/bucket-source.ts";
import { concernOf } from "../../../lib/backup/follow/concern.ts";
import { openOwnReader } from "../../../lib/backup/follow/own.ts";
import { readState } from "../../../lib/backup/follow/state.ts";
import { findSnapshot } from "../../../lib/backup/restore/find-snapshot.ts";
import type { ReplicaDocument } from "../../../lib/store/replica/replica.ts";
import { openQuickStore, SMALL, tick } from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import {
  beginFollowed,
  commitAt,
  commitMany,
  FOLLOWED,
  never,
  stateOf,
  truthOf,
} from "../../../testkit/followed.ts";

/** A base, and so many segments that what changed after it is most of the state. */
async function longChain() {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  beginFollowed(db);
  commitMany(db, { seed: 1, count: 60 });
  await tick(db, bucket, { limits: { ...SMALL, partBytes: 2500 } });
  for (let seed = 2; seed < 5; seed += 1) {
    commitMany(db, { seed, count: 12 });
    await tick(db, bucket, { limits: { ...SMALL, segmentBytes: 1500, baseBytesMin: 1_000_000 } });
  }
  return { db, bucket };
}

const kindsOf = (bucket: MemoryBucket) =>
  new Set([...bucket.objects.keys()].map((name) => name.split("/")[1]));

describe("a state from the bucket", () => {
  test("comes in pages of the size that is asked for, each document once", async () => {
    const { db, bucket } = await longChain();
    expect(kindsOf(bucket)).toEqual(new Set([...kindsOf(bucket), "bases", "segments", "auth"]));
    for (const pageBytes of [1, 700, 100_000]) {
      const source = openBucketSource({ bucket, name: "pages", pageBytes });
      for (const namespace of FOLLOWED) {
        const truth = truthOf(db, namespace);
        const { documents, pages } = await stateOf(source, namespace);
        expect(documents).toEqual(truth);
        if (pageBytes === 1) expect(pages).toBe(Math.max(1, truth.length));
        if (pageBytes === 100_000) expect(pages).toBe(1);
      }
    }
  });

  test("is the same however little of what has changed is held at a time", async () => {
    const { db, bucket } = await longChain();
    const found = await findSnapshot(bucket);
    if (!found.ok) throw new Error(found.code);
    const { snapshot } = found.value;
    const reader = await openOwnReader({ bucket, reading: {}, snapshot, concern: concernOf("shop") });
    for (const changedBytes of [1, 2000]) {
      const documents: ReplicaDocument[] = [];
      for await (const part of readState(reader, null, { maxBytes: 5000, changedBytes }))
        documents.push(...part.documents);
      expect(documents.map((one) => ({ ...one, bytes: new Uint8Array(one.bytes) }))).toEqual(
        truthOf(db, "shop"),
      );
    }
  });

  test("goes on from any page, in another process and when it is asked for again", async () => {
    const { db, bucket } = await longChain();
    const open = () => openBucketSource({ bucket, name: "resumed", pageBytes: 400 });
    const source = open();
    const seen: ReplicaDocument[] = [];
    for (let next: string | undefined; ; ) {
      const page = await source.snapshot("shop", next, never);
      const again = await open().snapshot("shop", next, never);
      expect([again.documents, again.next]).toEqual([page.documents, page.next]);
      expect(await source.snapshot("shop", next, never)).toEqual(page);
      seen.push(...page.documents);
      if (page.next === undefined) break;
      next = page.next;
    }
    expect(seen.map(({ key }) => key)).toEqual(truthOf(db, "shop").map(({ key }) => key));
    const other = (await source.snapshot("0shop", undefined, never)).next ?? "";
    const longer = JSON.stringify([...JSON.parse(other), "more"]);
    for (const [namespace, next] of [
      ["shop", "page 2"],
      ["0shop", longer],
      ["shop", other],
    ] as const)
      await expect(source.snapshot(namespace, next, never)).rejects.toMatchObject({ code: "bad_parameter" });
  });

  test("stays at the revision that it began with, whatever is backed up meanwhile", async () => {
    const { db, bucket } = await longChain();
    const truth = truthOf(db, "shop");
    const source = openBucketSource({ bucket, name: "pinned", pageBytes: 400 });
    const first = await source.snapshot("shop", undefined, never);
    commitAt(db, 9000, { op: "put", ns: "shop", key: "zzz", value: "later" });
    await tick(db, bucket, { limits: LIMITS });
    const documents = [...first.documents];
    for (let { next } = first; next !== undefined; ) {
      const page = await source.snapshot("shop", next, never);
      expect(page.place).toEqual(first.place);
      documents.push(...page.documents);
      next = page.next;
    }
    expect(documents.map(({ key }) => key)).toEqual(truth.map(({ key }) => key));
  });

  test("fetches no part and no segment in which nothing of the namespace can be", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    beginFollowed(db);
    await tick(db, bucket, { limits: LIMITS });
    commitAt(db, 1, { op: "put", ns: "quiet", key: "k", value: "v" });
    await tick(db, bucket, { limits: LIMITS });
    for (let n = 2; n < 6; n += 1) {
      commitAt(db, n, { op: "put", ns: "shop", key: "k", value: `${n}` });
      await tick(db, bucket, { limits: LIMITS });
    }
    bucket.calls.length = 0;
    const { documents } = await stateOf(openBucketSource({ bucket, name: "few" }), "quiet");
    expect(documents).toEqual(truthOf(db, "quiet"));
    expect(bucket.calls.filter((call) => call.includes("/segments/"))).toHaveLength(1);
  });
});
