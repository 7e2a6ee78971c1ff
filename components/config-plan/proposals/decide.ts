/**
 * What becomes of a proposal: a second person approves it, which commits it, or rejects it; who proposed it may withdraw it.
 * Promise: what is committed is exactly what was proposed, on exactly the state that it was planned for, and once.
 */
import type { CommitAnswer } from "../../../lib/api/document-answers.ts";
import type { Decided } from "../../../lib/api/proposal-answers.ts";
import type { Input } from "../../../lib/api/typed.ts";
import type { CommitOutcome } from "../../../lib/core/commit/verdict.ts";
import { type Refusal, refuse } from "../../../lib/core/refusal.ts";
import { commitReply } from "../../../lib/http/commit-reply.ts";
import type { Context } from "../../../lib/http/context.ts";
import { boundTo } from "../../../lib/http/planned.ts";
import { propose, proposerOf } from "../../../lib/http/propose.ts";
import { proposedChanges } from "../../../lib/http/proposed-changes.ts";
import { refusalOf } from "../../../lib/http/refused-commit.ts";
import { jsonReply, shownHeaders } from "../../../lib/http/reply.ts";
import type { Result } from "../../../lib/http/result.ts";
import { asSent, documentChange, findKept, holdsOverAll, type KeptProposal, nameOf } from "./kept.ts";

export function postApproval(input: Input<"approveProposal">, context: Context): Result<CommitAnswer> {
  const { id, body: asked, message, requestId, trace } = input;
  const { world, caller } = context;
  const kept = findKept(id, context);
  if (!kept.ok) return kept;
  const { value } = kept;
  const denied = judgeSecond(value, context);
  if (denied !== undefined) return denied;
  if (asked.planDigest !== value.planDigest) return voided();
  const changes = proposedChanges(value.body.changes, asSent(value, context));
  if (!changes.ok) return changes;
  const { ops, body } = changes.value;
  const bound = boundTo(value.planDigest, { ops, body }, world);
  if (!bound.ok) return bound;
  if (bound.value.planned?.holds === false) return voided();
  const committed = propose(
    context,
    {
      proposer: proposerOf(caller),
      door: "approve",
      requestId,
      trace,
      message: value.body.message ?? message,
      author: value.body.author ?? value.byName,
      meta: JSON.stringify({ ...value.body.meta, _proposal: value.id, _proposed: value.by }),
      reviewed: true,
      ops,
      body,
      ...bound.value,
    },
    (outcome) => {
      if (outcome.ok) return commitReply(outcome, ops, { status: 200, headers: [] });
      return outcome.code === "plan_changed"
        ? voided()
        : refusalOf(outcome, (index) => `/commit/changes/${index}`);
    },
  );
  if (!("proposals" in committed)) return committed;
  // Both or neither: a proposal that was committed is gone, and of two who approve it one finds it gone.
  const gone = documentChange(
    { id: value.id, json: null, ifRevision: value.revision },
    { message: "approved", author: nameOf(context), trace },
  );
  return {
    ...committed,
    proposals: [{ ...gone, nowMs: context.nowMs }, ...committed.proposals],
    answer: (outcomes) => {
      const [first, second] = outcomes;
      if (first !== undefined && !first.ok && second === undefined) return refusedDocument(first);
      return committed.answer(second === undefined ? [] : [second]);
    },
  };
}

export function postRejection(input: Input<"rejectProposal">, context: Context): Result<Decided> {
  const kept = findKept(input.id, context);
  if (!kept.ok) return kept;
  return judgeSecond(kept.value, context) ?? takeAway("rejected", kept.value, input, context);
}

export function postWithdrawal(input: Input<"withdrawProposal">, context: Context): Result<Decided> {
  const kept = findKept(input.id, context);
  if (!kept.ok) return kept;
  if (kept.value.by !== context.caller.accessor)
    return refuse("forbidden", "A proposal is withdrawn by the token that made it. Others reject it.");
  return takeAway("withdrawn", kept.value, input, context);
}

/** A second person: with `approve` over each key, and neither the token that proposed it nor one that it made. */
function judgeSecond({ body, by }: KeptProposal, context: Context): Refusal | undefined {
  const { accessor, token } = context.caller;
  if (!holdsOverAll(context, body, "approve") || !holdsOverAll(context, body, "read"))
    return refuse("forbidden", "This needs the verbs approve and read over each key of the proposal.");
  if (accessor === by || token?.creator === by)
    return refuse(
      "forbidden",
      "Nobody decides on what they have proposed. Another person approves or rejects it.",
    );
  return undefined;
}

function takeAway(
  what: string,
  { id, revision }: KeptProposal,
  { message, trace }: { readonly message: string | null; readonly trace: string | null },
  context: Context,
): Result<Decided> {
  const words = {
    message: message === null ? what : `${what}: ${message}`.slice(0, 1000),
    author: nameOf(context),
    trace,
  };
  return propose(context, documentChange({ id, json: null, ifRevision: revision }, words), (outcome) => {
    if (!outcome.ok) return refusedDocument(outcome);
    const { revision: made, lineage } = outcome;
    return jsonReply(200, { id, revision: made }, shownHeaders({ revision: made, head: made, lineage }));
  });
}

function refusedDocument(outcome: CommitOutcome & { readonly ok: false }): Refusal {
  if (outcome.code === "stale" || outcome.code === "not_found")
    return refuse("not_found", "There is no such proposal any more: somebody has just decided on it.");
  return refusalOf(outcome, () => "");
}

function voided(): Refusal<"approval_void"> {
  return refuse(
    "approval_void",
    "What stands there, or a rule, is not what the proposal was planned for. Nothing was committed; have it proposed again.",
  );
}
