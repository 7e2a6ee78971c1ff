/** The body of POST /v1/commit. Strings here are well-formed; bytes and keys are judged by the door. */
import * as z from "zod/mini";

const text = (max: number) => z.string().check(z.maxLength(max));
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

/** Up to 16 short strings that go with a commit. */
export const Meta = z
  .record(text(64).check(z.minLength(1)), text(256))
  .check(z.refine((meta) => Object.keys(meta).length <= 16, "at most 16 members"));

export const CommitBody = z.strictObject({
  message: z.optional(text(1024)),
  author: z.optional(text(200)),
  meta: z.optional(Meta),
  // The cap on changes has a code of its own, so it is not part of the schema.
  changes: z.array(Change).check(z.minLength(1)),
});
export type CommitBody = z.infer<typeof CommitBody>;
