/**
 * What a store remembers of its bucket before it has a history of its own: whether there is anything in it, how
 * far a restore has come, and how the last one ended. A row of `operation`.
 */
import * as z from "zod/mini";
import { RestoreReport } from "../../api/restore-answers.ts";
import { RestoreAsked } from "../../api/restore-bodies.ts";
import { DigestAt } from "../../snapshot/digest-schema.ts";

const hex = (length: number) => z.string().check(z.regex(new RegExp(`^[0-9a-f]{${length}}$`)));
const count = z.int().check(z.minimum(0));
const name = z.string().check(z.maxLength(400));

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
  /** Objects that were found damaged: this restore goes by another snapshot of the revision. */
  damaged: z.optional(z.array(name)),
});
export type RestoreProgress = z.infer<typeof RestoreProgress>;

export const BucketLook = z.strictObject({ kind: z.literal("looked"), holds: z.boolean(), atMs: count });
export type BucketLook = z.infer<typeof BucketLook>;

export const RestoreRecord = z.discriminatedUnion("kind", [
  BucketLook,
  RestoreProgress,
  z.strictObject({ kind: z.literal("restored"), asked: RestoreAsked, report: RestoreReport }),
]);
export type RestoreRecord = z.infer<typeof RestoreRecord>;
