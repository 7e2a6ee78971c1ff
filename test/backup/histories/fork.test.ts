import { describe, expect, test } from "vitest";
import { adopt } from "../../../lib/backup/histories/fork.ts";
import { EPOCH_STRIDE } from "../../../lib/core/revision.ts";
import { readBaseIndex, readManifest, readPart, readSegment } from "../../../lib/snapshot/read.ts";
import { ignoreLineages } from "../../../lib/store/catalogue/catalogue.ts";
import { stopStore } from "../../../lib/store/catalogue/epoch.ts";
import { readBackupStatus } from "../../../lib/store/catalogue/status.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  begin,
  bytes,
  change,
  contents,
  fill,
  openQuickStore,
  put,
  restore,
  restoreWanted,
  TARGET,
  tick,
} from "../../../testkit/backup.ts";
import { Cut, type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { cloneStore } from "../../../testkit/clone.ts";
import { namedDb } from "../../../testkit/crash/named-calls.ts";
import { T0 } from "../../../testkit/proposals.ts";

const HOUR = 3_600_000;
const store = (db: NodeDb, columns: string) => db.all(`select ${columns} from store`)[0] ?? [];
const value = (db: NodeDb, key: string) =>
  db.all("select cast(value as text) from entry where namespace='shop' and key=?1", [key])[0]?.[0];
const etag = (db: NodeDb, key: string) =>
  db.all(
    `select e.revision||'-'||(select substr(l.lineage,1,8) from lineage l where l.first_revision<=e.revision
     order by l.first_revision desc limit 1) from entry e where e.key=?1`,
    [key],
  )[0]?.[0];
const decide = (db: NodeDb, bucket: MemoryBucket, others: string[] = []) =>
  adopt({ db, bucket, target: TARGET, randomBytes: bytes }, others);

/** A bucket in which no name but a head may ever get other content. */
function watched(): MemoryBucket {
  const bucket = memoryBucket();
  const put = bucket.put.bind(bucket);
  bucket.put = async (name, content) => {
    const before = bucket.objects.get(name);
    if (before !== undefined && !name.startsWith("heads/"))
      expect(Buffer.from(before).equals(Buffer.from(content)), name).toBe(true);
    await put(name, content);
  };
  return bucket;
}

async function twins(): Promise<{ left: NodeDb; right: NodeDb; bucket: MemoryBucket }> {
  const { db } = openQuickStore();
  const bucket = watched();
  fill(db);
  await tick(db, bucket);
  return { left: db, right: cloneStore(db), bucket };
}

/** Twins that have both gone on; the right one was told. */
async function parted(): ReturnType<typeof twins> {
  const both = await twins();
  const { left, right, bucket } = both;
  put(left, "k", "left");
  await tick(left, bucket);
  put(right, "k", "right");
  await tick(right, bucket);
  return both;
}

describe("a cloned store that writes on beside its source", () => {
  test("is told of the fork by the next tick that writes; nothing of either is touched", async () => {
    const { left, right, bucket } = await twins();
    put(left, "k", "left");
    expect(await tick(left, bucket)).toMatchObject({ state: "exported" });
    put(right, "k", "right");
    const before = new Map(bucket.objects);
    expect(await tick(right, bucket)).toMatchObject({
      state: "stopped",
      finding: { kind: "fork", data: { cause: "same_lineage" } },
    });
    expect(bucket.objects).toEqual(before);
    // Serving goes on, writes too: it is only the bucket that is left alone.
    expect(put(right, "k", "right again")).toBeGreaterThan(0);
    expect(await tick(right, bucket, { nowMs: T0 + 2 * HOUR, asked: { prune: true } })).toMatchObject({
      state: "stopped",
    });
    expect(bucket.objects).toEqual(before);
  });

  test("goes on as its own history once adopted, and shares no ETag with its twin", async () => {
    const { left, right, bucket } = await twins();
    const shared = Number(store(left, "revision")[0]);
    put(left, "k", "left");
    await tick(left, bucket);
    put(right, "k", "right");
    await tick(right, bucket);
    expect(etag(left, "k")).toBe(etag(right, "k"));
    const made = await decide(right, bucket);
    expect(made).toMatchObject({ sharedRevision: shared, epoch: 2 });
    // What was committed after the shared point has a lineage of its own; what lies before keeps its ETag.
    expect(etag(left, "k")).not.toBe(etag(right, "k"));
    expect(etag(left, "limits/0")).toBe(etag(right, "limits/0"));
    expect(put(right, "new", "life")).toBe(made.firstRevision);
    expect(store(right, "epoch, lineage, state")).toEqual([2, made.lineage, "open"]);
    expect(await tick(right, bucket)).toMatchObject({ state: "exported" });
    // The twin is told too, and both can be read.
    put(left, "k", "left again");
    expect(await tick(left, bucket)).toMatchObject({ state: "stopped", finding: { kind: "fork" } });
    const copy = openQuickStore().db;
    await restore(copy, bucket);
    expect([value(copy, "k"), value(copy, "new")]).toEqual(["right", "life"]);
    expect(contents(copy)).toEqual(contents(right));
  });

  test("brings what it alone has into the bucket before its next commit", async () => {
    const { right, bucket } = await parted();
    const { epoch } = await decide(right, bucket);
    expect(await tick(right, bucket)).toMatchObject({ state: "exported", to: store(right, "revision")[0] });
    const copy = openQuickStore().db;
    // Neither is newer until that commit, so a restore has to be told which.
    await expect(restore(copy, bucket)).rejects.toThrow("fork");
    await restoreWanted(copy, bucket, { branch: String(store(right, "lineage")[0]) });
    expect(contents(copy)).toEqual(contents(right));
    // What was restored is its source still, and not this store: it exports nothing under its name.
    expect(await tick(copy, bucket)).toMatchObject({ state: "nothing_new" });
    put(right, "new", "life");
    expect(store(right, "epoch")).toEqual([epoch]);
    expect(await tick(right, bucket)).toMatchObject({ state: "exported" });
    const later = openQuickStore().db;
    await restore(later, bucket);
    expect(contents(later)).toEqual(contents(right));
  });

  test("exports nothing under another writer's name when it has nothing of its own", async () => {
    const { left, right, bucket } = await twins();
    put(left, "k", "left");
    await tick(left, bucket);
    await decide(right, bucket);
    const before = [...bucket.objects.keys()];
    expect(await tick(right, bucket, { nowMs: T0 + 2 * HOUR })).toMatchObject({ state: "nothing_new" });
    expect([...bucket.objects.keys()]).toEqual(before);
  });

  test("is adopted whole or not at all, so that a repeat decides about the same lineages", async () => {
    const { right, bucket } = await parted();
    const [lineage] = store(right, "lineage");
    const cut = namedDb(right, (name) => {
      if (name === "insert operation seen") throw new Cut("the process ends here");
    });
    await expect(adopt({ db: cut, bucket, target: TARGET, randomBytes: bytes }, [])).rejects.toThrow(Cut);
    expect(readBackupStatus(right, T0, true).finding?.lineages).toEqual([lineage]);
    expect(store(right, "lineage, pending_lineage")).toEqual([lineage, null]);
  });

  test("is adopted where nothing at all is shared", async () => {
    const { db } = openQuickStore();
    begin(db);
    const right = cloneStore(db);
    const bucket = watched();
    put(db, "k", "left");
    await tick(db, bucket);
    put(right, "k", "right");
    expect(await tick(right, bucket)).toMatchObject({ state: "stopped" });
    const made = await decide(right, bucket);
    expect(made.sharedRevision).toBe(0);
    expect(etag(db, "k")).not.toBe(etag(right, "k"));
    put(right, "k", "on");
    expect(await tick(right, bucket)).toMatchObject({ state: "exported" });
    const copy = openQuickStore().db;
    await restore(copy, bucket);
    expect(contents(copy)).toEqual(contents(right));
  });

  test("is adopted while others commit and adopt it, and takes every write after that", async () => {
    const { left, bucket } = await twins();
    const slow = { ...bucket, list: bucket.list.bind(bucket) };
    const list = slow.list;
    let meanwhile = async () => {};
    slow.list = async (...asked) => {
      const listed = await list(...asked);
      await meanwhile();
      return listed;
    };
    const adoptSlowly = () => adopt({ db: left, bucket: slow, target: TARGET, randomBytes: bytes }, []);
    const once = (work: () => Promise<void> | void) => async () => {
      meanwhile = async () => {};
      await work();
    };
    meanwhile = once(() => void put(left, "k", "meanwhile"));
    const first = await adoptSlowly();
    expect(put(left, "k", "after it")).toBe(first.firstRevision);
    meanwhile = once(async () => {
      await decide(left, bucket);
      put(left, "k", "in the other's epoch");
    });
    const second = await adoptSlowly();
    expect(put(left, "k", "after both")).toBe(second.firstRevision);
    expect(await tick(left, bucket)).toMatchObject({ state: "exported" });
  });

  test("never ends in a bucket that mixes the two, however they take turns", async () => {
    for (let seed = 0; seed < (process.env.LEDGE_FULL === "1" ? 60 : 4); seed += 1) {
      const { left, right, bucket } = await twins();
      for (let turn = 0; turn < 10; turn += 1) {
        const db = (seed * 7 + turn * (seed + 3)) % 3 === 0 ? left : right;
        // One that sees the bucket ahead of itself takes no more writes.
        if (store(db, "state")[0] === "open")
          put(db, `k${turn % 3}`, `${db === left ? "left" : "right"} ${turn}`);
        await tick(db, bucket, { nowMs: T0 + turn * HOUR });
      }
      const ids = [left, right].map((db) => new Set(db.all("select id from commits").map(([id]) => id)));
      let manifests = 0;
      for (const name of bucket.objects.keys()) {
        if (!name.includes("/manifests/")) continue;
        manifests += 1;
        const found = await commitsOf(bucket, name);
        expect(found.length).toBeGreaterThan(0);
        expect(
          ids.some((side) => found.every((id) => side.has(id))),
          `seed ${seed}, ${name}`,
        ).toBe(true);
      }
      expect(manifests).toBeGreaterThan(1);
    }
  });
});

/** Ids of every commit that a manifest's objects hold. */
async function commitsOf(bucket: MemoryBucket, name: string): Promise<string[]> {
  const { manifest, base, segments } = await readManifest(bucket, name);
  const ids: string[] = [];
  if (base !== undefined) {
    const index = await readBaseIndex(bucket, base, manifest.ancestry);
    for (const [at, part] of index.parts.entries()) {
      if (part.kind !== "commits") continue;
      for (const line of await readPart(bucket, index, part, at + 1)) ids.push(JSON.parse(line).id);
    }
  }
  for (const { segment, auth } of segments) {
    const lines = await readSegment(bucket, manifest.lineage, segment, auth?.sha256 ?? null);
    for (const line of lines) ids.push(JSON.parse(line).id);
  }
  return ids;
}

describe("a store that was put back to an older copy of its file", () => {
  test("stops writing when it sees that its bucket is ahead, until it is adopted", async () => {
    const { left, right: old, bucket } = await twins();
    put(left, "k", "the life that went on");
    await tick(left, bucket);
    put(left, "k", "and on");
    await tick(left, bucket);
    put(old, "k", "put back");
    expect(await tick(old, bucket)).toMatchObject({
      state: "stopped",
      finding: { kind: "fork", data: { cause: "ahead" } },
    });
    expect(() => put(old, "k", "more")).toThrow("read_only");
    const made = await decide(old, bucket);
    expect(made.firstRevision).toBeGreaterThan(EPOCH_STRIDE);
    expect(put(old, "k", "a new life")).toBe(made.firstRevision);
    expect(await tick(old, bucket)).toMatchObject({ state: "exported" });
    // The former life ended; its head stays where it was, and is no reason to stop again.
    expect(await tick(old, bucket, { nowMs: T0 + 5 * HOUR })).toMatchObject({ state: "nothing_new" });
  });
});

describe("a source that goes on beside its restored copy", () => {
  async function beside(): Promise<{ source: NodeDb; copy: NodeDb; bucket: MemoryBucket }> {
    const { db } = openQuickStore();
    const bucket = watched();
    fill(db);
    await tick(db, bucket);
    const { db: copy } = openQuickStore();
    await restore(copy, bucket);
    put(copy, "k", "copy");
    await tick(copy, bucket);
    return { source: db, copy, bucket };
  }

  test("exports again once a person has told it to let the copy be, though that goes on", async () => {
    const { source, copy, bucket } = await beside();
    put(source, "k", "source");
    const stopped = await tick(source, bucket);
    expect(stopped).toMatchObject({
      finding: { data: { cause: "other_lineage", lineages: [store(copy, "lineage")[0]] } },
    });
    ignoreLineages(source, {
      target: TARGET,
      lineage: String(store(source, "lineage")[0]),
      others: [String(store(copy, "lineage")[0])],
    });
    expect(await tick(source, bucket)).toMatchObject({ state: "exported" });
    put(copy, "k", "copy goes on");
    put(source, "k", "source goes on");
    expect(await tick(source, bucket, { nowMs: T0 + 5 * HOUR })).toMatchObject({ state: "exported" });
  });

  test("is told to the copy as well, when the source writes on", async () => {
    const { source, copy, bucket } = await beside();
    ignoreLineages(source, {
      target: TARGET,
      lineage: String(store(source, "lineage")[0]),
      others: [String(store(copy, "lineage")[0])],
    });
    put(source, "k", "source");
    expect(await tick(source, bucket)).toMatchObject({ state: "exported" });
    put(copy, "k", "copy again");
    expect(await tick(copy, bucket)).toMatchObject({ state: "stopped", finding: { kind: "fork" } });
  });

  test("writes nothing more when it gives way", async () => {
    const { source } = await beside();
    stopStore(source);
    expect(() => put(source, "k", "v")).toThrow("read_only");
    expect(() => change(source, { op: "put", ns: "shop", key: "z", value: "z" })).toThrow("read_only");
  });
});

describe("a prefix that several stores share", () => {
  test("takes histories that have nothing in common, when the setting says so", async () => {
    const bucket = watched();
    const [one, two] = [openQuickStore().db, openQuickStore().db];
    for (const db of [one, two]) begin(db);
    put(one, "k", "one");
    put(two, "k", "two");
    const policy = { shared: true };
    expect(await tick(one, bucket, { policy })).toMatchObject({ state: "exported" });
    expect(await tick(two, bucket)).toMatchObject({ state: "stopped", finding: { kind: "foreign" } });
    expect(await tick(two, bucket, { policy })).toMatchObject({ state: "exported" });
    put(one, "k", "on");
    expect(await tick(one, bucket, { policy, nowMs: T0 + 2 * HOUR })).toMatchObject({ state: "exported" });
  });
});
