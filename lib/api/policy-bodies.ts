/** The body of a policy, and what is answered about policies. */
import * as z from "zod/mini";
import { FREEZES_MAX } from "../core/policy.ts";
import { parseTime } from "../core/time.ts";
import { count, etag, list, moment, revision, text } from "./shapes.ts";
import { reason } from "./words.ts";

const time = text(40).check(
  z.refine((written) => parseTime(written) !== undefined, "a moment like 2026-01-31T12:00:00Z"),
);

export const FreezeBody = z.strictObject({ from: time, until: time, reason }).check(
  z.refine(({ from, until }) => Date.parse(from) < Date.parse(until), {
    error: "it ends after it begins",
  }),
);

/** Budgets of one commit under the scope: what more would be refused. */
export const BudgetsBody = z.strictObject({
  keysChanged: z.optional(count),
  keysDeleted: z.optional(count),
  growthBytes: z.optional(count),
  emptied: z.optional(count),
});

export const PolicyBody = z.strictObject({
  budgets: z.optional(BudgetsBody),
  /** Nothing under the scope changes from a moment until right before another. */
  freeze: z.optional(list(FreezeBody, { max: FREEZES_MAX })),
  /** Of the whole namespace only: a second person approves each rollout before it begins. */
  rollouts: z.optional(z.enum(["review"])),
});
export type PolicyBody = z.infer<typeof PolicyBody>;

export const PolicyAnswer = z.object({
  ...PolicyBody.shape,
  namespace: z.string(),
  scope: z.string(),
  revision,
  etag,
  modified: moment,
});
export type PolicyAnswer = z.infer<typeof PolicyAnswer>;

export const PoliciesPage = z.object({ policies: z.array(PolicyAnswer), next: z.optional(z.string()) });
export type PoliciesPage = z.infer<typeof PoliciesPage>;
