/**
 * How backups stand: what the exporter last found and did, and how far the bucket is behind the store.
 * Promise: reading it asks the bucket nothing and leaves nothing written.
 */

import * as z from "zod/mini";
import type { BackupStatus } from "../../api/backup-answers.ts";
import { formatTime } from "../../core/time.ts";
import { type Db, faultKind, StoreFault } from "../sqlite/driver.ts";
import { readDurability } from "../sqlite/durability.ts";
import { onlyOf } from "../sqlite/statement.ts";
import { inTransaction } from "../sqlite/transaction.ts";
import { readExportedStore } from "./catalogue.ts";
import { stopStore } from "./epoch.ts";
import { type Catalogue, type LeaseState, readLease } from "./lease.ts";
import { dropRow, findRow, putRow } from "./operation.ts";
import { ERROR, HISTORY, LOOK, PROVEN, PRUNED, REPLAYED, SCRUB, SEAL, type StoredFinding } from "./rows.ts";
import { backupStatusSql, oldestReadSql } from "./status.sql.ts";

/** A commit that has waited longer than this for the bucket makes the state `behind`. */
const BEHIND_MS = 300_000;

/** A run that has died notes nothing: the lease that it left behind says it, and the next run notes it. */
export const CUT_OFF = {
  code: "internal",
  detail: "The last run ended without an answer: it trapped, or it was cut off for its time or its memory.",
} as const;

/** A full disk takes no note of the run that it made fail: the status finds out itself. */
export const STORE_FULL = {
  code: "storage_full",
  detail: "The store cannot grow: free space for the exporter's notes.",
} as const;

/** What `/v1/backup/status` and the member `backup` of `/v1/admin/status` show. `bucketSet`: is a bucket set. */
export function readBackupStatus(db: Db, nowMs: number, bucketSet: boolean): BackupStatus {
  const { rows, exported, counts } = readRows(db);
  const { look, proven, replayed, scrub, seal } = rows;
  const history = historyOf(rows);
  const restored = isAsRestored(db);
  const waits = bucketSet && !restored && counts.behind > 0;
  const lastError = lastErrorOf(rows, readLease(db, nowMs)) ?? (waits ? fullNow(db, nowMs) : null);
  const failing = lastError !== null || (scrub?.faults ?? 0) + (history?.faults ?? 0) > 0;
  const behindMs = restored ? 0 : behindMsOf(nowMs, { ...counts, exportedMs: exported?.atMs });
  const reached = restored ? "restored" : behindMs > BEHIND_MS ? "behind" : "ok";
  return {
    state: !bucketSet ? "not_set" : (look?.finding?.kind ?? (failing ? "failing" : reached)),
    exportedRevision: exported?.revision ?? null,
    exportedAt: timeOrNull(exported?.atMs),
    provenRevision: proven?.revision ?? null,
    provenAt: timeOrNull(proven?.atMs),
    replayedRevision: replayed?.revision ?? null,
    replayedAt: timeOrNull(replayed?.atMs),
    oldestReadAt: exported === undefined ? null : timeOrNull(readOldestRead(db, exported)),
    behindRevisions: restored ? 0 : counts.behind,
    behindSeconds: Number.isFinite(behindMs) ? Math.floor(behindMs / 1000) : 0,
    points: counts.points,
    damagedPoints: counts.damagedPoints,
    doomedObjects: counts.doomed,
    openPurges: counts.openPurges,
    scrub: scrub === undefined ? null : { at: formatTime(scrub.atMs), faults: scrub.faults },
    history,
    sealedRevision: seal?.revision ?? null,
    finding: look?.finding?.data ?? null,
    lastError,
  };
}

/** A restored store is its source until its first commit, and exports nothing: all that it has came from the bucket. */
function isAsRestored(db: Db): boolean {
  const { pending, adopted, revision } = readExportedStore(db);
  return pending && !adopted && revision > 0;
}

interface Waiting {
  readonly oldestWaitingMs: number | null;
  /** When something was last exported. */
  readonly exportedMs: number | undefined;
}

/**
 * How long the bucket has been behind: since the oldest commit that waits, or, where a wrong clock made that, since
 * something was last exported. Infinity where no clock tells it.
 */
function behindMsOf(nowMs: number, { oldestWaitingMs, exportedMs }: Waiting): number {
  if (oldestWaitingMs === null) return 0;
  const sinceMs = [oldestWaitingMs, exportedMs].find((ms) => ms !== undefined && ms <= nowMs + BEHIND_MS);
  return sinceMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - sinceMs);
}

/** Rows of `operation` by their names, as far as they are there. */
const StatusRows = z.strictObject({
  look: z.optional(LOOK.schema),
  error: z.optional(ERROR.schema),
  proven: z.optional(PROVEN.schema),
  replayed: z.optional(REPLAYED.schema),
  scrub: z.optional(SCRUB.schema),
  history: z.optional(HISTORY.schema),
  seal: z.optional(SEAL.schema),
});
type StatusRows = z.infer<typeof StatusRows>;

