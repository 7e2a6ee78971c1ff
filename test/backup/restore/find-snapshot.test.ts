import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { listBranches } from "../../../lib/backup/histories/branches.ts";
import { OnlyOlder } from "../../../lib/backup/histories/choose-branch.ts";
import { findSnapshot, type Wanted } from "../../../lib/backup/restore/find-snapshot.ts";
import { parseManifestName, parseObjectName } from "../../../lib/snapshot/names.ts";
import type { Verifier } from "../../../lib/snapshot/signature.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  change,
  expectSame,
  fill,
  openQuickStore,
  put,
  restore,
  restoreWanted,
  SMALL,
  tick,
} from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { testFolder } from "../../../testkit/host.ts";
import { rowOf } from "../../../testkit/operation.ts";
import { T0 } from "../../../testkit/proposals.ts";
import { openTestStore } from "../../../testkit/store.ts";

const head = (db: NodeDb) => Number(db.all("select revision from store")[0]?.[0]);
const lineage = (db: NodeDb) => String(db.all("select lineage from store")[0]?.[0]);
const value = (db: NodeDb, key: string) =>
  db.all("select cast(value as text) from entry where namespace='shop' and key=?1", [key])[0]?.[0];

/** Sets the clock of commits that were made, so that a history has times of its own. */
function setTimes(db: NodeDb, times: readonly (readonly [revision: number, ms: number])[]): void {
  for (const [revision, ms] of times)
    db.all("update commits set time_ms=?2 where revision=?1", [revision, ms]);
}

async function outcome(bucket: MemoryBucket, wanted: Wanted = {}) {
  const found = await findSnapshot(bucket, wanted);
  return found.ok ? { revision: found.value.revision } : { code: found.code, detail: found.detail };
}

/** Two stores over one lineage: a file that was copied, both with a life of their own since. */
async function cloned(): Promise<{ left: NodeDb; right: NodeDb; bucket: MemoryBucket; shared: number }> {
  const { db: left, file } = openTestStore();
  const bucket = memoryBucket();
  fill(left);
  await tick(left, bucket);
  const shared = head(left);
  const copy = join(testFolder(), "copy.db");
  writeFileSync(copy, readFileSync(file));
  const right = openNodeDb(copy);
  put(left, "who", "left");
  await tick(left, bucket);
  put(right, "who", "right");
  put(right, "who", "right again");
  const aside = new Map([...bucket.objects].filter(([name]) => name.startsWith("heads/")));
  for (const name of aside.keys()) bucket.objects.delete(name);
  // The copy does not see the other's head, as with a bucket whose lists and reads are late.
  const blind = { ...bucket, get: async (name: string, max: number) => hidden(bucket, name, max) };
  await tick(right, blind);
  return { left, right, bucket, shared };
}

interface Copied {
  readonly db: NodeDb;
  readonly copy: NodeDb;
  readonly bucket: MemoryBucket;
}

/** A store, and a copy that was restored from its bucket. */
async function openCopied(): Promise<Copied> {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket);
  const copy = openQuickStore().db;
  await restore(copy, bucket);
  return { db, copy, bucket };
}

/** The same, and the copy wrote there since. */
async function openWentOn(): Promise<Copied> {
  const { db, copy, bucket } = await openCopied();
  put(copy, "who", "copy");
  await tick(copy, bucket);
  return { db, copy, bucket };
}

async function hidden(bucket: MemoryBucket, name: string, max: number) {
  return name.startsWith("heads/") ? undefined : bucket.get(name, max);
}

