/**
 * On which day each token was last used: one row of `operation`, which hosts write that notice it, and nobody else. It is
 * in a file of its own, since components that only write documents carry rows.ts.
 */
import * as z from "zod/mini";
import type { Db } from "../sqlite/driver.ts";
import { rowsOf } from "../sqlite/statement.ts";
import { inTransaction } from "../sqlite/transaction.ts";
import { findRow, putRow, row } from "./operation.ts";
import { usedSql } from "./used.sql.ts";

/** Days (2026-11-29) by accessor. */
export type UsedDays = Readonly<Record<string, string>>;

const USED = row("tokens-used", z.record(z.string(), z.string()));

/** What was noticed last goes before what stands there. Throws StoreFault. */
export function noteUsed(db: Db, days: UsedDays): void {
  inTransaction(db, () => putRow(db, USED, { ...findRow(db, USED), ...days }));
}

/** Of some tokens, by accessor; those of which nothing is known are left out. Throws StoreFault. */
export function readUsed(db: Db, accessors: readonly string[]): ReadonlyMap<string, string> {
  const rows = rowsOf(db, usedSql, [JSON.stringify(accessors)]);
  return new Map(rows.map(({ accessor, day }) => [accessor, day]));
}