interface ExportedPosition {
  readonly revision: number;
  readonly atMs: number;
  readonly lineage: string;
  /** JSON of the list of objects. */
  readonly objects: string;
}

interface Counts {
  readonly behind: number;
  readonly oldestWaitingMs: number | null;
  readonly points: number;
  readonly damagedPoints: number;
  readonly doomed: number;
  readonly openPurges: number;
}

function readRows(db: Db): { rows: StatusRows; exported: ExportedPosition | undefined; counts: Counts } {
  const { rows, revision, atMs, lineage, objects, ...counts } = onlyOf(db, backupStatusSql);
  return {
    rows: StatusRows.parse(JSON.parse(rows)),
    exported:
      typeof revision === "number"
        ? { revision, atMs: Number(atMs), lineage: String(lineage), objects: String(objects) }
        : undefined,
    counts,
  };
}

/** The object of the newest snapshot, or part of its base, whose last reading lies furthest back. */
function readOldestRead(db: Db, { objects, lineage }: ExportedPosition): number | null {
  return onlyOf(db, oldestReadSql, [objects, lineage]).atMs;
}

function lastErrorOf({ error, look }: StatusRows, { leftMs }: LeaseState): BackupStatus["lastError"] {
  if (error !== undefined) return { code: error.code, detail: error.detail, at: formatTime(error.atMs) };
  if (leftMs !== undefined) return { ...CUT_OFF, at: formatTime(leftMs) };
  if (look?.finding === undefined) return null;
  const { kind, detail } = look.finding;
  return { code: kind === "fork" ? "fork" : "bucket_foreign", detail, at: formatTime(look.atMs) };
}

/** Where something waits for the bucket: whether an exporter could note anything, by a note that is taken back. */
function fullNow(db: Db, nowMs: number): BackupStatus["lastError"] {
  try {
    const { journal, onServer } = readDurability(db);
    return inTransaction(db, () => {
      putRow(db, ERROR, { ...STORE_FULL, atMs: nowMs });
      // In WAL nothing reaches the disk before the commit, so there it is made, without the row.
      if (journal !== "wal" || onServer) throw new TakenBack();
      dropRow(db, ERROR);
      return null;
    });
  } catch (error) {
    if (error instanceof TakenBack) return null;
    if (!(error instanceof StoreFault)) throw error;
    // A store that is busy, or fails in another way, tells whoever writes.
    return faultKind(error) === "full" ? { ...STORE_FULL, at: formatTime(nowMs) } : null;
  }
}

class TakenBack extends Error {}

/** A fault counts as soon as it is found, and until a scrub has come to its end without one. */
function historyOf({ history }: StatusRows): BackupStatus["history"] {
  if (history === undefined) return null;
  const { faults, first, doneMs, doneFaults, doneFirst } = history;
  return {
    at: doneMs === 0 ? null : formatTime(doneMs),
    faults: Math.max(faults, doneFaults),
    first: first ?? doneFirst,
  };
}

function timeOrNull(value: number | null | undefined): string | null {
  return typeof value === "number" ? formatTime(value) : null;
}

/** What a look at the bucket found: nothing, or why exporting has stopped. */
export function recordLook(
  catalogue: Catalogue,
  { nowMs, finding }: { nowMs: number; finding: StoredFinding | undefined },
): void {
  catalogue.write((db) => putRow(db, LOOK, { atMs: nowMs, ...(finding === undefined ? {} : { finding }) }));
}

/** Stops a store for what a look found outside of an export. One transaction. */
export function stopWith(db: Db, { nowMs, finding }: { nowMs: number; finding: StoredFinding }): void {
  inTransaction(db, () => {
    stopStore(db);
    putRow(db, LOOK, { atMs: nowMs, finding });
  });
}

/** A person has decided; the next look judges anew. */
export function clearFinding(db: Db): void {
  dropRow(db, LOOK);
}

/** When the bucket was last looked at for others. */
export function readLookedMs(db: Db): number {
  return findRow(db, LOOK)?.atMs ?? 0;
}

/** The newest revision that a proof stands for. */
export function readProvenRevision(db: Db): number | null {
  return findRow(db, PROVEN)?.revision ?? null;
}

/** When pruning last came to its end. */
export function readPrunedMs(db: Db): number {
  return findRow(db, PRUNED)?.atMs ?? 0;
}

export function recordPruned(catalogue: Catalogue, nowMs: number): void {
  catalogue.write((db) => putRow(db, PRUNED, { atMs: nowMs }));
}

export function recordBackupError(
  db: Db,
  { nowMs, code, detail }: { nowMs: number; code: string; detail: string },
): void {
  putRow(db, ERROR, { code, detail: detail.slice(0, 500), atMs: nowMs });
}

export function clearBackupError(db: Db): void {
  dropRow(db, ERROR);
}
