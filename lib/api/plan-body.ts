/** The body of POST /v1/plan: that of a commit, or that of a revert. */
import * as z from "zod/mini";
import { commitAbout, committedChanges } from "./commit-body.ts";
import { revertMembers } from "./revert-body.ts";

export const PlanBody = z.strictObject({
  ...commitAbout,
  changes: z.optional(committedChanges),
  ...revertMembers,
});
export type PlanBody = z.infer<typeof PlanBody>;
