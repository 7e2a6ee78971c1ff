/**
 * A change of one settings document: the words that go with it, its condition, and the proposal through the
 * admin door. Knows no kind of document.
 */

import type { ProposedOp, Proposer } from "../../lib/core/commit/proposal.ts";
import type { CommitOutcome } from "../../lib/core/commit/verdict.ts";
import { type NamedState, parseWriteCondition, type WriteCondition } from "../../lib/core/conditions.ts";
import { parseIdempotencyKey, parseMessage, traceIdOf } from "../../lib/core/message.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome } from "../../lib/core/refusal.ts";
import { type Headers, pickHeaders } from "../../lib/core/request-headers.ts";
import { encodeUtf8 } from "../../lib/core/utf8.ts";
import type { Door } from "../../lib/http/answer.ts";
import { judgeOnCommit, noteCommit } from "../../lib/http/backed-up.ts";
import type { Caller } from "../../lib/http/caller.ts";
import { acceptedDurability } from "../../lib/http/durable.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import { commit } from "../../lib/store/commit/commit.ts";
import type { ReservedNamespace } from "../../lib/store/documents/settings.ts";

const HEADERS = [
  "if-match",
  "if-none-match",
  "idempotency-key",
  "ledge-message",
  "content-type",
  "content-encoding",
  "traceparent",
];

export interface Words {
  readonly message: string | null;
  readonly requestId: string | null;
  readonly trace: string | null;
  readonly condition: WriteCondition;
  readonly headers: Headers;
}

/** What every settings write may carry besides its body. */
export function parseWords(door: Door, query: string): Outcome<Words> {
  const parameters = parseQuery(query, ["message"]);
  if (!parameters.ok) return parameters;
  const headers = pickHeaders(door.request, HEADERS);
  if (!headers.ok) return headers;
  const message = parseMessage(parameters.value.get("message"), headers.value["ledge-message"]);
  if (!message.ok) return message;
  const requestId = parseIdempotencyKey(headers.value["idempotency-key"]);
  if (!requestId.ok) return requestId;
  const condition = parseWriteCondition(headers.value["if-match"], headers.value["if-none-match"]);
  if (!condition.ok) return condition;
  return accept({
    message: message.value,
    requestId: requestId.value,
    trace: traceIdOf(headers.value.traceparent),
    condition: condition.value,
    headers: headers.value,
  });
}

export interface SettingChange {
  readonly namespace: ReservedNamespace;
  readonly key: string;
  /** The document as JSON text; null deletes it. */
  readonly json: string | null;
  readonly state: NamedState;
}

export type Committed = Extract<CommitOutcome, { ok: true }>;

export interface Made {
  readonly outcome: Committed;
  readonly op: ProposedOp;
}

/** Proposes one settings document. Refuses whatever a commit does, and stores that would lose it. */
export function writeSetting(
  door: Door,
  proposer: Proposer,
  { change, words }: { change: SettingChange; words: Omit<Words, "condition" | "headers"> },
): Outcome<Made> {
  const { world } = door;
  const unsafe = judgeOnCommit(door);
  if (unsafe !== undefined) return unsafe;
  const body = encodeUtf8(change.json ?? "");
  const op: ProposedOp = {
    op: change.json === null ? "delete" : "put",
    namespace: change.namespace,
    key: change.key,
    mediaType: change.json === null ? null : "application/json",
    ...change.state,
    at: 0,
    size: body.length,
    text: change.json !== null,
  };
  const { message, requestId, trace } = words;
  const outcome = commit(
    world.db,
    {
      proposer,
      door: "admin",
      nowMs: world.nowMs(),
      requestId,
      message,
      author: null,
      meta: null,
      trace,
      ops: [op],
      body,
    },
    acceptedDurability(world),
  );
  noteCommit(door, outcome);
  return outcome.ok ? accept({ outcome, op }) : refusalOf(outcome, () => "");
}

export function proposerOf(caller: Caller): Proposer {
  return { kind: "token", accessor: caller.accessor ?? "", digest: caller.digest };
}
