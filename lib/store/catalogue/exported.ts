/** How far the bucket is, and whether an exporter is at work: what somebody who waits for a backup looks at. */
import type { Db } from "../sqlite/driver.ts";

export interface Exported {
  /** The newest revision of this history in the bucket; null when there is none. */
  readonly revision: number | null;
  /** An exporter holds the lease. */
  readonly leased: boolean;
}

/** Both tables have one row a lineage or less; nothing is scanned. */
export function readExported(db: Db, nowMs: number): Exported {
  const [row] = db.all(
    `select case when manifest is not null and lineage in (select lineage from lineage) then revision end,
      lease_until_ms>?1 from backup where id=1`,
    [nowMs],
  );
  return { revision: typeof row?.[0] === "number" ? row[0] : null, leased: Number(row?.[1] ?? 0) === 1 };
}
