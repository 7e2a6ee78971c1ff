/** What the restore routes answer. */
import * as z from "zod/mini";
import { count, lineage } from "./shapes.ts";

const text = z.string();
const name = z.string().check(z.maxLength(400));

/** How a restore ended. */
export const RestoreReport = z.object({
  lineage,
  epoch: count,
  revision: count,
  manifest: name,
  /** `proven`: the state at the revision was compared with a digest. `linked`: only its objects' hashes. */
  check: z.enum(["proven", "linked"]),
  /** The newest revision whose state was compared with a digest; null when the snapshot carries none. */
  digestRevision: z.nullable(count),
  /** History can be read from this revision on. */
  historyFrom: count,
  commits: count,
  changes: count,
  documents: count,
  objects: count,
  bytes: count,
  /** What the first commit opens; null when the history goes on in the same epoch (after a planned move). */
  pending: z.nullable(z.object({ lineage, epoch: count, firstRevision: count })),
  /** Tokens that were revoked, rotated or shortened after the revision, and are so again. */
  revocationsApplied: count,
  /** Live tokens of which nothing is known after `tokensKnownTo`: they may have been revoked since. */
  tokensUncertain: count,
  tokensKnownTo: count,
  /** Objects with tokens that could not be read; what stands in them was not applied. */
  tokensUnread: z.array(name),
  /** Objects that were found damaged, because of which another snapshot of the same revision was taken. */
  damaged: z.optional(z.array(name)),
  /** Live root tokens; with 0 nobody can administer the store. */
  liveRoots: count,
});
export type RestoreReport = z.infer<typeof RestoreReport>;

/** Commits that a restore would take from a store: what is newer than the point, or another history's. */
export const RestoreLosses = z.object({
  /** The store's newest revision; 0 for an empty store. */
  revision: count,
  lineage: text,
  /** Up to here both hold the same history; 0 when they have nothing in common. */
  sharedRevision: count,
  commits: count,
  first: z.nullable(z.object({ revision: count, time: text })),
  last: z.nullable(z.object({ revision: count, time: text })),
  namespaces: z.array(z.object({ namespace: text, changes: count })),
});
export type RestoreLosses = z.infer<typeof RestoreLosses>;

export const RestorePreview = z.object({
  lineage: text,
  epoch: count,
  revision: count,
  manifest: text,
  snapshotRevision: count,
  created: text,
  /** `proven`: a state digest stands at exactly this revision. */
  check: z.enum(["proven", "linked"]),
  historyFrom: count,
  /** `damaged`: when the store there now found it damaged. */
  objects: z.array(z.object({ kind: text, name: text, sizeBytes: count, damaged: z.optional(text) })),
  sizeBytes: count,
  rawBytes: count,
  others: z.array(z.object({ branch: text, epoch: count, revision: count })),
  /** Objects that were found damaged, because of which another snapshot of the same revision is taken. */
  damaged: z.optional(z.array(name)),
  /** What the store there now would lose; null when there is none. */
  store: z.nullable(RestoreLosses),
});
export type RestorePreview = z.infer<typeof RestorePreview>;

/** How far a restore is. Ask again while it is `restoring`. */
export const RestoreAnswer = z.object({
  state: z.enum(["restoring", "restored"]),
  revision: count,
  manifest: text,
  doneBytes: count,
  totalBytes: count,
  doneObjects: count,
  totalObjects: count,
  report: z.nullable(RestoreReport),
});
export type RestoreAnswer = z.infer<typeof RestoreAnswer>;
