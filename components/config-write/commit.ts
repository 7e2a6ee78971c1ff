/** POST /v1/commit: many documents of many namespaces in one commit, bound to a plan on demand. */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { commitReply } from "../../lib/http/commit-reply.ts";
import { commitWords } from "../../lib/http/commit-words.ts";
import type { Context } from "../../lib/http/context.ts";
import { boundTo } from "../../lib/http/planned.ts";
import { propose, proposerOf } from "../../lib/http/propose.ts";
import { changePointer, proposedChanges } from "../../lib/http/proposed-changes.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import type { Result } from "../../lib/http/result.ts";

export function postCommit(input: Input<"commit">, context: Context): Result<CommitAnswer> {
  const { body, requestId, trace } = input;
  const words = commitWords(input);
  if (!words.ok) return words;
  const changes = proposedChanges(body.changes, context);
  if (!changes.ok) return changes;
  const bound = boundTo(body.planDigest, changes.value, context.world);
  if (!bound.ok) return bound;
  const { ops } = changes.value;
  const proposed = {
    proposer: proposerOf(context.caller),
    door: "write",
    requestId,
    trace,
    ...words.value,
    ...changes.value,
    ...bound.value,
  } as const;
  return propose(context, proposed, (outcome) =>
    outcome.ok ? commitReply(outcome, ops, { status: 200, headers: [] }) : refusalOf(outcome, changePointer),
  );
}
