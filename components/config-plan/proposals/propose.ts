/**
 * POST /v1/proposals: a commit that is kept until a second person approves it. It is planned first, and kept only where it
 * could be committed as soon as somebody approves it.
 */
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import type { ProposalMade } from "../../../lib/api/proposal-answers.ts";
import type { Input } from "../../../lib/api/typed.ts";
import { accept, type Outcome, refuse } from "../../../lib/core/refusal.ts";
import { formatProposal, PROPOSAL, PROPOSALS_MAX } from "../../../lib/core/review/document.ts";
import { formatTime } from "../../../lib/core/time.ts";
import { decodeUtf8 } from "../../../lib/core/utf8.ts";
import type { Context } from "../../../lib/http/context.ts";
import { propose } from "../../../lib/http/propose.ts";
import { refusalOf } from "../../../lib/http/refused-commit.ts";
import { jsonReply, shownHeaders } from "../../../lib/http/reply.ts";
import { isRefusal, type Result } from "../../../lib/http/result.ts";
import { formatPerson, personOf } from "../../../lib/http/second-person.ts";
import { countKeys } from "../../../lib/store/commit/plan.ts";
import { postPlan } from "../plan.ts";
import { documentChange, holdsOverAll } from "./kept.ts";

export function postProposal(input: Input<"propose">, context: Context): Result<ProposalMade> {
  const { body, message, trace } = input;
  const { world, caller, nowMs } = context;
  if (!holdsOverAll(context, body, "plan") || !holdsOverAll(context, body, "read"))
    return refuse("forbidden", "A proposal needs the verbs plan and read over each key that it names.");
  if (body.override !== undefined)
    return refuse(
      "invalid_body",
      "A proposal names no override: where the namespace has review, the approval is it.",
    );
  const plan = planUnderReview({ body, message, trace }, context);
  if (!plan.ok) return plan;
  const [first] = plan.value.refusals.filter(({ code }) => code !== "frozen");
  if (first !== undefined) {
    const { pointer, code, detail } = first;
    return refuse(code, detail, { errors: [{ pointer, code, detail }] });
  }
  if (body.planDigest !== undefined && body.planDigest !== plan.value.planDigest)
    return refuse(
      "plan_changed",
      "Something has changed since the plan was made. Nothing was proposed; plan again.",
    );
  const [open = 0] = countKeys(world.db, [{ namespace: "_system", prefix: PROPOSAL }]);
  if (open >= PROPOSALS_MAX)
    return refuse(
      "quota_exceeded",
      `${open} proposals wait. Have some of them approved, rejected or withdrawn first.`,
    );
  const { planDigest } = plan.value;
  const id = newId(world.randomBytes(12));
  const json = formatProposal(
    { ...personOf(caller), created: formatTime(nowMs), planDigest },
    decodeUtf8(context.request.body) ?? "",
  );
  const said = {
    message: message ?? body.message ?? null,
    author: formatPerson(personOf(context.caller)),
    trace,
  };
  return propose(context, documentChange({ id, json, ifRevision: 0 }, said), (outcome) => {
    if (!outcome.ok) return refusalOf(outcome, () => "");
    const { revision, lineage } = outcome;
    return jsonReply(201, { id, planDigest, revision }, shownHeaders({ revision, head: revision, lineage }));
  });
}

/** The plan of a proposal, as whoever may approve it would have it. */
export function planUnderReview(input: Input<"plan">, context: Context): Outcome<PlanAnswer> {
  const planned = postPlan(input, context, true);
  if ("park" in planned || "proposals" in planned) throw new Error("a plan is answered at once");
  if (isRefusal(planned)) return planned;
  const text = typeof planned.body === "string" ? planned.body : (decodeUtf8(planned.body) ?? "");
  return accept(JSON.parse(text));
}

/** Of `a-z2-7`, as accessors are. */
function newId(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => "abcdefghijklmnopqrstuvwxyz234567".charAt(byte % 32)).join("");
}
