/**
 * A store file for one test: made with the real migrations, checked and removed when the test ends.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Db } from "../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../lib/store/sqlite/driver-node.ts";
import { type Migration, migrate } from "../lib/store/sqlite/migrate.ts";
import { splitSql } from "../lib/store/sqlite/sql-text.ts";

let committed: readonly Migration[] | undefined;

/** The committed migrations, read as the build reads them. */
export function committedMigrations(): readonly Migration[] {
  committed ??= readMigrations();
  return committed;
}

function readMigrations(): Migration[] {
  return readdirSync("migrations")
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort()
    .map((name) => ({
      version: Number(name.slice(0, 4)),
      name,
      statements: splitSql(readFileSync(join("migrations", name), "utf8")),
    }));
}

let migrated: Buffer | undefined;

/** A young store as a file's bytes: the migrations take longer than most of what is tested with it. */
function migratedBytes(): Buffer {
  if (migrated === undefined) {
    const db = openNodeDb(":memory:");
    migrate(db, committedMigrations());
    migrated = db.raw.serialize();
    db.close();
  }
  return migrated;
}

/** What the migrations draw at random for each store. */
function becomeItself(db: Db): void {
  db.all("update store set lineage=lower(hex(randomblob(16)))");
  db.all("update lineage set lineage=(select lineage from store)");
  db.all("update operation set value=json_quote(hex(randomblob(32))) where name='cursor-key'");
}

/** A migrated store in memory. */
export function openMemoryStore(): NodeDb {
  const db = openNodeDb(migratedBytes());
  // Its rollback journal would be a file, and each commit would wait for the disk.
  db.raw.pragma("journal_mode = memory");
  becomeItself(db);
  return db;
}

export interface TestStore {
  readonly db: NodeDb;
  readonly file: string;
  readonly dir: string;
  /** Closes and removes it early; done anyway when the test ends. */
  close(): void;
}

/** Opens a fresh migrated store. After the test it is checked with `checkStore` (unless told not to) and deleted. */
export function openTestStore(options: { check?: boolean } = {}): TestStore {
  const dir = mkdtempSync(join(tmpdir(), "ledge-store-"));
  const file = join(dir, "ledge.db");
  writeFileSync(file, migratedBytes());
  const db = openNodeDb(file);
  becomeItself(db);
  const close = () => {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  };
  onTestFinished(() => {
    if (!db.raw.open) return;
    try {
      if (options.check !== false) checkStore(db);
    } finally {
      close();
    }
  });
  return { db, file, dir, close };
}

/** What must hold of every store at every moment. Throws naming the first thing that does not. */
export function checkStore(db: Db): void {
  const none = (what: string, sql: string) => {
    const rows = db.all(sql);
    if (rows.length > 0) throw new Error(`${what}: ${JSON.stringify(rows.slice(0, 3))}`);
  };
  const integrity = db.all("pragma integrity_check")[0]?.[0];
  if (integrity !== "ok") throw new Error(`integrity_check: ${integrity}`);
  none("foreign keys", "pragma foreign_key_check");
  none(
    "head is the newest commit",
    "select revision from commits where revision > (select revision from store)",
  );
  none(
    "usage equals entries",
    `select * from (select namespace, count(*) as keys, sum(size) as bytes from entry group by namespace
     union all select namespace, 0, 0 from usage where namespace not in (select namespace from entry)) e
     left join usage u on u.namespace=e.namespace where u.keys is not e.keys or u.bytes is not e.bytes`,
  );
  none(
    "every entry is its newest change",
    `select e.namespace, e.key from entry e left join change c on c.namespace=e.namespace and c.key=e.key
     and c.revision=e.revision where c.op is not 'put' or c.value is not e.value or e.size is not length(e.value)
     or c.media_type is not e.media_type or c.text is not e.text or exists (select 1 from change n
     where n.namespace=e.namespace and n.key=e.key and n.revision>e.revision)`,
  );
  none(
    "every put that is newest is an entry",
    `select c.namespace, c.key from change c where c.op='put' and not exists (select 1 from change n
     where n.namespace=c.namespace and n.key=c.key and n.revision>c.revision) and not exists
     (select 1 from entry e where e.namespace=c.namespace and e.key=c.key)`,
  );
  none(
    "a commit counts its changes, of which compaction may have taken some",
    `select m.revision from commits m left join (select revision, count(*) as n from change group by revision) c
     on c.revision=m.revision where m.changes < coalesce(c.n, 0) or m.changes > coalesce(c.n, 0)
     and m.revision > (select coalesce(max(compacted), 0) from usage)`,
  );
}
