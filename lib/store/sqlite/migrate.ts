/**
 * Brings a store up to this code's format, one statement at a time, safely when two do it at once: each
 * migration runs inside BEGIN IMMEDIATE and looks again, once it holds the lock, whether it is still due.
 */
import { type Db, faultKind, StoreFault } from "./driver.ts";
import { inTransaction } from "./transaction.ts";

export interface Migration {
  /** The store's format once it is applied; its last statement writes it to `store.format`. */
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

export type MigrateOutcome =
  | { ok: true; format: number }
  | { ok: false; code: "store_newer"; format: number };

/** The store's format; 0 when there is no store yet. Throws StoreFault. */
export function readFormat(db: Db): number {
  try {
    return Number(db.all("select format from store")[0]?.[0] ?? 0);
  } catch (error) {
    if (error instanceof StoreFault && faultKind(error) === "no_table") return 0;
    throw error;
  }
}

/** Applies what is missing of `migrations` (ascending versions). Refuses a store newer than the code. */
export function migrate(db: Db, migrations: readonly Migration[]): MigrateOutcome {
  const newest = migrations.at(-1)?.version ?? 0;
  for (const migration of migrations) {
    if (readFormat(db) < migration.version) apply(db, migration);
  }
  const format = readFormat(db);
  return format > newest ? { ok: false, code: "store_newer", format } : { ok: true, format };
}

function apply(db: Db, migration: Migration): void {
  inTransaction(db, () => {
    if (readFormat(db) >= migration.version) return;
    for (const statement of migration.statements) db.all(statement);
  });
}
