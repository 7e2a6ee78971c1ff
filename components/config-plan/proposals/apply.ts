/**
 * A proposal that is committed: by its approval, or by hand once it is approved. Promise: what is committed is exactly what was
 * proposed, on exactly the state and the rules that it was planned for, and once; who repeats the request gets its first answer.
 */
import type { CommitAnswer } from "../../../lib/api/document-answers.ts";
import type { Input } from "../../../lib/api/typed.ts";
import type { PlannedState } from "../../../lib/core/commit/proposal.ts";
import type { CommitOutcome } from "../../../lib/core/commit/verdict.ts";
import { accept, type Outcome, type Refusal, refuse } from "../../../lib/core/refusal.ts";
import { commitReply } from "../../../lib/http/commit-reply.ts";
import type { Context } from "../../../lib/http/context.ts";
import { boundTo } from "../../../lib/http/planned.ts";
import { propose, proposerOf } from "../../../lib/http/propose.ts";
import { type ProposedChanges, proposedChanges } from "../../../lib/http/proposed-changes.ts";
import { refusalOf } from "../../../lib/http/refused-commit.ts";
import type { Result } from "../../../lib/http/result.ts";
import { formatPerson, personOf } from "../../../lib/http/second-person.ts";
import { asSent, documentChange, findDecided, findKept, isOfFormer, type KeptProposal } from "./kept.ts";

/** Through which door: an approval that commits, or what was approved before. */
type Door = "approve" | "write";

type Said = Pick<Input<"applyProposal">, "id" | "message" | "requestId" | "trace">;

export function postApplication(input: Input<"applyProposal">, context: Context): Result<CommitAnswer> {
  const kept = findKept(input.id, context, "write");
  if (!kept.ok) return answerAgain(kept, "write", input, context);
  if (kept.value.approved === undefined)
    return refuse(
      "approval_required",
      "Nobody has approved this yet. A second person does, and then it can be applied.",
    );
  return commitKept(kept.value, "write", input, context);
}

/** Both or neither: a proposal that was committed is gone, and of two who do it one finds it gone. */
export function commitKept(
  kept: KeptProposal,
  door: Door,
  said: Said,
  context: Context,
): Result<CommitAnswer> {
  const bound = bindToPlan(kept, context);
  if (!bound.ok) return bound;
  const committed = commitOf(kept, { door, said, ...bound.value }, context);
  if (!("proposals" in committed)) return committed;
  const gone = documentChange(
    { id: kept.id, json: null, ifRevision: kept.revision },
    {
      message: door === "approve" ? "approved" : "applied",
      author: formatPerson(personOf(context.caller)),
      trace: said.trace,
    },
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

/** What was decided on is gone. Whoever repeats the request that committed it gets its first answer; nothing is committed again. */
export function answerAgain(
  gone: Refusal<"not_found">,
  door: Door,
  said: Said,
  context: Context,
): Result<CommitAnswer> {
  if (said.requestId === null) return gone;
  const kept = findDecided(said.id, context, door === "write" ? "write" : "read");
  const changes = kept === undefined ? gone : changesOf(kept, context);
  if (kept === undefined || !changes.ok) return gone;
  const planned = { holds: false, bases: [], rules: 0, made: 0 };
  return commitOf(kept, { door, said, changes: changes.value, planned, otherwise: gone }, context);
}

interface Bound {
  readonly changes: ProposedChanges;
  readonly planned: PlannedState;
}

/** On exactly the state that it was planned for. */
export function bindToPlan(kept: KeptProposal, context: Context): Outcome<Bound> {
  const changes = changesOf(kept, context);
  if (!changes.ok) return changes;
  const bound = boundTo(kept.planDigest, changes.value, context.world);
  if (!bound.ok) return bound;
  const { planned } = bound.value;
  return planned?.holds === true && !isOfFormer(kept, context)
    ? accept({ changes: changes.value, planned })
    : voided();
}

function changesOf(kept: KeptProposal, context: Context): Outcome<ProposedChanges> {
  return proposedChanges(kept.body.changes, asSent(kept, context));
}

/** `otherwise` is answered where what it was planned for does not stand. */
function commitOf(
  { id, body: sent, by, byName, approved }: KeptProposal,
  {
    door,
    said: { message, requestId, trace },
    changes: { ops, body },
    planned,
    otherwise = voided(),
  }: Bound & { readonly door: Door; readonly said: Said; readonly otherwise?: Refusal },
  context: Context,
): Result<CommitAnswer> {
  const byHand = door === "write" && approved !== undefined ? approved.by : undefined;
  const meta = { _proposal: id, _proposed: by, ...(byHand === undefined ? {} : { _approved: byHand }) };
  const proposed = {
    proposer: proposerOf(context.caller),
    door,
    requestId,
    trace,
    message: sent.message ?? message,
    author: sent.author ?? byName,
    meta: JSON.stringify({ ...sent.meta, ...meta }),
    reviewed: true,
    ...(byHand === undefined ? {} : { approvedBy: byHand }),
    ops,
    body,
    planned,
  } as const;
  return propose(context, proposed, (outcome) => {
    if (outcome.ok) return commitReply(outcome, ops, { status: 200, headers: [] });
    // A namespace that is gone, too.
    const moved = outcome.code === "plan_changed" || outcome.code === "namespace_not_found";
    return moved ? otherwise : refusalOf(outcome, (index) => `/commit/changes/${index}`);
  });
}

export function refusedDocument(outcome: CommitOutcome & { readonly ok: false }): Refusal {
  if (outcome.code === "not_found")
    return refuse("not_found", "There is no such proposal any more: somebody has just decided on it.");
  if (outcome.code === "stale")
    return refuse("stale", "Somebody has just approved it, too. Look at it again.");
  return refusalOf(outcome, () => "");
}

export function voided(): Refusal<"approval_void"> {
  return refuse(
    "approval_void",
    "What stands there, or a rule, is not what the proposal was planned for. Nothing was committed; have it proposed again.",
  );
}
