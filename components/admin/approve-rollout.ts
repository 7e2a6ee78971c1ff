/**
 * A second person's approval of the step that a rollout waits before. Promise: it is for the very document that was looked at, its
 * target and its steps, and by somebody else than who began it.
 */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import type { Broken } from "../../lib/core/commit/broken.ts";
import { allowsWhole } from "../../lib/core/grant.ts";
import { type Outcome, refuse } from "../../lib/core/refusal.ts";
import { type RolloutDocument, rolloutKey } from "../../lib/core/rollout/documents.ts";
import { formatTime } from "../../lib/core/time.ts";
import { forbidden } from "../../lib/http/caller.ts";
import { commitReply } from "../../lib/http/commit-reply.ts";
import type { Context } from "../../lib/http/context.ts";
import type { Result } from "../../lib/http/result.ts";
import { formatPerson, isSamePerson, personOf } from "../../lib/http/second-person.ts";
import { brokenByRollout } from "./carried.ts";
import { channelPlaceOf } from "./channels.ts";
import { writeSetting } from "./settings-write.ts";
import { findRollout, pointerChange } from "./steer-rollout.ts";

export function approveRollout(input: Input<"approveRollout">, context: Context): Result<CommitAnswer> {
  const { namespace, message, trace, body } = input;
  const { caller } = context;
  if (!allowsWhole(caller.grants, "approve", namespace))
    return forbidden(caller, "approve", `all of ${namespace}`);
  const found = findRollout(input, context);
  if (!found.ok) return found;
  const { rollout, settings } = found.value;
  const approved = approvedBy(rollout, { seen: body.revision, stands: settings.rollout.revision }, context);
  if (!approved.ok) return approved;
  const person = personOf(caller);
  return writeSetting(
    context,
    {
      change: pointerChange(rolloutKey(channelPlaceOf(input)), settings.rollout, approved.value),
      words: { message: message === null ? "approved" : `approved: ${message}`, requestId: null, trace },
      proposer: { kind: "reserved", actor: "_rollout" },
      bound: {
        author: formatPerson(person),
        meta: JSON.stringify({ _approved: person.by }),
        approvedBy: person.by,
        carries: frozenNow(rollout, namespace, context),
      },
    },
    ({ outcome, op, result }) =>
      commitReply(outcome, [op], {
        status: 200,
        headers: result.etag === null ? [] : [["etag", result.etag]],
      }),
  );
}

/** What has not begun does not begin in a freeze, whenever that was put. */
function frozenNow(rollout: RolloutDocument, namespace: string, context: Context): Broken[] {
  if (rollout.step >= 0) return [];
  return brokenByRollout(context, namespace, rollout).filter(({ kind }) => kind === "freeze");
}

/** The rollout in the step that it waited before. Whoever repeats an approval finds it as it left it. */
function approvedBy(
  rollout: RolloutDocument,
  { seen, stands }: { readonly seen: number; readonly stands: number },
  { caller, world, nowMs }: Context,
): Outcome<RolloutDocument> {
  const { state, step, startedBy, approved } = rollout;
  const person = personOf(caller);
  if (approved?.revision === seen && approved.by === person.by) return { ok: true, value: rollout };
  if (state !== "waiting")
    return refuse("not_found", `There is no rollout that waits: the last one is ${state}. ${rollout.reason}`);
  if (startedBy !== undefined && isSamePerson(startedBy, caller, world.db))
    return refuse(
      "forbidden",
      "Nobody approves a rollout that they began, and tokens of one name are one person's. Another person does.",
    );
  if (seen !== stands)
    return refuse(
      "approval_void",
      `The rollout is another one now: revision ${stands}, and not ${seen}. Look at it again.`,
    );
  const reason = `Step ${step + 2} was approved by ${formatPerson(person)}.`;
  const at = { since: formatTime(nowMs), reason, approved: { ...person, revision: seen } };
  return { ok: true, value: { ...rollout, ...at, state: "running", step: step + 1 } };
}
