/**
 * Documents of `_system` and `_auth` as administration reads them, and the store's own condition. The only
 * reader of `_auth` besides the look at a caller's own token.
 */

import type { StoreMode } from "../../core/settings.ts";
import { type Db, StoreFault } from "../sqlite/driver.ts";
import { firstOf, onlyOf, rowsOf } from "../sqlite/statement.ts";
import { descendantsSql, quotaUseSql, settingSql, settingsSql, sizeSql, statusSql } from "./settings.sql.ts";

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

type SettingRow = NonNullable<(typeof settingSql)["row"]>;

export type ReservedNamespace = "_system" | "_auth";

/** Throws StoreFault. */
export function findSetting(db: Db, namespace: ReservedNamespace, key: string): Setting | undefined {
  const row = firstOf(db, settingSql, [namespace, key]);
  return row === undefined ? undefined : settingFromRow(row);
}

/** A page in the order of keys. Throws StoreFault. */
export function listSettings(
  db: Db,
  namespace: ReservedNamespace,
  { prefix, after, limit }: { prefix: string; after: string; limit: number },
): Setting[] {
  return rowsOf(db, settingsSql, [namespace, prefix, after, limit]).map(settingFromRow);
}

/** Living tokens that a token made, and those that they made, revoked ones in between or not. Throws StoreFault. */
export function listLivingDescendants(db: Db, accessor: string, nowMs: number): Setting[] {
  return rowsOf(db, descendantsSql, [accessor, nowMs]).map(settingFromRow);
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
  const { mode, ...status } = onlyOf(db, statusSql);
  return { ...status, mode: mode === "read_only" ? "read_only" : "open" };
}

/** The largest share of its quota that a namespace uses, from 0; null without a namespace. Throws StoreFault. */
export function readQuotaUse(db: Db): number | null {
  const { perMille } = onlyOf(db, quotaUseSql);
  return perMille === null ? null : perMille / 1000;
}

/** Bytes of the database file; 0 where the server does not say. */
export function readSize(db: Db): number {
  try {
    return firstOf(db, sizeSql)?.bytes ?? 0;
  } catch (error) {
    // A size that cannot be read is shown as 0; nothing depends on it.
    if (error instanceof StoreFault) return 0;
    throw error;
  }
}

function settingFromRow({ keys, bytes, ...row }: SettingRow): Setting {
  return { ...row, keys: keys ?? 0, bytes: bytes ?? 0 };
}
