/** PUT and DELETE /v1/write/{ns}: one document, with the conditions of RFC 9110. */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import type { CommitOutcome } from "../../lib/core/commit/verdict.ts";
import { encodeParameter } from "../../lib/core/query.ts";
import type { AnsweredOp } from "../../lib/http/commit-reply.ts";
import { commitReply } from "../../lib/http/commit-reply.ts";
import type { Context } from "../../lib/http/context.ts";
import { explainStale } from "../../lib/http/foreign.ts";
import { RACE_SECONDS, waitFor } from "../../lib/http/freshness.ts";
import { judgeValue } from "../../lib/http/json-value.ts";
import { namedState } from "../../lib/http/named-state.ts";
import { propose, proposerOf } from "../../lib/http/propose.ts";
import { readContentHeaders } from "../../lib/http/read-request.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import type { Answer, Result } from "../../lib/http/result.ts";

type WriteInput = Input<"putDocument"> | Input<"deleteDocument">;
const NOTHING = new Uint8Array(0);

export function putDocument(input: Input<"putDocument">, context: Context): Result<CommitAnswer> {
  const { body } = context.request;
  const type = readContentHeaders(context.request);
  if (!type.ok) return type;
  const { text: mediaType, utf8 } = type.value;
  const value = judgeValue(context.world.db, body, { mediaType, utf8 });
  if (!value.ok) return value;
  return write(input, context, { op: "put", mediaType, body, text: value.value.text });
}

export function deleteDocument(input: Input<"deleteDocument">, context: Context): Result<CommitAnswer> {
  return write(input, context, { op: "delete", mediaType: null, body: NOTHING, text: false });
}

interface Change {
  readonly op: "put" | "delete";
  readonly mediaType: string | null;
  readonly body: Uint8Array;
  readonly text: boolean;
}

function write(
  input: WriteInput,
  context: Context,
  { op: kind, body, ...change }: Change,
): Result<CommitAnswer> {
  const { namespace, key, condition, requestId, message, trace, override } = input;
  const { state, head } = namedState(context.world.db, { namespace, key, op: kind }, condition);
  const op: AnsweredOp = { op: kind, namespace, key, ...change, ...state, at: 0, size: body.length };
  const proposed = {
    proposer: proposerOf(context.caller),
    door: "write",
    requestId,
    message,
    author: null,
    meta: null,
    trace,
    ops: [op],
    body,
    ...(override === null ? {} : { override }),
  } as const;
  return propose(context, proposed, (outcome) => {
    // "Whatever is there" was something else a moment ago: judge the request again, now that the store has moved on.
    const raced =
      !outcome.ok && outcome.code === "stale" && condition.kind === "present" && head !== undefined;
    return (
      (raced ? waitFor(head + 1, RACE_SECONDS, context) : undefined) ??
      answer(input, context, { op, outcome })
    );
  });
}

function answer(
  { namespace, key, condition }: WriteInput,
  { view }: Context,
  { op, outcome }: { op: AnsweredOp; outcome: CommitOutcome },
): Answer<CommitAnswer> {
  if (!outcome.ok) {
    return explainStale(
      view,
      condition,
      refusalOf(outcome, () => ""),
    );
  }
  const [result] = outcome.results;
  const headers: [string, string][] = [
    ["content-location", `/v1/read/${namespace}?key=${encodeParameter(key)}`],
  ];
  if (op.op === "put" && result?.etag != null) {
    headers.push(["etag", result.etag], ["ledge-document-revision", String(result.revision)]);
  }
  return commitReply(outcome, [op], { status: result?.result === "created" ? 201 : 200, headers });
}
