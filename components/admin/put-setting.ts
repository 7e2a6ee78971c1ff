/** A settings document of `_system` that a request puts or deletes by the conditions that it names. */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Proposal } from "../../lib/core/commit/proposal.ts";
import type { Refusal } from "../../lib/core/refusal.ts";
import { commitReply } from "../../lib/http/commit-reply.ts";
import type { Context } from "../../lib/http/context.ts";
import { explainStale } from "../../lib/http/foreign.ts";
import { namedState } from "../../lib/http/named-state.ts";
import type { Answer, Result, Wait } from "../../lib/http/result.ts";
import { type SettingChange, type Words, writeSetting } from "./settings-write.ts";

export interface PutSetting {
  readonly key: string;
  /** The document as JSON text; null deletes it. */
  readonly json: string | null;
  readonly input: Words & { readonly condition: Parameters<typeof namedState>[2] };
  /** What goes with it in the same commit. */
  readonly more?: readonly SettingChange[];
  /** What must not have changed since, and what of policies it breaks and why. */
  readonly bound?: Pick<Proposal, "comparedAt" | "carries" | "override">;
}

/** `refused` may answer another way; where it gives nothing, what stands there now is told as far as the caller may see it. */
export function putSetting(
  context: Context,
  { key, json, input, more = [], bound = {} }: PutSetting,
  refused: (refusal: Refusal) => Answer<CommitAnswer> | Wait | undefined,
): Result<CommitAnswer> {
  const { condition } = input;
  const place = { namespace: "_system", key } as const;
  const op = json === null ? "delete" : "put";
  const { state } = namedState(context.world.db, { ...place, op }, condition);
  return writeSetting(
    context,
    { change: { ...place, json, state }, more, words: input, bound },
    ({ outcome, op: made, result }) =>
      commitReply(outcome, [made], {
        status: result.result === "created" ? 201 : 200,
        headers: result.etag === null ? [] : [["etag", result.etag]],
      }),
    (refusal) => refused(refusal) ?? explainStale(context.view, condition, refusal),
  );
}
