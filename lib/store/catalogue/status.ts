/**
 * How backups stand: what the exporter last found and did, and how far the bucket is behind the store.
 * Promise: reading it asks the bucket nothing and writes nothing.
 */
import type { BackupStatus } from "../../api/backup-answers.ts";
import { formatTime } from "../../core/time.ts";
import type { Db, SqlValue } from "../sqlite/driver.ts";
import type { Lease } from "./lease.ts";
import { underLease } from "./lease.ts";
import { countOpenPurges } from "./purge.ts";

/** A commit that has waited longer than this for the bucket makes the state `behind`. */
const BEHIND_SECONDS = 300;

/** What `/v1/backup/status` and the member `backup` of `/v1/admin/status` show. `bucketSet`: is a bucket set. */
export function readBackupStatus(db: Db, nowMs: number, bucketSet: boolean): BackupStatus {
  const row = readRow(db);
  const oldestMs = row("oldest_waiting_ms");
  const behindSeconds = typeof oldestMs === "number" ? Math.max(0, Math.floor((nowMs - oldestMs) / 1000)) : 0;
  const lastError = errorOf(row);
  const scrubbedAt = timeOrNull(row("scrubbed_ms"));
  const kind = row("finding");
  const finding = kind === "fork" || kind === "foreign" ? kind : undefined;
  const failing = row("error_code") !== null || Number(row("scrub_faults") ?? 0) > 0;
  return {
    state: !bucketSet
      ? "not_set"
      : (finding ?? (failing ? "failing" : behindSeconds > BEHIND_SECONDS ? "behind" : "ok")),
    exportedRevision: numberOrNull(row("exported_revision")),
    exportedAt: row("exported_revision") === null ? null : timeOrNull(row("exported_ms")),
    provenRevision: numberOrNull(row("proven_revision")),
    provenAt: timeOrNull(row("proven_ms")),
    replayedRevision: numberOrNull(row("replayed_revision")),
    replayedAt: timeOrNull(row("replayed_ms")),
    oldestReadAt: row("exported_revision") === null ? null : timeOrNull(readOldestRead(db, row)),
    behindRevisions: Number(row("behind")),
    behindSeconds,
    points: Number(row("points")),
    doomedObjects: Number(row("doomed")),
    openPurges: countOpenPurges(db),
    scrub: scrubbedAt === null ? null : { at: scrubbedAt, faults: Number(row("scrub_faults") ?? 0) },
    sealedRevision: numberOrNull(row("sealed_revision")),
    finding: findingOf(row),
    lastError,
  };
}

const COLUMNS = [
  "exported_ms",
  "finding",
  "finding_detail",
  "finding_data",
  "error_code",
  "error_detail",
  "error_ms",
  "proven_revision",
  "proven_ms",
  "replayed_revision",
  "replayed_ms",
  "scrubbed_ms",
  "scrub_faults",
  "sealed_revision",
  "looked_ms",
  "target",
  "lineage",
] as const;
/** What is not a column of its own; `b` has the row, with the revision only while it is about this history. */
const COUNTED = {
  exported_revision: "b.exported_revision",
  objects: "case when b.exported_revision is not null then b.objects end",
  behind: "(select count(*) from commits m where m.revision>coalesce(b.exported_revision,0))",
  oldest_waiting_ms:
    "(select m.time_ms from commits m where m.revision>coalesce(b.exported_revision,0) order by m.revision limit 1)",
  points: `(select count(*) from backup_run r where r.target=b.target and r.lineage=b.lineage and r.state='complete'
    and r.manifest is not null and r.removed_ms is null)`,
  doomed: "(select count(*) from backup_object o where o.doomed_ms is not null)",
} as const;

type Name = (typeof COLUMNS)[number] | keyof typeof COUNTED;
/** The row, a cell by its name. */
type Row = (name: Name) => SqlValue;

function readRow(db: Db): Row {
  const names: readonly string[] = [...COLUMNS, ...Object.keys(COUNTED)];
  const columns = [...COLUMNS.map((name) => `b.${name}`), ...Object.values(COUNTED)];
  const [found] = db.all(
    `select ${columns.join(", ")} from (select x.*, case when x.manifest is not null and x.lineage in
      (select lineage from lineage) then x.revision end as exported_revision from backup x where x.id=1) b`,
  );
  if (found === undefined) throw new Error("the store has no row for backups");
  return (name) => found[names.indexOf(name)] ?? null;
}

/** The object of the newest snapshot, or part of its base, whose last reading lies furthest back. */
function readOldestRead(db: Db, row: Row): SqlValue {
  const [found] = db.all(
    `select min(coalesce(o.read_ms, o.written_ms)) from backup_object o where
      o.name in (select value->>'name' from json_each(?1)) or o.lineage=?2 and o.kind like 'base-%' and o.revision in
      (select value->>'revision' from json_each(?1) where value->>'kind'='base')`,
    [String(row("objects") ?? "[]"), row("lineage")],
  );
  return found?.[0] ?? null;
}

function errorOf(row: Row): BackupStatus["lastError"] {
  if (row("error_code") !== null) {
    return {
      code: String(row("error_code")),
      detail: String(row("error_detail")),
      at: formatTime(Number(row("error_ms"))),
    };
  }
  if (row("finding") === null) return null;
  const code = row("finding") === "fork" ? "fork" : "bucket_foreign";
  return { code, detail: String(row("finding_detail")), at: formatTime(Number(row("looked_ms"))) };
}

function findingOf(row: Row): BackupStatus["finding"] {
  if (row("finding") === null) return null;
  const data: { cause?: unknown; lineages?: unknown } = JSON.parse(String(row("finding_data") ?? "{}"));
  const lineages = Array.isArray(data.lineages) ? data.lineages.map(String) : [];
  return { cause: String(data.cause ?? row("finding")), lineages };
}

function timeOrNull(value: SqlValue): string | null {
  return typeof value === "number" ? formatTime(value) : null;
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

/** A person has decided; the next look judges anew. */
export function clearFinding(db: Db): void {
  db.all("update backup set finding=null, finding_detail=null, finding_data=null, looked_ms=0 where id=1");
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
