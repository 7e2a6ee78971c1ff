/** How far the bucket is, and whether an exporter is at work: what somebody who waits for a backup looks at. */
import type { Db } from "../sqlite/driver.ts";

export interface Exported {
  /** The newest revision of this history in the bucket; null when there is none. */
  readonly revision: number | null;
  /** An exporter holds the lease. */
  readonly leased: boolean;
}

/** Two rows by their names, and one a lineage; nothing is scanned. */
export function readExported(db: Db, nowMs: number): Exported {
  const [row] = db.all(
    `select (select p.value->>'revision' from operation p
       where p.name='position' and p.value->>'lineage' in (select lineage from lineage)),
      l.value->>'untilMs'>?1 from operation l where l.name='lease'`,
    [nowMs],
  );
  return { revision: typeof row?.[0] === "number" ? row[0] : null, leased: Number(row?.[1] ?? 0) === 1 };
}

/** How far a store and its bucket are. */
export interface Reached {
  readonly head: number;
  /** As in Exported. */
  readonly exported: number | null;
}

/** For a host that asks for those who wait, again and again: it takes no parameters. */
export const REACHED_SQL = `select (select revision from store),
  (select p.value->>'revision' from operation p
    where p.name='position' and p.value->>'lineage' in (select lineage from lineage))`;

/** Whole numbers as numbers, or as bigint where they come off the wire. Undefined for a store without its tables' rows. */
export function reachedFromRow(row: readonly unknown[] | undefined): Reached | undefined {
  if (row === undefined || row[0] === null) return undefined;
  return { head: Number(row[0]), exported: row[1] === null ? null : Number(row[1]) };
}
