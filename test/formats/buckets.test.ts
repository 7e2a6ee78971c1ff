/** A bucket that an earlier release wrote: restored by this one, proven, and gone on with in the newest format. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { openBucketSource } from "../../lib/backup/follow/bucket-source.ts";
import { type NodeDb, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../lib/store/sqlite/migrate.ts";
import { expectSame, openQuickStore, restore, tick } from "../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../testkit/bucket.ts";
import { changesOf, replayed, stateOf, truthOf } from "../../testkit/followed.ts";
import { rowOf } from "../../testkit/operation.ts";
import { temporaryFolder } from "../../testkit/processes.ts";
import { propose, putReserved, tokenDocument } from "../../testkit/proposals.ts";
import { committedMigrations } from "../../testkit/store.ts";

const ROOT = join(import.meta.dirname, "..", "fixtures", "b16b55e");
const SUFFIX = "._S3rver_object";

function openBucket(folder: string): MemoryBucket {
  const path = join(ROOT, folder, "bucket", "objects", "ledge", "ledge");
  const files = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(SUFFIX),
  );
  const objects = files.map(
    (file) => [file.slice(0, -SUFFIX.length), new Uint8Array(readFileSync(join(path, file)))] as const,
  );
  return memoryBucket(new Map(objects));
}

function openStore(name: string): NodeDb {
  const folder = temporaryFolder("format");
  const file = join(folder.path, "ledge.db");
  writeFileSync(file, gunzipSync(readFileSync(join(ROOT, name))));
  const db = openNodeDb(file);
  onTestFinished(() => {
    db.close();
    folder.remove();
  });
  expect(migrate(db, committedMigrations())).toMatchObject({ ok: true });
  return db;
}

/** The formats that segments say in their first lines. */
function segmentFormats(bucket: MemoryBucket): Set<unknown> {
  const segments = [...bucket.objects].filter(([name]) => name.includes("/segments/"));
  return new Set(
    segments.map(([, bytes]) => JSON.parse(gunzipSync(bytes).toString().split("\n")[0] ?? "").format),
  );
}

describe("a bucket of format 1", () => {
  test("restores to what its store held", async () => {
    const bucket = openBucket("origin");
    expect(segmentFormats(bucket)).toEqual(new Set([1]));
    const copy = openQuickStore().db;
    const { revision } = await restore(copy, bucket);
    const store = openStore("origin/ledge.db.gz");
    const commits = "select * from commits where revision<=?1 order by revision";
    expect(copy.all(commits, [revision])).toEqual(store.all(commits, [revision]));
    expect(copy.all("select count(*) from commits where revision<=?1", [revision])).not.toEqual([[0]]);
    // The store has purged a value since.
    const change = "select * from change where revision<=?1 order by namespace, key, revision";
    const erased = new Set(
      store.all("select namespace||'/'||key from change where op='erase'").map(([place]) => String(place)),
    );
    const kept = (db: NodeDb) =>
      db.all(change, [revision]).filter(([namespace, key]) => !erased.has(`${namespace}/${key}`));
    expect(kept(copy)).toEqual(kept(store));
  });

  test("is followed by an edge, and so is what a release of today adds to it", async () => {
    const bucket = openBucket("origin");
    const { db } = openQuickStore();
    await restore(db, bucket);
    const namespaces = db.all("select key from entry where namespace='_system' and key glob 'namespace/*'");
    expect(namespaces).not.toEqual([]);
    const lineage = String(db.all("select lineage from lineage order by epoch")[0]?.[0]);
    const source = openBucketSource({ bucket, name: "format 1" });
    const follow = async () => {
      for (const [key] of namespaces) {
        const namespace = String(key).slice("namespace/".length);
        const { documents, place } = await stateOf(source, namespace);
        expect(documents).toEqual(truthOf(db, namespace));
        const changes = await changesOf(source, namespace, { lineage, revision: 0 });
        expect(replayed([], changes.commits)).toEqual(replayed(documents, []));
        expect(changes.place).toEqual(place);
      }
    };
    await follow();
    const digest = "b".repeat(64);
    putReserved(db, "_auth", "token/bbbbbbbbbbbb", tokenDocument({ digest }), {
      by: { kind: "reserved", actor: "_restore" },
    });
    const by = { kind: "token", accessor: "bbbbbbbbbbbb", digest } as const;
    for (const [key] of namespaces) {
      const ns = String(key).slice("namespace/".length);
      propose(db, [{ op: "put", ns, key: "later", value: "of today", if: -1 }], { by, message: "later" });
    }
    expect(await tick(db, bucket)).toMatchObject({ state: "exported" });
    expect(db.all("select 1 from entry where key='later'")).not.toEqual([]);
    await follow();
  });

  test("goes on: its segments are proven today, and a chain of both formats restores", async () => {
    const bucket = openBucket("fork");
    const store = openStore("fork/left.db.gz");
    const target = String(rowOf(store, "position").target);
    // The newest segment was not proven yet when the release changed.
    const manifests = [...bucket.objects.keys()].filter((name) => name.includes("/manifests/")).sort();
    store.all("update operation set value=json_set(value,'$.manifest',?1) where name='proven'", [
      manifests[1] ?? "",
    ]);
    const made = putReserved(
      store,
      "_auth",
      "token/bbbbbbbbbbbb",
      tokenDocument({ digest: "b".repeat(64) }),
      {
        by: { kind: "reserved", actor: "_restore" },
      },
    );
    expect(made).toMatchObject({ ok: true });
    const replayed = rowOf(store, "replayed");
    const nowMs = Number(replayed.atMs) + 1000;
    expect(await tick(store, bucket, { target, nowMs })).toMatchObject({ state: "exported" });
    expect([rowOf(store, "error"), rowOf(store, "replayed")]).toEqual([{}, replayed]);
    expect(rowOf(store, "proven").manifest).toBe(rowOf(store, "position").manifest);
    expect(segmentFormats(bucket)).toEqual(new Set([1, 2]));
    const copy = openQuickStore().db;
    await restore(copy, bucket);
    expectSame(copy, store);
  });
});
