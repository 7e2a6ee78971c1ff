/** What the server says about backups, as people see it. */
import type { BackupStatus, RestorePoint } from "../../../lib/api/backup-answers.ts";
import { findingWords } from "../../../lib/backup/histories/finding.ts";

export function snapshotRows(snapshots: readonly RestorePoint[]): string[][] {
  return snapshots.map(({ revision, made, proof, damaged, lineage, run, removableFrom }) => [
    String(revision),
    made,
    damaged === null ? (proof ?? "not yet") : "damaged",
    `--branch ${lineage.slice(0, 8)}@${run.slice(0, 8)}`,
    removableFrom ?? "",
  ]);
}

/** One line for what is well, and for what is not the command that mends it. */
export function statusRows(status: BackupStatus): string[][] {
  const at = (revision: number | null, time: string | null) =>
    revision === null ? "nothing yet" : `revision ${revision}, ${time}`;
  const rows = [
    ["state", stateLine(status)],
    ["exported", damagedLine(status) ?? at(status.exportedRevision, status.exportedAt)],
    ["behind", `${status.behindRevisions} revisions, ${status.behindSeconds} s`],
    ["proven", at(status.provenRevision, status.provenAt)],
    ["replayed", at(status.replayedRevision, status.replayedAt)],
    ["oldest read", status.oldestReadAt ?? "nothing yet"],
    ["restore points", pointsLine(status)],
  ];
  if (status.scrub !== null)
    rows.push([
      "live store",
      status.scrub.faults === 0
        ? `agrees with its history, ${status.scrub.at}`
        : `${status.scrub.faults} rows disagree with their history: restore the last proven revision beside it and compare (docs/recovery.md)`,
    ]);
  if (status.history !== null)
    rows.push([
      "history",
      status.history.faults === 0
        ? status.history.at === null
          ? "not compared yet with what was exported"
          : `is what was exported, ${status.history.at}`
        : `${status.history.first ?? "differs from what was exported"}: restore that revision beside it and compare (docs/recovery.md)`,
    ]);
  if (status.openPurges > 0) rows.push(["purges", `${status.openPurges} not yet gone from the bucket`]);
  if (status.sealedRevision !== null) rows.push(["sealed", `at revision ${status.sealedRevision}`]);
  if (status.lastError !== null)
    rows.push(["last error", `${status.lastError.code}, ${status.lastError.at}: ${status.lastError.detail}`]);
  return rows;
}

function pointsLine({ points, damagedPoints, doomedObjects }: BackupStatus): string {
  const damaged = damagedPoints === 0 ? "" : ` (${damagedPoints} of them damaged: \`ledge backup ls\`)`;
  return `${points}${damaged}, ${doomedObjects} objects wait for removal`;
}

/** Where all that was exported is damaged, so that none of it counts; undefined elsewhere. */
export function damagedLine({
  exportedRevision,
  damagedPoints,
}: Pick<BackupStatus, "exportedRevision" | "damagedPoints">): string | undefined {
  return exportedRevision === null && damagedPoints > 0
    ? "what the bucket holds is damaged, and the next run writes it anew"
    : undefined;
}

/** Why exporting has stopped, and what to do, as a run is refused. */
export function stoppedLine({ state, finding }: Pick<BackupStatus, "state" | "finding">): string {
  const { what, advice } = findingWords(finding?.cause ?? state);
  return `exporting has stopped: ${what}. ${advice}`;
}

function stateLine({ state, finding }: BackupStatus): string {
  switch (state) {
    case "fork":
      return `fork (${finding?.cause ?? "unknown"}): ${stoppedLine({ state, finding })}`;
    case "foreign":
      return `foreign: ${stoppedLine({ state, finding })}`;
    case "not_set":
      return "not set: nothing is backed up (docs/settings.md, bucket_name)";
    case "behind":
      return "behind: `ledge backup run`";
    case "restored":
      return "restored: all of it came from a bucket, and the first write is what the next backup takes";
    default:
      return state;
  }
}
