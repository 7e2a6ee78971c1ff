/** What the backup routes answer with; used as document-answers.ts is. */
import * as z from "zod/mini";
import { count, lineage, moment, sha256 } from "./shapes.ts";

export const BackupStatus = z.object({
  /** `restored`: the store is as it was restored, and exports nothing until its first commit. */
  state: z.enum(["ok", "restored", "not_set", "behind", "failing", "fork", "foreign"]),
  exportedRevision: z.nullable(count),
  exportedAt: z.nullable(moment),
  provenRevision: z.nullable(count),
  provenAt: z.nullable(moment),
  /** The newest proof that read a whole chain. */
  replayedRevision: z.nullable(count),
  replayedAt: z.nullable(moment),
  /** When the least recently verified object of the newest snapshot was last read. */
  oldestReadAt: z.nullable(moment),
  behindRevisions: count,
  behindSeconds: count,
  /** Restore points that stand in the bucket, and objects that wait for their removal. */
  points: count,
  /** Restore points that need an object that was found damaged. */
  damagedPoints: count,
  doomedObjects: count,
  /** Purged values that may still lie in the bucket. */
  openPurges: count,
  /** The live store, compared with its own history beside the newest replay. */
  scrub: z.nullable(z.object({ at: moment, faults: count })),
  /** Old commits and changes of the live store, compared with what was exported of them; the first fault in words. */
  history: z.nullable(z.object({ at: z.nullable(moment), faults: count, first: z.nullable(z.string()) })),
  sealedRevision: z.nullable(count),
  /** Why exporting has stopped, and which lineages it is about: what `pick` chooses between. */
  finding: z.nullable(z.object({ cause: z.string(), lineages: z.readonly(z.array(z.string())) })),
  lastError: z.nullable(z.object({ code: z.string(), detail: z.string(), at: moment })),
});

const Removed = z.object({ points: count, objects: count, bytes: count });

export const BackupRun = z.object({
  state: z.enum(["exported", "nothing_new", "skipped"]),
  from: z.nullable(count),
  to: z.nullable(count),
  objects: count,
  bytes: count,
  manifest: z.nullable(z.string()),
  more: z.boolean(),
  provenRevision: z.nullable(count),
  pruned: Removed,
});

/** `proving`: the chain is long, and the next tick goes on. */
export const BackupProof = z.object({
  state: z.enum(["proven", "proving", "nothing", "skipped"]),
  revision: z.nullable(count),
  at: z.nullable(moment),
});

export const RestorePoint = z.object({
  revision: count,
  made: moment,
  lineage,
  run: z.string(),
  manifest: z.string(),
  baseRevision: z.nullable(count),
  proof: z.nullable(z.enum(["replay", "continued"])),
  /** An object that it needs and that is damaged, and when that was found; null while nothing is known of any. */
  damaged: z.nullable(z.object({ object: z.string(), at: moment })),
  removableFrom: z.nullable(moment),
});

export const PrunePlan = z.object({
  state: z.enum(["plan", "pruned", "skipped"]),
  retention: z.string(),
  kept: count,
  points: z.array(RestorePoint),
  objects: count,
  bytes: count,
  heldBy: z.nullable(z.string()),
  pruned: Removed,
});

/** How another history in the bucket is related to this one. */
export const Branch = z.object({
  lineage,
  epoch: count,
  revision: count,
  written: moment,
  relation: z.enum(["this", "ancestor", "beside", "foreign", "unreadable"]),
  ignored: z.boolean(),
});

export const Snapshots = z.object({
  lineage,
  snapshots: z.array(RestorePoint),
  branches: z.array(Branch),
  next: z.optional(z.string()),
});

/** After `adopt` and `pick`: what the next commit opens, or that this store has given way. */
export const Picked = z.object({
  state: z.enum(["adopted", "let_be", "gave_way"]),
  lineage: z.nullable(lineage),
  epoch: z.nullable(count),
  firstRevision: z.nullable(count),
  sharedRevision: z.nullable(count),
});

export const Sealed = z.object({
  state: z.enum(["sealed", "sealing", "skipped"]),
  revision: z.nullable(count),
  provenRevision: z.nullable(count),
  manifest: z.nullable(z.string()),
  sha256: z.nullable(sha256),
});

export type BackupStatus = z.infer<typeof BackupStatus>;
export type BackupRun = z.infer<typeof BackupRun>;
export type BackupProof = z.infer<typeof BackupProof>;
export type RestorePoint = z.infer<typeof RestorePoint>;
export type PrunePlan = z.infer<typeof PrunePlan>;
export type Branch = z.infer<typeof Branch>;
export type Snapshots = z.infer<typeof Snapshots>;
export type Picked = z.infer<typeof Picked>;
export type Sealed = z.infer<typeof Sealed>;
