/**
 * Documents of `_system` and `_auth` as administration reads them, and the store's own condition. The only
 * reader of `_auth` besides the look at a caller's own token.
 */

import type { StoreMode } from "../../core/settings.ts";
import type { SqlRow } from "../sqlite/driver.ts";
import { type Db, StoreFault } from "../sqlite/driver.ts";
import { descendantsSql, settingSql, settingsSql, sizeSql, statusSql } from "./settings.sql.ts";

export interface Setting {
  readonly key: string;
  /** The document as JSON text. */
  readonly json: string;
  readonly revision: number;
  /** First 8 hex digits of the lineage that made it. */
  readonly lineage: string;
  readonly modifiedMs: number;
  /** What a namespace holds; 0 for other documents. */
  readonly keys: number;
  readonly bytes: number;
}

export type ReservedNamespace = "_system" | "_auth";

/** Throws StoreFault. */
export function findSetting(db: Db, namespace: ReservedNamespace, key: string): Setting | undefined {
  const row = db.all(settingSql, [namespace, key])[0];
  return row === undefined ? undefined : settingFromRow(row);
}

/** A page in the order of keys. Throws StoreFault. */
export function listSettings(
  db: Db,
  namespace: ReservedNamespace,
  { prefix, after, limit }: { prefix: string; after: string; limit: number },
): Setting[] {
  return db.all(settingsSql, [namespace, prefix, after, limit]).map(settingFromRow);
}

/** Living tokens that a token made, and those that they made, revoked ones in between or not. Throws StoreFault. */
export function listLivingDescendants(db: Db, accessor: string, nowMs: number): Setting[] {
  return db.all(descendantsSql, [accessor, nowMs]).map(settingFromRow);
}

export interface StoreStatus {
  readonly lineage: string;
  readonly epoch: number;
  readonly head: number;
  readonly mode: StoreMode;
  readonly newestMs: number | null;
  readonly sqlite: string;
  readonly format: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly namespaces: number;
  readonly state: string;
}

/** Throws StoreFault. */
export function readStatus(db: Db): StoreStatus {
  const row = db.all(statusSql)[0];
  if (row === undefined) throw new Error("the store has no row of its own");
  return {
    lineage: String(row[0]),
    epoch: Number(row[1]),
    head: Number(row[2]),
    mode: row[3] === "read_only" ? "read_only" : "open",
    newestMs: typeof row[4] === "number" ? row[4] : null,
    sqlite: String(row[5]),
    format: Number(row[6]),
    keys: Number(row[7]),
    valueBytes: Number(row[8]),
    namespaces: Number(row[9]),
    state: String(row[10]),
  };
}

/** Bytes of the database file; 0 where the server does not say. */
export function readSize(db: Db): number {
  try {
    return Number(db.all(sizeSql)[0]?.[0] ?? 0);
  } catch (error) {
    // A size that cannot be read is shown as 0; nothing depends on it.
    if (error instanceof StoreFault) return 0;
    throw error;
  }
}

function settingFromRow(row: SqlRow): Setting {
  return {
    key: String(row[0]),
    json: String(row[1]),
    revision: Number(row[2]),
    lineage: String(row[3]),
    modifiedMs: Number(row[4]),
    keys: Number(row[5] ?? 0),
    bytes: Number(row[6] ?? 0),
  };
}
