/** What the routes of proposals answer with. */
import * as z from "zod/mini";
import { PlanAnswer } from "./plan-answer.ts";
import { count, cursor, moment, sha256 } from "./shapes.ts";

const head = {
  id: z.string(),
  // The accessor of the token that proposed it, and its name then.
  by: z.string(),
  byName: z.string(),
  created: moment,
  planDigest: sha256,
  message: z.optional(z.string()),
};

export const ProposalMade = z.object({ id: z.string(), planDigest: sha256, revision: count });

export const ProposalEntry = z.object({ ...head, changes: count });

export const ProposalsPage = z.object({ proposals: z.array(ProposalEntry), next: z.optional(cursor) });

export const ProposalAnswer = z.object({
  ...head,
  // What stands there, or a rule, has changed since: nobody can approve it any more.
  void: z.boolean(),
  // What it would do now.
  plan: PlanAnswer,
  // The body of the commit, as it was sent.
  commit: z.unknown(),
});

export const Decided = z.object({ id: z.string(), revision: count });

export type ProposalMade = z.infer<typeof ProposalMade>;
export type ProposalEntry = z.infer<typeof ProposalEntry>;
export type ProposalsPage = z.infer<typeof ProposalsPage>;
export type ProposalAnswer = z.infer<typeof ProposalAnswer>;
export type Decided = z.infer<typeof Decided>;
