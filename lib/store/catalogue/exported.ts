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
