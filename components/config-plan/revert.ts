/**
 * POST /v1/revert: undoes commits, or puts keys back to how they were, as a new commit. A repeat with the same
 * Idempotency-Key is worked out for the state before its first time, so that it names the same changes.
 */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import type { ProposedOp } from "../../lib/core/commit/proposal.ts";
import type { CommitRefusal } from "../../lib/core/commit/verdict.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { commitReply } from "../../lib/http/commit-reply.ts";
import { commitWords } from "../../lib/http/commit-words.ts";
import type { Context } from "../../lib/http/context.ts";
import { RACE_SECONDS, waitFor } from "../../lib/http/freshness.ts";
import { boundTo } from "../../lib/http/planned.ts";
import { propose, proposerOf } from "../../lib/http/propose.ts";
import { changePointer } from "../../lib/http/proposed-changes.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import type { Answer, Result } from "../../lib/http/result.ts";
import { findSaid } from "../../lib/store/documents/revert.ts";
import { type Reverted, reverted } from "./reverted.ts";
import { wishOf } from "./wish.ts";

export function postRevert(input: Input<"revert">, context: Context): Result<CommitAnswer> {
  const { body, requestId, trace } = input;
  const { world, view, caller } = context;
  const words = commitWords(input);
  if (!words.ok) return words;
  const wish = wishOf(body);
  if (!wish.ok) return wish;
  const said = requestId === null ? undefined : findSaid(world.db, caller.accessor ?? "", requestId);
  const at = said === undefined ? view.head : said - 1;
  const found = reverted(wish.value, context, { at, verbs: ["write", "history"] });
  if (!found.ok) return found;
  const { ops, body: values, conflicts } = found.value;
  const bound = boundTo(body.planDigest, { ops, body: values }, world);
  if (!bound.ok) return bound;
  // A repeat is judged against its first time, and not against the plan.
  if (said === undefined && bound.value.planned?.holds === false)
    return refusalOf({ ok: false, code: "plan_changed", causes: [] }, changePointer);
  // What was committed under the name of this request was something to do, and had no conflicts.
  if (said !== undefined && (conflicts.length > 0 || ops.length === 0))
    return refusalOf({ ok: false, code: "idempotency_mismatch", causes: [] }, changePointer);
  if (conflicts.length > 0) return conflicting(found.value);
  if (ops.length === 0) return nothingToDo(context);
  const proposed = {
    proposer: proposerOf(caller),
    door: "write",
    requestId,
    trace,
    ...words.value,
    ops,
    body: values,
    ...bound.value,
  } as const;
  return propose(context, proposed, (outcome) => {
    if (outcome.ok) return commitReply(outcome, ops, { status: 200, headers: [] });
    // What stood there was another thing a moment ago: work it out again, now that the store has moved on.
    const raced = ["stale", "exists", "not_found"].includes(outcome.code);
    const again = raced ? waitFor(view.head + 1, RACE_SECONDS, context) : undefined;
    return again ?? refusedRevert(raced ? { ...outcome, code: "stale" } : outcome, ops);
  });
}

/** The request names no changes, so a cause names its key. */
function refusedRevert(outcome: CommitRefusal, ops: readonly ProposedOp[]): Refusal {
  const refused = refusalOf(outcome, () => "");
  if (refused.errors === undefined) return refused;
  const errors = refused.errors.map((error, at) => {
    const { namespace = "", key = "" } = ops[outcome.causes[at]?.index ?? -1] ?? {};
    return { ...error, namespace, key };
  });
  return { ...refused, errors };
}

function conflicting({ conflicts }: Reverted): Refusal<"stale"> {
  const [first] = conflicts;
  return refuse(
    "stale",
    `${first?.detail} Say what becomes of it: conflicts "ours" undoes it too, "theirs" leaves it; keys says it of single keys.`,
    { errors: conflicts },
  );
}

/** Everything is as it was already. */
function nothingToDo({ view, nowMs }: Context): Answer<CommitAnswer> {
  const { head: revision, lineage } = view;
  const state = { revision, lineage, timeMs: nowMs, unchanged: true, replayed: false } as const;
  return commitReply({ ok: true, ...state, results: [] }, [], { status: 200, headers: [] });
}
