/** What the restore routes take. */
import * as z from "zod/mini";
import { accessor, revision, sha256, text } from "./shapes.ts";
import { line } from "./words.ts";

/** A root token to be made when the restore is done: what bootstrap takes. */
export const NewRoot = z.strictObject({
  name: line(200).check(z.minLength(1)),
  accessor,
  digest: sha256,
});
export type NewRoot = z.infer<typeof NewRoot>;

/** What was asked for. */
export const RestoreAsked = z.strictObject({
  revision: z.optional(revision),
  /** ISO 8601. */
  time: z.optional(text(40)),
  branch: z.optional(text(60)),
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
