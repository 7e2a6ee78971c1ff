/** What the restore routes take. */
import * as z from "zod/mini";
import { line } from "./words.ts";

const hex = (length: number) => z.string().check(z.regex(new RegExp(`^[0-9a-f]{${length}}$`)));
const count = z.int().check(z.minimum(0));

/** A root token to be made when the restore is done: what bootstrap takes. */
export const NewRoot = z.strictObject({
  name: line(200).check(z.minLength(1)),
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