describe("findSnapshot", () => {
  test("refuses a lineage with two writers, names both, and takes either by name", async () => {
    const { left, right, bucket } = await cloned();
    const refused = await outcome(bucket);
    expect(refused).toMatchObject({ code: "fork" });
    const branches = await listBranches(bucket);
    expect(branches.map(({ revision }) => revision)).toEqual([head(right), head(left)]);
    for (const { branch } of branches) expect(refused.detail).toContain(branch);
    expect(await outcome(bucket, { branch: lineage(left) })).toMatchObject({ code: "fork" });
    for (const [at, source] of [right, left].entries()) {
      const { db } = openQuickStore();
      await restoreWanted(db, bucket, { branch: branches[at]?.branch });
      expectSame(db, source);
    }
    right.close();
  });

  test("reads a revision that a named branch has, and not that of its rival", async () => {
    const { left, right, bucket, shared } = await cloned();
    const branches = await listBranches(bucket);
    for (const [at, word] of ["right", "left"].entries()) {
      const { db } = openQuickStore();
      await restoreWanted(db, bucket, { branch: branches[at]?.branch, revision: shared + 1 });
      expect(value(db, "who")).toBe(word);
    }
    expect([head(left), head(right)]).toEqual([shared + 1, shared + 2]);
    right.close();
  });

  test("does not mind a manifest that an own abandoned run left late", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
    put(db, "k", "v");
    const before = new Map(bucket.objects);
    await tick(db, bucket);
    // The run that wrote the manifest is forgotten, as when its exporter died; another does it again.
    const late = [...bucket.objects].filter(([name]) => name.includes("/manifests/") && !before.has(name));
    const other = memoryBucket(before);
    db.all("delete from operation where name='position'");
    db.all("delete from backup_run");
    await tick(db, other, { nowMs: 1_900_000_000_000 });
    put(db, "k", "w");
    await tick(db, other, { nowMs: 1_900_000_100_000 });
    for (const [name, bytes] of late) other.objects.set(name, bytes);
    expect(await outcome(other)).toEqual({ revision: head(db) });
  });

  test("refuses two lineages of one epoch unless one is named", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
    const copies = [openQuickStore().db, openQuickStore().db];
    const buckets = [memoryBucket(bucket.objects), memoryBucket(bucket.objects)];
    for (const [at, copy] of copies.entries()) {
      await restore(copy, bucket);
      put(copy, "who", `copy ${at}`);
      await tick(copy, buckets[at] ?? bucket);
    }
    const both = memoryBucket(new Map([...(buckets[0]?.objects ?? []), ...(buckets[1]?.objects ?? [])]));
    const refused = await outcome(both);
    expect(refused).toMatchObject({ code: "fork" });
    for (const [at, copy] of copies.entries()) {
      expect(refused.detail).toContain(lineage(copy).slice(0, 8));
      const again = openQuickStore().db;
      await restoreWanted(again, both, { branch: lineage(copy).slice(0, 8) });
      expect(value(again, "who")).toBe(`copy ${at}`);
    }
  });

  test("says what other branches hold, and takes the newest epoch if the source went on", async () => {
    const { db, copy, bucket } = await openWentOn();
    const found = await findSnapshot(bucket);
    expect(found).toMatchObject({
      ok: true,
      value: { revision: head(copy), others: [{ branch: lineage(db).slice(0, 8), revision: head(db) }] },
    });
  });

  test("takes the last commit at or before a moment, by the highest time so far", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const last = head(db);
    setTimes(db, [
      [last - 3, 2_000_000_000_000],
      [last - 2, 2_000_000_020_000],
      [last - 1, 2_000_000_010_000],
      [last, 2_000_000_030_000],
    ]);
    await tick(db, bucket);
    const at = (timeMs: number) => outcome(bucket, { timeMs });
    expect(await at(2_000_000_000_000)).toEqual({ revision: last - 3 });
    expect(await at(2_000_000_015_000)).toEqual({ revision: last - 3 });
    expect(await at(2_000_000_020_000)).toEqual({ revision: last - 1 });
    expect(await at(2_000_000_029_999)).toEqual({ revision: last - 1 });
    expect(await at(2_000_000_030_000)).toEqual({ revision: last });
    expect(await at(9_000_000_000_000)).toEqual({ revision: last });
    expect(await at(1)).toMatchObject({ code: "not_found" });
  });

  test("finds a moment across a restore", async () => {
    const { db, copy, bucket } = await openCopied();
    const first = put(copy, "who", "copy");
    setTimes(copy, [[first, 2_000_000_000_000]]);
    await tick(copy, bucket);
    expect(await outcome(bucket, { timeMs: 1_999_999_999_999 })).toEqual({ revision: head(db) });
    expect(await outcome(bucket, { timeMs: 2_000_000_000_000 })).toEqual({ revision: first });
  });

  test("falls back to the snapshot before a damaged one, by the refusal's name for it", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
    const before = head(db);
    put(db, "k", "v");
    await tick(db, bucket);
    const newest = [...bucket.objects.keys()].filter((name) => name.includes("/manifests/")).sort()[0] ?? "";
    bucket.objects.set(newest, Uint8Array.of(1));
    const refused: unknown = await findSnapshot(bucket).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "snapshot_damaged", object: newest });
    const named = /next snapshot is (\S+) \(revision (\d+)\)/.exec(String(refused));
    expect(Number(named?.[2])).toBe(before);
    const copy = openQuickStore().db;
    expect(await restoreWanted(copy, bucket, { branch: named?.[1] })).toMatchObject({ revision: before });
    // A revision that the older one has is asked for without its name.
    const again = openQuickStore().db;
    expect(await restoreWanted(again, bucket, { revision: before })).toMatchObject({ revision: before });
    const told: unknown = await restoreWanted(openQuickStore().db, bucket, {}).catch((error) => error);
    expect(String(told).match(/the next snapshot is/g)).toHaveLength(1);
  });

  describe("where a snapshot is damaged and another holds the same revision", () => {
    /** A chain, an object of it that is damaged, and what the exporter wrote at the same revision after a proof. */
    async function mended(kind: "bases" | "segments" | "manifests") {
      const { db } = openQuickStore();
      const bucket = memoryBucket();
      fill(db);
      await tick(db, bucket, { limits: { ...SMALL, baseBytesMin: 1 } });
      for (const value of ["once", "still"]) {
        put(db, "later", value);
        await tick(db, bucket, { limits: LIMITS });
      }
      const old = new Map(bucket.objects);
      const name = [...old.keys()].filter((one) => one.includes(`/${kind}/`)).sort()[0] ?? "";
      bucket.objects.set(name, Uint8Array.of(1));
      const asked = { replay: true };
      await tick(db, bucket, { asked, nowMs: T0 + 1000 });
      expect(rowOf(db, "error")).toMatchObject({ code: "snapshot_damaged" });
      await tick(db, bucket, { asked, nowMs: T0 + 2000, limits: LIMITS });
      const ofHead = [...bucket.objects.keys()].filter(
        (one) => parseManifestName(one)?.revision === head(db),
      );
      expect(ofHead.some((one) => old.has(one))).toBe(true);
      expect(ofHead.some((one) => !old.has(one))).toBe(true);
      return { db, bucket, name, old };
    }

    test.each(["bases", "segments", "manifests"] as const)("takes the other (%s)", async (kind) => {
      const { db, bucket } = await mended(kind);
      const copy = openQuickStore().db;
      expect(await restore(copy, bucket)).toMatchObject({ check: "proven" });
      expectSame(copy, db);
      const found = await findSnapshot(bucket);
      // The one that was made because of the damage comes first, and nothing has to be tried.
      expect(found).toMatchObject({
        ok: true,
        value: { damaged: [], snapshot: { base: { revision: head(db) } } },
      });
    });

    test("goes on with the other whichever object is damaged, and says which", async () => {
      const { db, bucket, name: mendedName, old } = await mended("bases");
      bucket.objects.set(mendedName, old.get(mendedName) ?? new Uint8Array(0));
      let passedOver = 0;
      for (const name of [...bucket.objects.keys()].filter((one) => /\/(bases|segments|auth)\//.test(one))) {
        const copy = openQuickStore().db;
        const broken = memoryBucket(new Map(bucket.objects).set(name, Uint8Array.of(1)));
        const { damaged = [] } = await restore(copy, broken);
        expectSame(copy, db);
        expect(damaged).toEqual(damaged.length === 0 ? [] : [name]);
        passedOver += damaged.length;
      }
      expect(passedOver).toBeGreaterThan(1);
    });

    test("takes another holder of an older revision", async () => {
      const { bucket, name: mendedName, old } = await mended("bases");
      bucket.objects.set(mendedName, old.get(mendedName) ?? new Uint8Array(0));
      const [, name = ""] = [...old.keys()].filter((one) => one.includes("/segments/")).sort();
      bucket.objects.set(name, Uint8Array.of(1));
      const revision = parseObjectName(name)?.revision ?? 0;
      const copy = openQuickStore().db;
      expect(await restore(copy, bucket, revision)).toMatchObject({ revision, damaged: [name] });
    });

    test("refuses where only an older revision is left, and names it", async () => {
      const { db } = openQuickStore();
      const bucket = memoryBucket();
      fill(db);
      await tick(db, bucket, { limits: { ...SMALL, baseBytesMin: 1_000_000 } });
      const before = head(db);
      put(db, "later", "lost?");
      await tick(db, bucket, { limits: { ...SMALL, baseBytesMin: 1_000_000 } });
      const segment =
        [...bucket.objects.keys()].filter((name) => name.includes("/segments/")).sort()[0] ?? "";
      bucket.objects.set(segment, Uint8Array.of(1));
      const refused: unknown = await restoreWanted(openQuickStore().db, bucket, {}).catch((error) => error);
      expect(refused).toBeInstanceOf(OnlyOlder);
      expect(refused).toMatchObject({ object: segment, older: { revision: before } });
      const { branch } = (refused as OnlyOlder).older;
      expect(await restoreWanted(openQuickStore().db, bucket, { branch })).toMatchObject({
        revision: before,
      });
    });
  });

  test("names the ancestor where nothing of the newest history can be used", async () => {
    const { db, copy, bucket } = await openWentOn();
    for (const name of bucket.objects.keys())
      if (name.startsWith(`${lineage(copy)}/manifests/`)) bucket.objects.set(name, Uint8Array.of(1));
    const refused: unknown = await restoreWanted(openQuickStore().db, bucket, {}).catch((error) => error);
    expect(refused).toBeInstanceOf(OnlyOlder);
    const { branch, revision } = (refused as OnlyOlder).older;
    expect(revision).toBe(head(db));
    expect(await restoreWanted(openQuickStore().db, bucket, { branch })).toMatchObject({ revision });
  });

  test("brings back a revision older than every base from the history in a base", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket, { limits: { ...SMALL, baseBytesMin: 100 } });
    put(db, "limits/1", "third");
    await tick(db, bucket, { limits: { ...SMALL, baseBytesMin: 100 } });
    // Only what the newest manifest needs is kept, as after pruning.
    const manifests = [...bucket.objects.keys()].filter((name) => name.includes("/manifests/")).sort();
    for (const name of manifests.slice(1)) bucket.objects.delete(name);
    const state = `select c.key, c.revision, c.value from change c where c.op='put' and c.revision<=?1 and not exists
      (select 1 from change n where n.namespace=c.namespace and n.key=c.key and n.revision>c.revision and n.revision<=?1)
      order by c.namespace, c.key`;
    const { db: whole } = openQuickStore();
    await restore(whole, bucket);
    expectSame(whole, db);
    for (let revision = 1; revision <= head(db); revision += 1) {
      const { db: copy, close } = openQuickStore();
      const report = await restore(copy, bucket, revision);
      expect(report.revision).toBe(revision);
      expect(copy.all("select key, revision, value from entry order by namespace, key")).toEqual(
        db.all(state, [revision]),
      );
      close();
    }
  });

  test("keeps a document's age when it rewinds, and refuses what was compacted away", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    put(db, "aged", "1");
    const second = put(db, "aged", "2");
    const third = put(db, "aged", "3");
    put(db, "aged", "4");
    // What compaction leaves: the newest change at its edge, and the mark.
    db.all("delete from change where key='aged' and revision<?1", [second]);
    db.all("update commits set changes=0 where revision=?1", [second - 1]);
    db.all("update usage set compacted=?1 where namespace='shop'", [second]);
    await tick(db, bucket, { limits: { ...SMALL, baseBytesMin: 100 } });
    const copy = openQuickStore().db;
    await restore(copy, bucket, third);
    expect(copy.all("select revision, created_revision, version from entry where key='aged'")).toEqual([
      [third, second - 1, 3],
    ]);
    await expect(restore(openQuickStore().db, bucket, second - 1)).rejects.toThrow("compacted");
  });
});

