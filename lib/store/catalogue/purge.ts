/**
 * Purges on their way through the bucket. Promise: a purge is open until a manifest that no longer holds the value
 * has been replayed and everything that it replaced is gone.
 */

import type { Db } from "../sqlite/driver.ts";
import type { Catalogue } from "./lease.ts";
import { dropUnfinished } from "./operation.ts";
import { Purge, purgeRow } from "./rows.ts";

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
  { nowMs, ...purge }: Omit<Purge, "askedMs" | "manifest" | "doneMs"> & { readonly nowMs: number },
): void {
  const row: Purge = { ...purge, askedMs: nowMs, manifest: null, doneMs: null };
  db.all("insert into operation (name, value) values (?1,?2)", [
    purgeRow(purge.revision).name,
    JSON.stringify(row),
  ]);
  dropUnfinished(db);
}

/**
 * Grows with every purge: what was read of the history under one mark and finished under another may hold half of
 * a purged value, and a digest that fits neither.
 */
export function readPurgeMark(db: Db): number {
  const [row] = db.all(
    "select coalesce(max(value->>'revision'),0) from operation where name>='purge/' and name<'purge0'",
  );
  return Number(row?.[0] ?? 0);
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
    for (const { revision } of purges)
      db.all("update operation set value=json_set(value,'$.manifest',?2) where name=?1", [
        purgeRow(revision).name,
        manifest,
      ]);
  });
}

export function recordPurgeDone(
  catalogue: Catalogue,
  { revision, nowMs }: { revision: number; nowMs: number },
): void {
  catalogue.write((db) =>
    db.all("update operation set value=json_set(value,'$.doneMs',?2) where name=?1", [
      purgeRow(revision).name,
      nowMs,
    ]),
  );
}

function listUndone(db: Db): Purge[] {
  return db
    .all(
      "select value from operation where name>='purge/' and name<'purge0' and value->>'doneMs' is null order by name",
    )
    .map(([value]) => Purge.parse(JSON.parse(String(value))));
}
