/**
 * Changes that need a second person. In a namespace with `review: "all"` that is every change, with `"budget"` what is over
 * the budget of a policy: an approval stands for an override there. Settings, tokens and purges need none.
 */
import { allowsKey } from "../grant.ts";
import { isLive, tokenOf } from "../token.ts";
import type { Broken } from "./broken.ts";
import type { Facts } from "./facts.ts";
import type { Proposal } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

const WITHDRAWN =
  "The token that approved this was revoked or has expired since. Nothing was committed; have it approved again.";

/** Refuses `approval_required`, for the first change that needs it, and `approval_void`. */
export function judgeReview(
  proposal: Proposal,
  facts: Facts,
  { altering, broken }: { readonly altering: ReadonlySet<number>; readonly broken: readonly Broken[] },
): CommitRefusal | undefined {
  const { door, ops, reviewed, approvedBy } = proposal;
  if (approvedBy !== undefined && !couldApprove(proposal, facts))
    return { ...refusal("approval_void"), detail: WITHDRAWN };
  if (door === "admin" || reviewed) return undefined;
  for (const index of altering) {
    const { namespace = "" } = ops[index] ?? {};
    const review = facts.namespaces.get(namespace)?.settings?.review;
    const isOver = ({ kind, namespace: place }: Broken) => kind === "budget" && place === namespace;
    if (review === "all" || (review === "budget" && broken.some(isOver)))
      return refusal("approval_required", [index]);
  }
  return undefined;
}

/** Whether the token that approved it is there, and could do so now. */
function couldApprove({ ops, nowMs }: Proposal, { approver }: Facts): boolean {
  if (approver === null) return false;
  const token = tokenOf(approver);
  return (
    isLive(token, nowMs) &&
    ops.every(({ namespace, key }) => allowsKey(token.grants, "approve", namespace, key))
  );
}
