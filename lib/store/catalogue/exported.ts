/** How far the bucket is, and whether an exporter is at work: what somebody who waits for a backup looks at. */

import type { Db } from "../sqlite/driver.ts";
import { firstOf } from "../sqlite/statement.ts";
import { exportedSql } from "./exported.sql.ts";
import { latestEnd } from "./lease.ts";

export interface Exported {
  /** The newest revision of this history in the bucket; null when there is none. */
  readonly revision: number | null;
  /** An exporter holds the lease. */
  readonly leased: boolean;
}

export function readExported(db: Db, nowMs: number): Exported {
  const row = firstOf(db, exportedSql, [nowMs, latestEnd(nowMs)]);
  return { revision: row?.revision ?? null, leased: row?.leased === 1 };
}

/** How far a store and its bucket are, and how often edges have reported. */
export interface Reached {
  readonly head: number;
  /** As in Exported. */
  readonly exported: number | null;
  /** Undefined where none ever has. */
  readonly fleet?: number;
}

/** Whole numbers as numbers, or as bigint where they come off the wire. Undefined for a store without its tables' rows. */
export function reachedFromRow(row: readonly unknown[] | undefined): Reached | undefined {
  const [head, exported, fleet] = row ?? [null];
  if (head === null) return undefined;
  return {
    head: Number(head),
    exported: exported === null ? null : Number(exported),
    ...(fleet == null ? {} : { fleet: Number(fleet) }),
  };
}
