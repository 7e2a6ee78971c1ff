/** Migration 0008: what operations had to remember stands in one table, and the schema is small. */
import { describe, expect, test } from "vitest";
import { readBackupStatus } from "../../../lib/store/catalogue/status.ts";
import { readCursorKey } from "../../../lib/store/documents/cursor-key.ts";
import type { Db, SqlValue } from "../../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import { fill, openQuickStore, restore, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import { rowOf } from "../../../testkit/operation.ts";
import { operationRows, readOperation } from "../../../testkit/operation-before.ts";
import { committedMigrations, openTestStore } from "../../../testkit/store.ts";

const SCHEMA_BYTES_MAX = 4096;
const [TARGET, LINEAGE, OTHER] = ["7".repeat(64), "a".repeat(32), "b".repeat(32)];

/** A store of format 7 in memory. */
function openBefore(): Db {
  const db = openNodeDb(":memory:");
  migrate(db, committedMigrations().slice(0, 7));
  return db;
}

function set(db: Db, values: Readonly<Record<string, SqlValue>>): void {
  for (const [column, value] of Object.entries(values)) db.all(`update backup set ${column}=?1`, [value]);
}

const POSITION = {
  generation: 9,
  lease_until_ms: 1_700_000_000_000,
  target: TARGET,
  lineage: LINEAGE,
  revision: 2 ** 41 + 5,
  tip: "c".repeat(16),
  exported_ms: 1_700_000_000_001,
  manifest: "x/manifests/1.json",
  manifest_sha256: "d".repeat(64),
  objects: "[]",
  segment_sha256: null,
  digest_revision: 4,
  looked_ms: 17,
  pruned_ms: 18,
};

/** Everything that can stand in a store of format 7 at once. */
function fillBefore(db: Db): void {
  set(db, {
    ...POSITION,
    finding: "fork",
    finding_detail: 'a "detail"\nof two lines',
    finding_data: JSON.stringify({ cause: "same_lineage", lineages: [OTHER] }),
    error_code: "snapshot_damaged",
    error_detail: "é 𐀀",
    error_ms: 19,
    proven_revision: 20,
    proven_ms: 21,
    proven_manifest: null,
    replayed_revision: 22,
    replayed_ms: 23,
    replayed_manifest: "m",
    replay_tried_ms: 24,
    scrubbed_ms: 25,
    scrub_faults: 26,
    sealed_revision: 27,
    sealed_manifest: "s",
    adopted_lineage: LINEAGE,
  });
  const block = Uint8Array.of(0, 255, 10);
  db.all("insert into backup_base values (1,?1,?2,30,'digest','{\"after\":null}','[]',?3)", [
    TARGET,
    LINEAGE,
    block,
  ]);
  const state = { phase: "live", after: null, digest: { done: [], open: null }, folded: null };
  db.all("insert into backup_proof values (1,?1,?2,'m',?3,31,?4,?5)", [
    TARGET,
    LINEAGE,
    "e".repeat(64),
    JSON.stringify(state),
    block,
  ]);
  db.all("insert into backup_seen values (?1,?2,?3,32,'t',0),(?1,?2,?4,0,'',1)", [
    TARGET,
    LINEAGE,
    OTHER,
    "f".repeat(32),
  ]);
  db.all(
    "insert into backup_purge values (33,'shop','naïve/\"ключ\"',3,'a \\ b',34,null,null),(35,'shop','k',4,'w',36,'m',37)",
  );
  db.all('insert into backup_restore values (1,\'{"kind":"looked","holds":true,"atMs":38}\',39)');
}

describe("the migration to one table of operations", () => {
  test.each([
    { name: "an empty store", fillIn: () => {} },
    { name: "a store with everything", fillIn: fillBefore },
    {
      name: "a position that was given up",
      fillIn: (db: Db) => set(db, { ...POSITION, manifest: null, objects: null, revision: null }),
    },
    {
      name: "a finding of an older format, without data",
      fillIn: (db: Db) => set(db, { finding: "foreign" }),
    },
  ])("carries over all of $name", ({ fillIn }) => {
    const db = openBefore();
    fillIn(db);
    const before = operationRows(db);
    expect(migrate(db, committedMigrations())).toMatchObject({ ok: true });
    expect(readOperation(db)).toEqual(before);
    // What stands there is read by its shape.
    expect(readBackupStatus(db, 40, true)).toMatchObject({
      openPurges: before.has("purge/0000000000000033") ? 1 : 0,
    });
  });

  test("makes a key for cursors that no other store has and that restores leave alone", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
    const copy = openQuickStore().db;
    const own = readCursorKey(copy);
    expect(own).toHaveLength(32);
    expect(own).not.toEqual(readCursorKey(db));
    await restore(copy, bucket);
    expect(readCursorKey(copy)).toEqual(own);
    expect(rowOf(copy, "position")).toEqual({});
    for (const bytes of bucket.objects.values())
      expect(Buffer.from(bytes).includes(Buffer.from(readCursorKey(db)).toString("hex").toUpperCase())).toBe(
        false,
      );
  });
});

describe("the schema", () => {
  test(`is at most ${SCHEMA_BYTES_MAX} bytes of text, since every connection parses it`, () => {
    const { db } = openTestStore();
    const [row] = db.all("select sum(length(cast(sql as blob))) from sqlite_schema");
    expect(Number(row?.[0])).toBeLessThanOrEqual(SCHEMA_BYTES_MAX);
    expect(Number(row?.[0])).toBeGreaterThan(1000);
  });
});
