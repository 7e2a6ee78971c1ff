/**
 * What a store remembers of its bucket before it has a history of its own: whether there is anything in it, how
 * far a restore has come, and how the last one ended. JSON in the one row of `backup_restore`.
 */
import * as z from "zod/mini";
import { DigestAt } from "./proof-state.ts";

const hex = (length: number) => z.string().check(z.regex(new RegExp(`^[0-9a-f]{${length}}$`)));
const count = z.int().check(z.minimum(0));
const name = z.string().check(z.maxLength(400));

/** A root token to be made when the restore is done: what bootstrap takes. */
export const NewRoot = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(200)),
  accessor: z.string().check(z.regex(/^[a-z2-7]{12}$/)),
  digest: hex(64),
});
export type NewRoot = z.infer<typeof NewRoot>;

/** What was asked for. */
export const RestoreAsked = z.strictObject({
  revision: z.optional(count.check(z.minimum(1))),
  /** ISO 8601. */
  time: z.optional(z.string().check(z.maxLength(40))),
  branch: z.optional(z.string().check(z.maxLength(60))),
  token: z.optional(NewRoot),
});
export type RestoreAsked = z.infer<typeof RestoreAsked>;

/** The body of POST /v1/backup/restore. */
export const RestoreBody = z.strictObject({
  ...RestoreAsked.shape,
  /** Gives up a restore that is going on, and begins again. */
  restart: z.optional(z.boolean()),
});
export type RestoreBody = z.infer<typeof RestoreBody>;

/** A restore that is going on. `step` is the next one; all of it changes with the rows of a step. */
export const RestoreProgress = z.strictObject({
  kind: z.literal("restoring"),
  asked: RestoreAsked,
  manifest: name,
  manifestSha256: hex(64),
  revision: count,
  step: count,
  /** The entries are those at this revision. */
  folded: count,
  /** The newest revision whose state was compared with a digest. */
  digestRevision: z.nullable(count),
  /** The digest of the state at the base as far as it was read, and its block that is not full yet, in base64. */
  digesting: z.optional(z.strictObject({ at: DigestAt, block: z.string() })),
  doneBytes: count,
  totalBytes: count,
  doneObjects: count,
  totalObjects: count,
});
export type RestoreProgress = z.infer<typeof RestoreProgress>;

/** How a restore ended. */
export const RestoreReport = z.strictObject({
  lineage: hex(32),
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
  pending: z.nullable(z.strictObject({ lineage: hex(32), epoch: count, firstRevision: count })),
  /** Tokens that were revoked, rotated or shortened after the revision, and are so again. */
  revocationsApplied: count,
  /** Live tokens of which nothing is known after `tokensKnownTo`: they may have been revoked since. */
  tokensUncertain: count,
  tokensKnownTo: count,
  /** Objects with tokens that could not be read; what stands in them was not applied. */
  tokensUnread: z.array(name),
  /** Live root tokens; with 0 nobody can administer the store. */
  liveRoots: count,
});
export type RestoreReport = z.infer<typeof RestoreReport>;

export const BucketLook = z.strictObject({ kind: z.literal("looked"), holds: z.boolean(), atMs: count });
export type BucketLook = z.infer<typeof BucketLook>;

export const RestoreRecord = z.discriminatedUnion("kind", [
  BucketLook,
  RestoreProgress,
  z.strictObject({ kind: z.literal("restored"), asked: RestoreAsked, report: RestoreReport }),
]);
export type RestoreRecord = z.infer<typeof RestoreRecord>;
