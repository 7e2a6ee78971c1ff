/** What the server says about backups, as the commands read it and as people see it. */
import * as z from "zod";

const whole = z.number();
const RestorePoint = z.object({
  revision: whole,
  made: z.string(),
  lineage: z.string(),
  run: z.string(),
  manifest: z.string(),
  proof: z.string().nullable(),
  removableFrom: z.string().nullable(),
});
export type RestorePoint = z.infer<typeof RestorePoint>;
const Removed = z.object({ points: whole, objects: whole, bytes: whole });

export const BackupRun = z.looseObject({
  state: z.enum(["exported", "nothing_new", "skipped"]),
  from: whole.nullable(),
  to: whole.nullable(),
  objects: whole,
  bytes: whole,
  manifest: z.string().nullable(),
  more: z.boolean(),
  provenRevision: whole.nullable(),
  pruned: Removed,
});
export const BackupProof = z.looseObject({
  state: z.enum(["proven", "proving", "nothing", "skipped"]),
  revision: whole.nullable(),
});
export type BackupProof = z.infer<typeof BackupProof>;
export const PrunePlan = z.looseObject({
  state: z.enum(["plan", "pruned", "skipped"]),
  retention: z.string(),
  kept: whole,
  points: z.array(RestorePoint),
  objects: whole,
  bytes: whole,
  heldBy: z.string().nullable(),
  pruned: Removed,
});
export type PrunePlan = z.infer<typeof PrunePlan>;
export const Snapshots = z.looseObject({
  lineage: z.string(),
  snapshots: z.array(RestorePoint),
  branches: z.array(
    z.looseObject({
      lineage: z.string(),
      epoch: whole,
      revision: whole,
      written: z.string(),
      relation: z.string(),
      ignored: z.boolean(),
    }),
  ),
  next: z.string().optional(),
});
export type Snapshots = z.infer<typeof Snapshots>;
export const Picked = z.looseObject({
  state: z.enum(["adopted", "let_be", "gave_way"]),
  lineage: z.string().nullable(),
  epoch: whole.nullable(),
  firstRevision: whole.nullable(),
  sharedRevision: whole.nullable(),
});
export type Picked = z.infer<typeof Picked>;
export const Sealed = z.looseObject({
  state: z.enum(["sealed", "sealing", "skipped"]),
  revision: whole.nullable(),
  provenRevision: whole.nullable(),
});
export type Sealed = z.infer<typeof Sealed>;
export const BackupStatus = z.looseObject({
  state: z.string(),
  exportedRevision: whole.nullable(),
  exportedAt: z.string().nullable(),
  provenRevision: whole.nullable(),
  provenAt: z.string().nullable(),
  replayedRevision: whole.nullable(),
  replayedAt: z.string().nullable(),
  oldestReadAt: z.string().nullable(),
  behindRevisions: whole,
  behindSeconds: whole,
  points: whole,
  doomedObjects: whole,
  openPurges: whole,
  scrub: z.object({ at: z.string(), faults: whole }).nullable(),
  sealedRevision: whole.nullable(),
  finding: z.object({ cause: z.string(), lineages: z.array(z.string()) }).nullable(),
  lastError: z.object({ code: z.string(), detail: z.string(), at: z.string() }).nullable(),
});
export type BackupStatus = z.infer<typeof BackupStatus>;

export function snapshotRows(snapshots: readonly RestorePoint[]): string[][] {
  return snapshots.map(({ revision, made, proof, lineage, run, removableFrom }) => [
    String(revision),
    made,
    proof ?? "not yet",
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
    ["exported", at(status.exportedRevision, status.exportedAt)],
    ["behind", `${status.behindRevisions} revisions, ${status.behindSeconds} s`],
    ["proven", at(status.provenRevision, status.provenAt)],
    ["replayed", at(status.replayedRevision, status.replayedAt)],
    ["oldest read", status.oldestReadAt ?? "nothing yet"],
    ["restore points", `${status.points}, ${status.doomedObjects} objects wait for removal`],
  ];
  if (status.scrub !== null)
    rows.push([
      "live store",
      status.scrub.faults === 0
        ? `agrees with its history, ${status.scrub.at}`
        : `${status.scrub.faults} rows disagree with their history: restore the last proven revision beside it and compare (docs/recovery.md)`,
    ]);
  if (status.openPurges > 0) rows.push(["purges", `${status.openPurges} not yet gone from the bucket`]);
  if (status.sealedRevision !== null) rows.push(["sealed", `at revision ${status.sealedRevision}`]);
  if (status.lastError !== null)
    rows.push(["last error", `${status.lastError.code}, ${status.lastError.at}: ${status.lastError.detail}`]);
  return rows;
}

function stateLine({ state, finding }: BackupStatus): string {
  switch (state) {
    case "fork":
      return `fork (${finding?.cause ?? "unknown"}): exporting has stopped. \`./ledge backup ls\`, then \`./ledge backup pick this\` or \`pick other\` (docs/recovery.md)`;
    case "foreign":
      return "foreign: another store's backups lie under this prefix. Choose another bucket_prefix, or set bucket_shared";
    case "not_set":
      return "not set: nothing is backed up (docs/settings.md, bucket_name)";
    case "behind":
      return "behind: `./ledge backup run`";
    default:
      return state;
  }
}
