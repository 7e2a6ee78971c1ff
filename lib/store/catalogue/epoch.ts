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
  /** The last revision that the other branch certainly has as we do; null when nobody else writes under our lineage. */
  readonly sharedRevision: number | null;
  /** A lineage for what we committed after that under a name that the other branch uses too. */
  readonly tailLineage: string;
  /** The highest epoch that the bucket speaks of. */
  readonly claimedEpoch: number;
  /** A life in that epoch, for the next commit to open. */
  begin(epoch: number): NewEpoch;
  /** Lineages that the new one lets be in the bucket. */
  readonly ignored: { readonly target: string; readonly others: readonly string[] };
}

export interface Adopted extends NewEpoch {
  /** The last revision that every branch certainly shares. */
  readonly sharedRevision: number;
}

/**
 * This store goes on as a history of its own: what it holds above the shared revision gets a lineage of its own,
 * and the next commit opens a new epoch. So every ETag and cursor of the ambiguous stretch stops matching, here
 * and there. Also opens a store that was stopped or sealed. One transaction, in which the epochs are chosen: while the
 * bucket was asked, others may have committed, or adopted it too.
 */
export function adoptHistory(db: Db, adoption: Adoption): Adopted {
  const { tailLineage, claimedEpoch, begin, ignored } = adoption;
  return inTransaction(db, () => {
    const { lineage, revision, firstRevision, epoch, pendingEpoch } = onlyOf(db, placeSql);
    const isShared = adoption.sharedRevision !== null;
    const sharedRevision = adoption.sharedRevision ?? revision;
    let newest = Math.max(epoch, pendingEpoch ?? 0, claimedEpoch);
    if (revision > sharedRevision && sharedRevision < firstRevision) {
      // Nothing of this life is shared: all of it is the tail.
      db.all(renameLineageSql, [tailLineage, lineage]);
      db.all(renameStoreSql, [tailLineage]);
    } else if (revision > sharedRevision) {
      newest += 1;
      db.all(insertLineageSql, [newest, tailLineage, sharedRevision + 1, lineage, sharedRevision]);
      db.all(moveStoreSql, [tailLineage, newest, sharedRevision + 1]);
    }
    const pending = begin(newest + 1);
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
        others: [...new Set([...ignored.others, lineage])].filter((other) => other !== mine),
      });
    dropUnfinished(db);
    return { sharedRevision, ...pending };
  });
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
