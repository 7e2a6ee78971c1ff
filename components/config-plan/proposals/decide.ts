/**
 * What becomes of a proposal: a second person approves it, which commits it or lets it be applied later, or rejects it; who
 * proposed it may withdraw it.
 */
import type { CommitAnswer } from "../../../lib/api/document-answers.ts";
import type { Decided } from "../../../lib/api/proposal-answers.ts";
import type { Input } from "../../../lib/api/typed.ts";
import { type Refusal, refuse } from "../../../lib/core/refusal.ts";
import { formatProposal } from "../../../lib/core/review/document.ts";
import { formatTime } from "../../../lib/core/time.ts";
import type { Context } from "../../../lib/http/context.ts";
import { propose } from "../../../lib/http/propose.ts";
import { jsonReply, shownHeaders } from "../../../lib/http/reply.ts";
import type { Result } from "../../../lib/http/result.ts";
import { formatPerson, isSamePerson, personOf } from "../../../lib/http/second-person.ts";
import { answerAgain, bindToPlan, commitKept, refusedDocument, voided } from "./apply.ts";
import { documentChange, findKept, holdsOverAll, type KeptProposal } from "./kept.ts";

interface Said {
  readonly message: string | null;
  readonly trace: string | null;
}

export function postApproval(
  input: Input<"approveProposal">,
  context: Context,
): Result<CommitAnswer | Decided> {
  const kept = findKept(input.id, context);
  if (!kept.ok) return input.body.apply === false ? kept : answerAgain(kept, "approve", input, context);
  const denied = judgeSecond(kept.value, context);
  if (denied !== undefined) return denied;
  if (input.body.planDigest !== kept.value.planDigest) return voided();
  return input.body.apply === false
    ? markApproved(kept.value, input, context)
    : commitKept(kept.value, "approve", input, context);
}

/** Whoever has approved it, and still could, has done so: the same again changes nothing. */
function markApproved(kept: KeptProposal, said: Said, context: Context): Result<Decided> {
  const bound = bindToPlan(kept, context);
  if (!bound.ok) return bound;
  const person = personOf(context.caller);
  const isOwn = kept.approved?.by === person.by;
  const approved = isOwn ? kept.approved : { ...person, at: formatTime(context.nowMs) };
  const json = formatProposal({ ...kept, approved }, kept.content);
  return changeDocument(kept, { json, said: "approved", status: 202 }, said, context);
}

export function postRejection(input: Input<"rejectProposal">, context: Context): Result<Decided> {
  const kept = findKept(input.id, context);
  if (!kept.ok) return kept;
  const denied = judgeSecond(kept.value, context);
  return denied ?? changeDocument(kept.value, { json: null, said: "rejected", status: 200 }, input, context);
}

export function postWithdrawal(input: Input<"withdrawProposal">, context: Context): Result<Decided> {
  const kept = findKept(input.id, context);
  if (!kept.ok) return kept;
  if (kept.value.by !== context.caller.accessor)
    return refuse("forbidden", "A proposal is withdrawn by the token that made it. Others reject it.");
  return changeDocument(kept.value, { json: null, said: "withdrawn", status: 200 }, input, context);
}

/** A second person, with `approve` over each key; whoever is shown what others propose has `read`. */
function judgeSecond(kept: KeptProposal, context: Context): Refusal | undefined {
  if (!holdsOverAll(context, kept.body, "approve"))
    return refuse("forbidden", "This needs the verbs approve and read over each key of the proposal.");
  if (isSamePerson(kept, context.caller, context.world.db))
    return refuse(
      "forbidden",
      "Nobody decides on what they have proposed, and tokens of one name are one person's. Another person approves or rejects it.",
    );
  return undefined;
}

/** The document as it is now, or gone where `json` is null; `said` stands in the log, before the message. */
function changeDocument(
  { id, revision }: KeptProposal,
  { json, said, status }: { readonly json: string | null; readonly said: string; readonly status: number },
  { message, trace }: Said,
  context: Context,
): Result<Decided> {
  const words = {
    message: message === null ? said : `${said}: ${message}`.slice(0, 1000),
    author: formatPerson(personOf(context.caller)),
    trace,
  };
  return propose(context, documentChange({ id, json, ifRevision: revision }, words), (outcome) => {
    if (!outcome.ok) return refusedDocument(outcome);
    const { revision: made, lineage } = outcome;
    return jsonReply(status, { id, revision: made }, shownHeaders({ revision: made, head: made, lineage }));
  });
}
