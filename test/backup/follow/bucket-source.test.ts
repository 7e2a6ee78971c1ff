/** Living from a real bucket server, by credentials that may not read what lies under `auth/`. */
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { type BucketSource, openBucketSource } from "../../../lib/backup/follow/bucket-source.ts";
import { openReach } from "../../../lib/backup/follow/reach.ts";
import { type Bucket, BucketFault } from "../../../lib/bucket/bucket.ts";
import { openCipher } from "../../../lib/snapshot/cipher.ts";
import { parseObjectKeys } from "../../../lib/snapshot/key-text.ts";
import { openerOf } from "../../../lib/snapshot/keys.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { bytes, openQuickStore, restore, tick } from "../../../testkit/backup.ts";
import { memoryBucket, openServedBucket } from "../../../testkit/bucket.ts";
import {
  beginFollowed,
  changesOf,
  commitAt,
  commitMany,
  FOLLOWED,
  never,
  replayed,
  stateOf,
  truthOf,
} from "../../../testkit/followed.ts";
import { T0 } from "../../../testkit/proposals.ts";
import { purgeValue } from "../../../testkit/purge.ts";

/** What a bucket policy for edges does. */
function withoutTokens(bucket: Bucket): Bucket {
  return {
    ...bucket,
    get: async (name, maxBytes) => {
      if (name.split("/")[1] === "auth") throw new BucketFault("bucket_denied", name, "not for edges");
      return bucket.get(name, maxBytes);
    },
  };
}

const lineageOf = (db: NodeDb) => String(db.all("select lineage from store")[0]?.[0]);

describe("openBucketSource", () => {
  test("gives states and changes over bases, segments, a purge and a restore", async () => {
    const { bucket } = await openServedBucket();
    let { db } = openQuickStore();
    beginFollowed(db);
    const first = { lineage: lineageOf(db), revision: 0 };
    const source: BucketSource = openBucketSource({
      bucket: withoutTokens(bucket),
      name: "the bucket",
    });
    let place = first;
    const followed: Parameters<typeof replayed>[1][number][] = [];
    const expectCaughtUp = async () => {
      for (const namespace of FOLLOWED) {
        const truth = truthOf(db, namespace);
        const state = await stateOf(source, namespace);
        expect(state.documents).toEqual(truth);
        const whole = await changesOf(source, namespace, first);
        expect(replayed([], whole.commits)).toEqual(replayed(truth, []));
        expect([state.place, whole.place]).toEqual([whole.place, state.place]);
      }
      const { lives, head } = await source.history("shop", never);
      const rows = db.all("select lineage, first_revision, parent_revision from lineage order by epoch");
      expect(lives.map((one) => [one.lineage, one.firstRevision, one.parentRevision])).toEqual(rows);
      const since = await changesOf(source, "shop", place);
      expect(since.place.revision).toBe(head);
      followed.push(...since.commits);
      place = since.place;
      expect(replayed([], followed)).toEqual(replayed(truthOf(db, "shop"), []));
    };
    for (let seed = 1; seed <= 4; seed += 1) {
      commitMany(db, { seed, count: 9 });
      await tick(db, bucket, { nowMs: T0 + seed * 1_000_000, limits: { ...LIMITS, partBytes: 4000 } });
      if (seed === 2) {
        commitAt(db, 2500, { op: "put", ns: "shop", key: "leak", value: "a password" });
        commitAt(db, 2501, { op: "put", ns: "shop", key: "leak", value: "another" });
        expect(purgeValue(db, { nowMs: T0 + 2_502_000, key: "leak" })).toMatchObject({ ok: true });
        await tick(db, bucket, { nowMs: T0 + 2_600_000, limits: LIMITS });
      }
      await expectCaughtUp();
      if (seed !== 3) continue;
      const copy = openQuickStore().db;
      await restore(copy, bucket);
      db = copy;
    }
    expect(place.lineage).toBe(lineageOf(db));
    expect(place.lineage).not.toBe(first.lineage);
    expect(source.known()).toMatchObject({ ...place, epoch: 1 });
    expect(JSON.stringify(followed.map(({ changes }) => changes))).not.toContain("token/");
  });

  test("says that nothing was ever backed up, and what is no namespace", async () => {
    const source = openBucketSource({ bucket: memoryBucket(), name: "empty" });
    await expect(source.snapshot("shop", undefined, never)).rejects.toMatchObject({ code: "not_found" });
    for (const name of ["_system", "_auth", "Shop", ""])
      await expect(source.snapshot(name, undefined, never)).rejects.toMatchObject({ code: "bad_parameter" });
  });

  test("reads encrypted objects with their key, and names one without", async () => {
    const bucket = memoryBucket();
    const { db } = openQuickStore();
    beginFollowed(db);
    const keys = parseObjectKeys(`edge:${"a".repeat(64)}`);
    if (!keys.ok) throw new Error(keys.detail);
    const cipher = openCipher(keys.value, bytes);
    for (const seed of [1, 2]) {
      commitMany(db, { seed, count: 8 });
      await tick(db, bucket, { limits: LIMITS, keys: { cipher, reading: { open: openerOf(cipher) } } });
    }
    const source = openBucketSource({ bucket, name: "sealed", reading: { open: openerOf(cipher) } });
    expect((await stateOf(source, "shop")).documents).toEqual(truthOf(db, "shop"));
    const keyless = openBucketSource({ bucket, name: "keyless" });
    await expect(keyless.snapshot("shop", undefined, never)).rejects.toThrow("encrypted with the key edge");
  });

  test("stops between requests when it is told to", async () => {
    const bucket = memoryBucket();
    const { db } = openQuickStore();
    beginFollowed(db);
    commitMany(db, { seed: 5, count: 40 });
    await tick(db, bucket);
    const stop = new AbortController();
    let asked = 0;
    const source = openBucketSource({
      name: "stopped",
      bucket: {
        ...bucket,
        get: (name, maxBytes) => {
          if (name.includes("/segments/") || name.includes("/bases/")) {
            asked += 1;
            stop.abort(new Error("the agent ends"));
          }
          return bucket.get(name, maxBytes);
        },
      },
    });
    await expect(source.snapshot("shop", undefined, stop.signal)).rejects.toThrow("the agent ends");
    await expect(source.snapshot("shop", undefined, stop.signal)).rejects.toThrow("the agent ends");
    expect(asked).toBe(1);
  });
});

describe("openReach", () => {
  test("lets no request through once it was stopped, and never one that writes", async () => {
    const { bucket, stop } = openReach(memoryBucket(new Map([["a", Uint8Array.of(1)]])));
    expect(await bucket.get("a", 1)).toEqual(Uint8Array.of(1));
    for (const write of [bucket.put("a", Uint8Array.of(2)), bucket.remove("a")])
      await expect(write).rejects.toThrow("writes nothing");
    stop(new Error("the agent ends"));
    for (const request of [bucket.get("a", 1), bucket.list(""), bucket.folders()])
      await expect(request).rejects.toThrow("the agent ends");
  });
});
