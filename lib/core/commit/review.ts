/**
 * Changes that need a second person. In a namespace with `review: "all"` that is every change, with `"budget"` what is over
 * the budget of a policy: an approval stands for an override there. Settings, tokens and purges need none.
 */
import type { Broken } from "./broken.ts";
import type { Facts } from "./facts.ts";
import type { Proposal } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/** Refuses `approval_required`, for the first change that needs it. */
export function judgeReview(
  { door, ops, reviewed }: Proposal,
  { namespaces }: Facts,
  { altering, broken }: { readonly altering: ReadonlySet<number>; readonly broken: readonly Broken[] },
): CommitRefusal | undefined {
  if (door === "admin" || reviewed) return undefined;
  for (const index of altering) {
    const { namespace = "" } = ops[index] ?? {};
    const review = namespaces.get(namespace)?.settings?.review;
    const isOver = ({ kind, namespace: place }: Broken) => kind === "budget" && place === namespace;
    if (review === "all" || (review === "budget" && broken.some(isOver)))
      return refusal("approval_required", [index]);
  }
  return undefined;
}
