/**
 * Whether a 2xx on a write would survive a power cut: asked of the connection before each write, not assumed.
 * The pragmas are read as tables, so that one host call answers and nothing is changed.
 *
 * A commit with a rollback journal ends when the journal is unlinked. At synchronous FULL SQLite does not sync the
 * folder after that, so a power cut within seconds may bring the journal back, and it rolls the commit back; at EXTRA
 * it does (sqlite.org/pragma.html#pragma_synchronous). FULL is what a connection has on Spin, and what is asked for
 * at least; EXTRA is set wherever the connection takes it.
 */

import { accept, type Outcome, refuse } from "../../core/refusal.ts";
import { type Db, StoreFault } from "./driver.ts";
import { durabilitySql } from "./durability.sql.ts";
import { onlyOf } from "./statement.ts";

export interface Durability {
  /** 0 off, 1 normal, 2 full, 3 extra; null where the server does not say. */
  readonly synchronous: number | null;
  readonly journal: string | null;
  /** Empty for a database in memory; null where the server does not say. */
  readonly file: string | null;
  readonly sqlite: string | null;
  /** A libSQL server holds the file, in WAL, and takes no pragma that would raise `synchronous`. */
  readonly onServer: boolean;
}

type DurabilityRow = NonNullable<(typeof durabilitySql)["row"]>;

export const FULL = 2;
export const EXTRA = 3;

/** From the columns of `durabilityColumns`. */
export function durabilityFromRow(row: DurabilityRow): Durability {
  const { synchronous, journal, file, sqlite, onServer } = row;
  return { synchronous, journal, file, sqlite, onServer: onServer === 1 };
}

/** How this connection writes. Throws StoreFault. */
export function readDurability(db: Db): Durability {
  return durabilityFromRow(onlyOf(db, durabilitySql));
}

/** Refuses a store whose writes may be lost, unless a setting accepts that. Throws StoreFault. */
export function requireDurable(
  db: Db,
  { acceptWeak }: { acceptWeak: boolean },
): Outcome<Durability, "store_in_memory" | "not_durable"> {
  // Whoever accepts the loss is not asked to wait for a server that will not be raised.
  return judgeDurability(acceptWeak ? readDurability(db) : raiseDurability(db), { acceptWeak });
}

/** The same of a connection that was looked at already. Refuses `store_in_memory` and `not_durable`. */
export function judgeDurability(
  found: Durability,
  { acceptWeak }: { acceptWeak: boolean },
): Outcome<Durability, "store_in_memory" | "not_durable"> {
  if (found.file === "" && found.journal === "memory") {
    return refuse("store_in_memory", "Give the server a state directory, so that the store is a file.");
  }
  if (acceptWeak) return accept(found);
  if (hasWalReset(found)) {
    return refuse(
      "not_durable",
      `The store file is in WAL mode, in which SQLite ${found.sqlite} can lose commits (the WAL-reset bug, mended in 3.51.3). Open it once with the ledge command, which puts it back to a rollback journal.`,
    );
  }
  if (isFull(found)) return accept(found);
  if (found.onServer) {
    return refuse(
      "not_durable",
      "The libSQL server does not sync each commit (synchronous is below FULL), so a power cut there can lose the last ones. Set its durability_mode to strong, or accept the loss with the setting accept_weak_durability.",
    );
  }
  return refuse(
    "not_durable",
    "The store's synchronous setting is below FULL and cannot be raised. Make the server durable, or accept the loss with the setting accept_weak_durability.",
  );
}

function isFull({ synchronous, journal }: Durability): boolean {
  return synchronous !== null && synchronous >= FULL && journal !== "off" && journal !== "memory";
}

/** WAL on SQLite 3.7.0 to 3.51.2: two connections can lose a commit when one resets the log. */
function hasWalReset({ journal, sqlite, onServer }: Durability): boolean {
  // A server's file is its own to write; what it was built from is for its operator to know.
  return journal === "wal" && sqlite !== null && !onServer && !isWalSafe(sqlite);
}

/** Whether a version of SQLite has the WAL-reset bug mended. */
export function isWalSafe(sqlite: string): boolean {
  const [major = 0, minor = 0, patch = 0] = sqlite.split(".").map(Number);
  return major * 1_000_000 + minor * 1000 + patch >= 3_051_003;
}

/** How this connection writes from now on: as safely as it can be made to. Throws StoreFault. */
export function raiseDurability(db: Db): Durability {
  askExtra(db);
  return readDurability(db);
}

/** Asks for EXTRA; SQLite takes it only outside a transaction. Whether it took shows when it is read back. */
export function askExtra(db: Db): void {
  try {
    db.all("pragma synchronous=extra");
  } catch (error) {
    // A server that refuses the pragma stays as it is, and the reading back says so.
    if (!(error instanceof StoreFault)) throw error;
  }
}
