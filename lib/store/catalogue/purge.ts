/**
 * Purges on their way through the bucket. Promise: a purge is open until a manifest that no longer holds the value
 * has been replayed and everything that it replaced is gone.
 */

import type { Db } from "../sqlite/driver.ts";
import { firstOf, onlyOf, rowsOf } from "../sqlite/statement.ts";
import type { Catalogue } from "./lease.ts";
import { dropUnfinished } from "./operation.ts";
import {
  firstValueSql,
  insertPurgeSql,
  purgeDoneSql,
  purgeMarkSql,
  purgeWrittenSql,
  undonePurgesSql,
} from "./purge.sql.ts";
import { Purge, purgeRow } from "./rows.ts";

/** The oldest revision that holds a value of the key; undefined when none does. Index: change's unique one. */
export function findFirstValue(db: Db, namespace: string, key: string): number | undefined {
  return firstOf(db, firstValueSql, [namespace, key])?.revision ?? undefined;
}

/** Notes a purge, inside its transaction; a base or a replay in the making has read the value, and begins anew. */
export function insertPurge(
  db: Db,
  { nowMs, ...purge }: Omit<Purge, "askedMs" | "manifest" | "doneMs"> & { readonly nowMs: number },
): void {
  const row: Purge = { ...purge, askedMs: nowMs, manifest: null, doneMs: null };
  db.all(insertPurgeSql, [purgeRow(purge.revision).name, JSON.stringify(row)]);
  dropUnfinished(db);
}

/**
 * Grows with every purge: what was read of the history under one mark and finished under another may hold half of
 * a purged value, and a digest that fits neither.
 */
export function readPurgeMark(db: Db): number {
  return onlyOf(db, purgeMarkSql).revision;
}

export function hasUnwrittenPurge(db: Db): boolean {
  return listUnwrittenPurges(db).length > 0;
}

/** Purges that no manifest accounts for yet. */
export function listUnwrittenPurges(db: Db): Purge[] {
  return listUndone(db).filter(({ manifest }) => manifest === null);
}

/** Purges whose manifest stands, and whose old objects may still lie there. */
export function listOpenPurges(db: Db): Purge[] {
  return listUndone(db).filter(({ manifest }) => manifest !== null);
}

/** How many purges are not done yet. */
export function countOpenPurges(db: Db): number {
  return listUndone(db).length;
}

export function recordPurgesWritten(
  catalogue: Catalogue,
  { purges, manifest }: { purges: readonly Purge[]; manifest: string },
): void {
  if (purges.length === 0) return;
  catalogue.write((db) => {
    for (const { revision } of purges) db.all(purgeWrittenSql, [purgeRow(revision).name, manifest]);
  });
}

export function recordPurgeDone(
  catalogue: Catalogue,
  { revision, nowMs }: { revision: number; nowMs: number },
): void {
  catalogue.write((db) => db.all(purgeDoneSql, [purgeRow(revision).name, nowMs]));
}

function listUndone(db: Db): Purge[] {
  return rowsOf(db, undonePurgesSql).map(({ value }) => Purge.parse(JSON.parse(value)));
}
