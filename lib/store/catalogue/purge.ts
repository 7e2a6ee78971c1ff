/**
 * Purges on their way through the bucket. Promise: a purge is open until a manifest that no longer holds the value
 * has been replayed and everything that it replaced is gone.
 */

import type { Db, SqlRow } from "../sqlite/driver.ts";
import { type Lease, underLease } from "./lease.ts";

export interface Purge {
  /** The commit that purged; what the bucket still holds lies below. */
  readonly revision: number;
  /** The oldest revision that held a value. */
  readonly firstRevision: number;
  readonly why: string;
  /** The manifest that replaces the rest; null while there is none. */
  readonly manifest: string | null;
}

/** The oldest revision that holds a value of the key; undefined when none does. Index: change's unique one. */
export function findFirstValue(db: Db, namespace: string, key: string): number | undefined {
  const [row] = db.all("select min(revision) from change where namespace=?1 and key=?2 and op='put'", [
    namespace,
    key,
  ]);
  return typeof row?.[0] === "number" ? row[0] : undefined;
}

/** Notes a purge, inside its transaction; a base or a replay in the making has read the value, and begins anew. */
export function insertPurge(
  db: Db,
  purge: {
    revision: number;
    namespace: string;
    key: string;
    firstRevision: number;
    why: string;
    nowMs: number;
  },
): void {
  db.all(
    "insert into backup_purge (revision, namespace, key, first_revision, why, asked_ms) values (?1,?2,?3,?4,?5,?6)",
    [purge.revision, purge.namespace, purge.key, purge.firstRevision, purge.why, purge.nowMs],
  );
  db.all("delete from backup_base");
  db.all("delete from backup_proof");
}

/**
 * Grows with every purge: what was read of the history under one mark and finished under another may hold half of
 * a purged value, and a digest that fits neither.
 */
export function readPurgeMark(db: Db): number {
  return Number(db.all("select coalesce(max(revision),0) from backup_purge")[0]?.[0] ?? 0);
}

export function hasUnwrittenPurge(db: Db): boolean {
  return db.all("select 1 from backup_purge where manifest is null and done_ms is null limit 1").length > 0;
}

/** Purges that no manifest accounts for yet. */
export function listUnwrittenPurges(db: Db): Purge[] {
  return db.all(`${COLUMNS} where manifest is null and done_ms is null order by revision`).map(purgeFromRow);
}

/** Purges whose manifest stands, and whose old objects may still lie there. */
export function listOpenPurges(db: Db): Purge[] {
  return db
    .all(`${COLUMNS} where manifest is not null and done_ms is null order by revision`)
    .map(purgeFromRow);
}

/** How many purges are not done yet. */
export function countOpenPurges(db: Db): number {
  return Number(db.all("select count(*) from backup_purge where done_ms is null")[0]?.[0] ?? 0);
}

export function recordPurgesWritten(
  db: Db,
  lease: Lease,
  { purges, manifest }: { purges: readonly Purge[]; manifest: string },
): void {
  if (purges.length === 0) return;
  underLease(db, lease, () => {
    for (const { revision } of purges)
      db.all("update backup_purge set manifest=?2 where revision=?1", [revision, manifest]);
  });
}

export function recordPurgeDone(
  db: Db,
  lease: Lease,
  { revision, nowMs }: { revision: number; nowMs: number },
): void {
  underLease(db, lease, () =>
    db.all("update backup_purge set done_ms=?2 where revision=?1", [revision, nowMs]),
  );
}

const COLUMNS = "select revision, first_revision, why, manifest from backup_purge";

function purgeFromRow(row: SqlRow): Purge {
  return {
    revision: Number(row[0]),
    firstRevision: Number(row[1]),
    why: String(row[2]),
    manifest: typeof row[3] === "string" ? row[3] : null,
  };
}