describe("a reader that trusts keys", () => {
  const trust = (answer: boolean): Verifier => ({ keyIds: ["ops"], verify: async () => answer });

  async function signed(): Promise<MemoryBucket> {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    change(db, { op: "put", ns: "shop", key: "k", value: "v" });
    await tick(db, bucket);
    for (const [name, bytes] of bucket.objects) {
      if (!name.includes("/manifests/")) continue;
      const [line = "", seal = ""] = new TextDecoder().decode(bytes).split("\n");
      const sealed = { ...JSON.parse(seal), keyId: "ops", signature: "c2ln" };
      bucket.objects.set(name, new Uint8Array(Buffer.from(`${line}\n${JSON.stringify(sealed)}\n`)));
    }
    return bucket;
  }

  test("takes a manifest that one of them signed, and no other", async () => {
    const bucket = await signed();
    expect(await findSnapshot(bucket, {}, { trust: trust(true) })).toMatchObject({ ok: true });
    await expect(findSnapshot(bucket, {}, { trust: trust(false) })).rejects.toMatchObject({
      code: "snapshot_damaged",
      object: expect.stringContaining("/manifests/"),
    });
  });

  test("takes nothing unsigned", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
    await expect(findSnapshot(bucket, {}, { trust: trust(true) })).rejects.toThrow("not signed");
  });
});
