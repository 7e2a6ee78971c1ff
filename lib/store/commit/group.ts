/**
 * Group commit: what several callers propose, in one transaction with one sync. Promise: nobody is answered before the
 * sync, refusals and repeats included, since they saw what was not yet committed; a member that is refused has changed
 * nothing; after a fault that ended the transaction no further statement runs, and every member gets that fault.
 */
import type { Proposal } from "../../core/commit/proposal.ts";
import type { CommitOutcome } from "../../core/commit/verdict.ts";
import { type Db, StoreFault } from "../sqlite/driver.ts";
import { type Durability, readDurability } from "../sqlite/durability.ts";
import { insertChangeSql, memberFactsSql, oneFactsSql } from "./commit.sql.ts";
import { type CommitOptions, type PreparedCommit, prepareCommit } from "./commit.ts";
import type { Known } from "./facts.ts";

/** The proposals of one caller: all or none. */
export interface GroupMember {
  readonly proposals: readonly Proposal[];
  readonly options: CommitOptions;
}

export type MemberResult =
  | { readonly ok: true; readonly outcomes: readonly CommitOutcome[] }
  | { readonly ok: false; readonly fault: StoreFault };

/** A database that can say whether its transaction still stands: an error may have rolled it back. */
export interface GroupDb extends Db {
  inTransaction(): boolean;
}

/**
 * Commits what the members propose. `durability` is how the connection writes, from an owner who has asked it and lets
 * nobody change it; else it is asked here. Never throws StoreFault: each member's result holds it.
 */
export function commitGroup(
  db: GroupDb,
  members: readonly GroupMember[],
  durability?: Durability,
): MemberResult[] {
  const prepared = members.map(({ proposals, options }) => prepareCommit(proposals, options));
  const results: MemberResult[] = [];
  try {
    db.all("begin immediate");
    const known = {
      durability: durability ?? readDurability(db),
      memberFactsSql,
      oneFactsSql,
      insertChangeSql,
    };
    for (const one of prepared) results.push(runMember(db, one, known));
    db.all("commit");
    return results;
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    rollBack(db);
    return members.map(() => ({ ok: false, fault: error }));
  }
}

/** One member inside its savepoint. Throws StoreFault where the whole transaction is over. */
function runMember(db: GroupDb, prepared: PreparedCommit, known: Known): MemberResult {
  if ("refused" in prepared) return { ok: true, outcomes: prepared.refused };
  db.all("savepoint member");
  try {
    const outcomes = prepared.run(db, known);
    if (outcomes.some(({ ok }) => !ok)) db.all("rollback to member");
    db.all("release member");
    return { ok: true, outcomes };
  } catch (error) {
    // SQLITE_FULL, an I/O error or lack of memory may have ended the transaction: what followed would commit by itself.
    if (!(error instanceof StoreFault) || !db.inTransaction()) throw error;
    db.all("rollback to member");
    db.all("release member");
    return { ok: false, fault: error };
  }
}

/** What failed before matters; a rollback that fails too means that SQLite already did it. */
function rollBack(db: GroupDb): void {
  if (!db.inTransaction()) return;
  try {
    db.all("rollback");
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
  }
}
