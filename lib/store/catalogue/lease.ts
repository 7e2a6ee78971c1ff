/**
 * The exporter's lease: one row with a generation. Promise: two exporters never both write the catalogue,
 * because every write names the generation it was made under; the clock only decides when to stop waiting
 * for an exporter that died. Nobody's clock but this store's host is asked, and a clock that was ahead once holds up
 * nobody: an end that lies further ahead than `latestEnd` counts as over.
 */

import type { Db } from "../sqlite/driver.ts";
import { firstOf } from "../sqlite/statement.ts";
import { inTransaction } from "../sqlite/transaction.ts";
import { acquireSql, generationSql, leaseSql, moveEndSql } from "./lease.sql.ts";

/** The lease was taken by another while this exporter slept: it must change nothing any more. */
export class LeaseLost extends Error {
  constructor() {
    super("another exporter has taken over");
    this.name = "LeaseLost";
  }
}

/** How long a lease lasts without being renewed. */
export const LEASE_MS = 120_000;
/** The clock was read before the store was, and another exporter may have taken or renewed its lease in between. */
const READ_LATE_MS = 60_000;

/** The latest end that a lease can have for somebody who read the clock at `nowMs`; a later one is a wrong clock's. */
export function latestEnd(nowMs: number): number {
  return nowMs + LEASE_MS + READ_LATE_MS;
}

export interface Lease {
  readonly generation: number;
}

/** Takes the lease if it is free or has run out. Undefined when another exporter holds it. */
export function acquireLease(
  db: Db,
  { nowMs, untilMs }: { nowMs: number; untilMs: number },
): Lease | undefined {
  return firstOf(db, acquireSql, [nowMs, untilMs, latestEnd(nowMs)]);
}

export interface LeaseState {
  /** An exporter is at work. */
  readonly held: boolean;
  /** When the last holder's time passed, where it let it pass: one that ends by itself gives the lease back. */
  readonly leftMs: number | undefined;
}

/** How the lease stands now. */
export function readLease(db: Db, nowMs: number): LeaseState {
  const row = firstOf(db, leaseSql, [nowMs, latestEnd(nowMs)]);
  const leftMs = row?.left === 1 ? Math.min(row.untilMs, nowMs) : undefined;
  return { held: row?.held === 1, leftMs };
}

/** Gives the lease back; does nothing when it has been lost already. */
export function releaseLease(db: Db, lease: Lease): void {
  moveEnd(db, lease, 0);
}

/** The catalogue as an exporter holds it: what it writes counts only while its lease is its own. */
export interface Catalogue {
  readonly generation: number;
  /** Runs statements in one transaction, if the lease is ours. Throws LeaseLost. */
  write<T>(work: (db: Db) => T): T;
  /** Keeps the lease for longer. Throws LeaseLost. */
  renew(untilMs: number): void;
}

/** Opens the catalogue of a store for as long as a lease lasts; its functions take it in place of the two. */
export function openCatalogue(db: Db, lease: Lease): Catalogue {
  return {
    generation: lease.generation,
    write: (work) =>
      inTransaction(db, () => {
        if (firstOf(db, generationSql)?.generation !== lease.generation) throw new LeaseLost();
        return work(db);
      }),
    renew(untilMs) {
      if (!moveEnd(db, lease, untilMs)) throw new LeaseLost();
    },
  };
}

/** False when the lease is no longer ours; then nothing has changed. */
function moveEnd(db: Db, { generation }: Lease, untilMs: number): boolean {
  return firstOf(db, moveEndSql, [generation, untilMs]) !== undefined;
}
