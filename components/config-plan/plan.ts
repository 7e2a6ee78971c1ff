/**
 * POST /v1/plan: what a commit or a revert would do now, by the very rules that judge commits. Nothing is locked and nothing
 * written. Who may not ask, and a body that no commit would take, are refused as everywhere; what the state of the store
 * stands against is in the answer.
 */
import type { PlanAnswer } from "../../lib/api/plan-answer.ts";
import type { PlanBody } from "../../lib/api/plan-body.ts";
import type { Input } from "../../lib/api/typed.ts";
import { foresee } from "../../lib/core/commit/judge.ts";
import { judgeShape } from "../../lib/core/commit/shape.ts";
import type { CommitRefusal } from "../../lib/core/commit/verdict.ts";
import { planToHash } from "../../lib/core/plan/digest.ts";
import { accept, type Outcome, type RefusalError, refuse } from "../../lib/core/refusal.ts";
import { commitWords } from "../../lib/http/commit-words.ts";
import type { Context } from "../../lib/http/context.ts";
import { requireDurability } from "../../lib/http/durable.ts";
import { planDigest } from "../../lib/http/plan-digest.ts";
import { proposerOf } from "../../lib/http/propose.ts";
import { changePointer, proposedChanges } from "../../lib/http/proposed-changes.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import { jsonReply, shownHeaders } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { gatherForPlan } from "../../lib/store/commit/plan.ts";
import { readersOf } from "./readers.ts";
import { type Reverted, reverted } from "./reverted.ts";
import { unfitValues } from "./unfit.ts";
import { warnings } from "./warned.ts";
import { wishOf } from "./wish.ts";

/** `reviewed`: the plan of a proposal, which is there to be approved. */
export function postPlan(input: Input<"plan">, context: Context, reviewed?: true): Result<PlanAnswer> {
  const words = commitWords(input);
  if (!words.ok) return words;
  const wanted = wantedBy(input.body, context);
  if (!wanted.ok) return wanted;
  const { ops, body, from, conflicts } = wanted.value;
  const asked = {
    proposer: proposerOf(context.caller),
    door: "plan",
    requestId: null,
    trace: null,
    nowMs: context.nowMs,
    ...words.value,
    ...(reviewed ? { reviewed } : {}),
    ops,
    body,
  } as const;
  const malformed = ops.length === 0 ? undefined : judgeShape(asked);
  if (malformed !== undefined) return refusalOf(malformed, changePointer);
  const { facts, rules } = gatherForPlan(context.world.db, asked);
  const bases = facts.ops.map(({ revision }) => revision);
  const digest = planDigest(context.world, planToHash(ops, { bases, rules }), body);
  if (!digest.ok) return digest;
  const sent = input.body.planDigest;
  // All of one look, so nothing was made meanwhile.
  const stood = { rules, made: 0 };
  const bound = sent === undefined ? {} : { planned: { holds: sent === digest.value, bases, ...stood } };
  const foreseen = foresee({ ...asked, ...bound }, { ...facts, ...stood });
  if (!foreseen.ok) return refusalOf(foreseen, changePointer);
  const unfit = unfitValues(asked, foreseen.unjudged, context.world);
  if (unfit?.code === "busy") return refusalOf(unfit, changePointer);
  const refused = unfit === undefined ? foreseen.refusals : [...foreseen.refusals, unfit];
  const refusals = [...undurable(context), ...conflicts, ...refused.flatMap(causesOf)];
  const { lineage, revision: head } = facts.store;
  const overridden = words.value.override === undefined || refusals.length > 0 ? [] : foreseen.broken;
  const readers = readersOf(context.world.db, ops, context.nowMs);
  const answer: PlanAnswer = {
    head,
    ok: refusals.length === 0,
    planDigest: digest.value,
    changes: ops.map(({ op, namespace, key, mediaType, size }, index) => {
      const result = foreseen.results[index]?.result ?? "unchanged";
      if (result === "erased") throw new Error("a plan erases nothing");
      const stands = facts.ops[index];
      const former = from?.[index];
      return {
        op,
        namespace,
        key,
        result,
        baseRevision: stands?.revision ?? 0,
        sizeBefore: stands?.size ?? 0,
        sizeAfter: op === "check" ? (stands?.size ?? 0) : size,
        ...(mediaType === null ? {} : { mediaType }),
        ...(former == null ? {} : { fromRevision: former }),
      };
    }),
    refusals,
    warnings: warnings(context.world.db, { ops, body, facts, overridden }),
    ...(readers.length === 0 ? {} : { readers }),
  };
  return jsonReply(200, answer, shownHeaders({ revision: head, head, lineage }));
}

type Wanted = Pick<Reverted, "ops" | "body"> & Partial<Reverted> & Pick<Reverted, "conflicts">;

function wantedBy(body: PlanBody, context: Context): Outcome<Wanted> {
  const { message: _m, author: _a, meta: _e, planDigest: _p, override: _o, changes, ...others } = body;
  if (changes === undefined) {
    const wish = wishOf(others);
    if (!wish.ok) return wish;
    return reverted(wish.value, context, { at: context.view.head, verbs: ["plan", "read", "history"] });
  }
  if (Object.keys(others).length > 0)
    return refuse("invalid_body", "A plan is for changes or for a revert, and not for both.");
  const proposed = proposedChanges(changes, context);
  return proposed.ok ? accept({ ...proposed.value, conflicts: [] }) : proposed;
}

/** A store that would lose what it commits takes no commit. */
function undurable({ world }: Context): RefusalError[] {
  const refused = requireDurability(world);
  return refused === undefined ? [] : [{ pointer: "", code: refused.code, detail: refused.detail }];
}

function causesOf(refused: CommitRefusal): readonly RefusalError[] {
  const { code, detail, errors = [] } = refusalOf(refused, changePointer);
  return errors.length > 0 ? errors : [{ pointer: "", code, detail }];
}
