/** The body of POST /v1/revert. Which members go together is judged by the handler. */
import * as z from "zod/mini";
import { commitAbout } from "./commit-body.ts";
import { count, list, revision, text } from "./shapes.ts";

/** Whose change stays where a key was changed again after the commit that is undone. */
const conflicts = z.enum(["ours", "theirs"]);
const keyConflict = z.strictObject({ namespace: text(64), key: text(1024), conflicts });

/** How many commits are undone at once. */
export const REVERTED_COMMITS_MAX = 100;

/**
 * Undoes commits (`commit`, `commits`), or puts a key or the keys that begin with a prefix back to how they were at a
 * revision or a moment (`namespace`, `prefix` or `key`, `to`). `conflicts` is for commits alone: `ours` undoes a change
 * although another came after it, `theirs` leaves what came after; `keys` says it of single keys.
 */
export const revertMembers = {
  commit: z.optional(revision),
  commits: z.optional(list(revision, { min: 1, max: REVERTED_COMMITS_MAX })),
  namespace: z.optional(text(64)),
  prefix: z.optional(text(1024)),
  key: z.optional(text(1024)),
  to: z.optional(z.union([count, text(40)])),
  conflicts: z.optional(conflicts),
  keys: z.optional(list(keyConflict, { min: 1, max: 1000 })),
};

export const RevertBody = z.strictObject({ ...commitAbout, ...revertMembers });
export type RevertBody = z.infer<typeof RevertBody>;
