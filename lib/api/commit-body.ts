/** The body of POST /v1/commit. Strings here are well-formed; bytes and keys are judged by the handler. */
import * as z from "zod/mini";
import { COMMIT_LIMITS } from "../core/commit/limits.ts";
import { MESSAGE_BYTES_MAX } from "../core/message.ts";
import { list, sha256, shortTexts, text } from "./shapes.ts";
import { line, reason, words } from "./words.ts";

const place = { namespace: text(64), key: text(1024) };
const ifRevision = z.union([z.int().check(z.minimum(0)), z.literal("any")]);

export const PutChange = z.strictObject({
  op: z.literal("put"),
  ...place,
  mediaType: z.optional(text(200)),
  ifRevision: z.optional(ifRevision),
  value: z.optional(z.unknown()),
  text: z.optional(text(1_048_576)),
  base64: z.optional(text(1_398_104)),
});
export type PutChange = z.infer<typeof PutChange>;

export const DeleteChange = z.strictObject({
  op: z.literal("delete"),
  ...place,
  ifRevision: z.optional(ifRevision),
});
export const CheckChange = z.strictObject({
  op: z.literal("check"),
  ...place,
  ifRevision: z.int().check(z.minimum(0)),
});

export const Change = z.discriminatedUnion("op", [PutChange, DeleteChange, CheckChange]);
export type Change = z.infer<typeof Change>;

/**
 * What goes with a commit. `meta`: up to 16 short texts. `planDigest`: of the plan that it carries out; where that does
 * not hold any more, nothing is committed. `override`: why it may break policies.
 */
export const commitAbout = {
  message: z.optional(words(MESSAGE_BYTES_MAX)),
  author: z.optional(line(200)),
  meta: z.optional(shortTexts(16)),
  planDigest: z.optional(sha256),
  override: z.optional(z.strictObject({ reason })),
};
// More changes than that are refused with a code of their own, before the body is parsed.
export const committedChanges = list(Change, { min: 1, max: COMMIT_LIMITS.changes });

export const CommitBody = z.strictObject({ ...commitAbout, changes: committedChanges });
export type CommitBody = z.infer<typeof CommitBody>;
