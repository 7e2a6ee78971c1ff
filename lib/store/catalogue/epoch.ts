/**
 * The store's place among histories: opening another epoch, stopping, sealing. Promise: a revision that another
 * store may have given to other content is never taken for ours again.
 */

import { insertLineageSql } from "../commit/commit.sql.ts";
import type { Db } from "../sqlite/driver.ts";
import { firstOf, onlyOf } from "../sqlite/statement.ts";
import { inTransaction } from "../sqlite/transaction.ts";
import { findPosition, ignoreLineages } from "./catalogue.ts";
import {
  dropFindingSql,
  moveStoreSql,
  openPendingSql,
  pendingEpochSql,
  placeSql,
  renameLineageSql,
  renameStoreSql,
  sealableSql,
  stopOpenSql,
  stopSql,
} from "./epoch.sql.ts";
import { addRow, dropRow, dropUnfinished, putRow } from "./operation.ts";
import { ADOPTED, SEAL } from "./rows.ts";

/** What the next commit of a store opens. */
export interface NewEpoch {
  readonly lineage: string;
  readonly epoch: number;
  readonly firstRevision: number;
}

export interface Adoption {
  /** The last revision that the other branch certainly has as we do. */
  readonly sharedRevision: number;
  /** Somebody else writes under our lineage. */
  readonly isShared: boolean;
  /** A lineage for what we committed after that under a name that the other branch uses too. */
  readonly tailLineage: string;
  /** One above the highest epoch that anything speaks of; the tail takes it where there is one. */
  readonly nextEpoch: number;
  /** What the next commit opens; its epoch is above the tail's. */
  readonly pending: NewEpoch;
  /** Lineages that the new one lets be in the bucket. */
  readonly ignored: { readonly target: string; readonly others: readonly string[] };
}

/**
 * This store goes on as a history of its own: what it holds above the shared revision gets a lineage of its own,
 * and the next commit opens a new epoch. So every ETag and cursor of the ambiguous stretch stops matching, here
 * and there. Also opens a store that was stopped or sealed. One transaction.
 */
export function adoptHistory(db: Db, adoption: Adoption): void {
  const { sharedRevision, isShared, tailLineage, nextEpoch, pending, ignored } = adoption;
  inTransaction(db, () => {
    const { lineage, revision, firstRevision } = onlyOf(db, placeSql);
    if (revision > sharedRevision && sharedRevision < firstRevision) {
      // Nothing of this life is shared: all of it is the tail.
      db.all(renameLineageSql, [tailLineage, lineage]);
      db.all(renameStoreSql, [tailLineage]);
    } else if (revision > sharedRevision) {
      db.all(insertLineageSql, [nextEpoch, tailLineage, sharedRevision + 1, lineage, sharedRevision]);
      db.all(moveStoreSql, [tailLineage, nextEpoch, sharedRevision + 1]);
    }
    db.all(openPendingSql, [pending.lineage, pending.epoch, pending.firstRevision]);
    const left = isShared || isExported(db, lineage, revision) ? null : lineage;
    const adopted = revision > sharedRevision ? tailLineage : left;
    db.all(dropFindingSql);
    dropRow(db, SEAL);
    if (adopted === null) dropRow(db, ADOPTED);
    else putRow(db, ADOPTED, { lineage: adopted });
    // With the finding gone nobody would know any more which lineages the person has decided about.
    for (const mine of adopted === null ? [pending.lineage] : [pending.lineage, adopted])
      ignoreLineages(db, {
        target: ignored.target,
        lineage: mine,
        others: ignored.others.filter((other) => other !== mine),
      });
    dropUnfinished(db);
  });
}

/** The epoch that the next commit opens; 0 when it opens none. Throws StoreFault. */
export function readPendingEpoch(db: Db): number {
  return firstOf(db, pendingEpochSql)?.pendingEpoch ?? 0;
}

/** Whether the bucket has everything up to the revision, by our own word. */
function isExported(db: Db, lineage: string, revision: number): boolean {
  const position = findPosition(db);
  return position?.lineage === lineage && position.revision === revision;
}

/** Refuses every write from now on, until the store is adopted: it must give no more numbers. */
export function stopStore(db: Db): void {
  db.all(stopOpenSql);
}

/** Seals a store that is in read-only mode, at its head. False: it is not in that mode, or a commit came between. */
export function sealStore(db: Db): boolean {
  return inTransaction(db, () => {
    const row = firstOf(db, sealableSql);
    if (row === undefined) return false;
    db.all(stopSql);
    addRow(db, SEAL, { revision: row.revision, manifest: null });
    return true;
  });
}
