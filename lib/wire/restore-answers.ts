/** What the restore routes answer. */
import * as z from "zod/mini";
import { RestoreReport } from "./restore-record.ts";

const count = z.int().check(z.minimum(0));
const text = z.string();

/** Commits that a restore would take from a store: what is newer than the point, or another history's. */
export const RestoreLosses = z.strictObject({
  /** The store's newest revision; 0 for an empty store. */
  revision: count,
  lineage: text,
  /** Up to here both hold the same history; 0 when they have nothing in common. */
  sharedRevision: count,
  commits: count,
  first: z.nullable(z.strictObject({ revision: count, time: text })),
  last: z.nullable(z.strictObject({ revision: count, time: text })),
  namespaces: z.array(z.strictObject({ namespace: text, changes: count })),
});
export type RestoreLosses = z.infer<typeof RestoreLosses>;

export const RestorePreview = z.strictObject({
  lineage: text,
  epoch: count,
  revision: count,
  manifest: text,
  snapshotRevision: count,
  created: text,
  /** `proven`: a state digest stands at exactly this revision. */
  check: z.enum(["proven", "linked"]),
  historyFrom: count,
  objects: z.array(z.strictObject({ kind: text, name: text, sizeBytes: count })),
  sizeBytes: count,
  rawBytes: count,
  others: z.array(z.strictObject({ branch: text, epoch: count, revision: count })),
  /** What the store there now would lose; null when there is none. */
  store: z.nullable(RestoreLosses),
});
export type RestorePreview = z.infer<typeof RestorePreview>;

/** How far a restore is. Ask again while it is `restoring`. */
export const RestoreAnswer = z.strictObject({
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
