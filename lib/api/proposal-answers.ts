/** What the routes of proposals answer with. */
import * as z from "zod/mini";
import { DECISIONS } from "../core/review/document.ts";
import { PlanAnswer } from "./plan-answer.ts";
import { count, cursor, moment, sha256 } from "./shapes.ts";

// The accessor of a token, and its name then.
const person = { by: z.string(), byName: z.string() };

const head = {
  id: z.string(),
  // Who proposed it.
  ...person,
  created: moment,
  planDigest: sha256,
  message: z.optional(z.string()),
  // It waits to be applied. Void: that token was revoked or has expired, so somebody has to approve it again.
  approved: z.optional(z.object({ ...person, at: moment, void: z.boolean() })),
};

export const ProposalMade = z.object({ id: z.string(), planDigest: sha256, revision: count });

export const ProposalEntry = z.object({
  ...head,
  changes: count,
  // What became of it, and who decided that; `revision` is the commit that applied it, or took it away.
  decided: z.optional(
    z.object({
      state: z.enum(DECISIONS),
      at: moment,
      who: z.string(),
      reason: z.optional(z.string()),
      revision: count,
    }),
  ),
});

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
