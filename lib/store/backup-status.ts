/**
 * How backups stand: what the exporter last found and did, and how far the bucket is behind the store.
 * Promise: reading it asks the bucket nothing and writes nothing.
 */
import { formatTime } from "../core/time.ts";
import type { Lease } from "./backup-lease.ts";
import { underLease } from "./backup-lease.ts";
import type { Db } from "./driver.ts";

export type BackupState = "ok" | "not_set" | "behind" | "failing" | "fork" | "foreign";

export interface BackupStatus {
  readonly state: BackupState;
  readonly exportedRevision: number | null;
  readonly exportedAt: string | null;
  readonly provenRevision: number | null;
  readonly provenAt: string | null;
  readonly behindRevisions: number;
  readonly behindSeconds: number;
  readonly lastError: { readonly code: string; readonly detail: string; readonly at: string } | null;
}

/** A commit that has waited longer than this for the bucket makes the state `behind`. */
const BEHIND_SECONDS = 300;

/** What `/v1/backup/status` and the member `backup` of `/v1/admin/status` show. `bucketSet`: is a bucket set. */
export function readBackupStatus(db: Db, nowMs: number, bucketSet: boolean): BackupStatus {
  const [row] = db.all(
    `select b.exported_revision, b.exported_ms, b.finding, b.finding_detail, b.error_code, b.error_detail, b.error_ms,
      b.proven_revision, b.proven_ms, b.looked_ms,
      (select count(*) from commits m where m.revision>coalesce(b.exported_revision,0)),
      (select m.time_ms from commits m where m.revision>coalesce(b.exported_revision,0) order by m.revision limit 1)
    from (select x.*, case when x.manifest is not null and x.lineage in (select lineage from lineage) then x.revision end
      as exported_revision from backup x where x.id=1) b`,
  );
  if (row === undefined) throw new Error("the store has no row for backups");
  const behindRevisions = Number(row[10]);
  const oldestMs = row[11];
  const behindSeconds = typeof oldestMs === "number" ? Math.max(0, Math.floor((nowMs - oldestMs) / 1000)) : 0;
  const finding = row[2] === "fork" || row[2] === "foreign" ? row[2] : undefined;
  const lastError =
    row[4] === null
      ? finding === undefined
        ? null
        : {
            code: finding === "fork" ? "fork" : "bucket_foreign",
            detail: String(row[3]),
            at: formatTime(Number(row[9])),
          }
      : { code: String(row[4]), detail: String(row[5]), at: formatTime(Number(row[6])) };
  const failing = row[4] !== null;
  return {
    state: !bucketSet
      ? "not_set"
      : (finding ?? (failing ? "failing" : behindSeconds > BEHIND_SECONDS ? "behind" : "ok")),
    exportedRevision: numberOrNull(row[0]),
    exportedAt: row[0] === null ? null : formatTime(Number(row[1])),
    provenRevision: numberOrNull(row[7]),
    provenAt: row[8] === null ? null : formatTime(Number(row[8])),
    behindRevisions,
    behindSeconds,
    lastError,
  };
}

/** What a look at the bucket found: nothing, or why exporting has stopped. */
export function recordLook(
  db: Db,
  lease: Lease,
  {
    nowMs,
    finding,
  }: { nowMs: number; finding: { kind: "fork" | "foreign"; detail: string; data: unknown } | undefined },
): void {
  underLease(db, lease, () =>
    db.all("update backup set looked_ms=?1, finding=?2, finding_detail=?3, finding_data=?4 where id=1", [
      nowMs,
      finding?.kind ?? null,
      finding?.detail ?? null,
      finding === undefined ? null : JSON.stringify(finding.data),
    ]),
  );
}

/** When the bucket was last looked at for others. */
export function readLookedMs(db: Db): number {
  return Number(db.all("select looked_ms from backup where id=1")[0]?.[0] ?? 0);
}

/** The newest revision that a proof stands for. */
export function readProvenRevision(db: Db): number | null {
  return numberOrNull(db.all("select proven_revision from backup where id=1")[0]?.[0]);
}

/** When pruning last came to its end. */
export function readPrunedMs(db: Db): number {
  return Number(db.all("select pruned_ms from backup where id=1")[0]?.[0] ?? 0);
}

export function recordPruned(db: Db, lease: Lease, nowMs: number): void {
  underLease(db, lease, () => db.all("update backup set pruned_ms=?1 where id=1", [nowMs]));
}

export function recordBackupError(
  db: Db,
  { nowMs, code, detail }: { nowMs: number; code: string; detail: string },
): void {
  db.all("update backup set error_code=?1, error_detail=?2, error_ms=?3 where id=1", [
    code,
    detail.slice(0, 500),
    nowMs,
  ]);
}

export function clearBackupError(db: Db): void {
  db.all(
    "update backup set error_code=null, error_detail=null, error_ms=null where id=1 and error_code is not null",
  );
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
