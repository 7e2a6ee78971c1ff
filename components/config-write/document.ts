/** PUT and DELETE /v1/write/{ns}: one document, with the conditions of RFC 9110. */

import { COMMIT_LIMITS } from "../../lib/core/commit/limits.ts";
import type { ProposedOp } from "../../lib/core/commit/proposal.ts";
import type { CommitOutcome } from "../../lib/core/commit/verdict.ts";
import { parseWriteCondition, type WriteCondition } from "../../lib/core/conditions.ts";
import { allowsKey } from "../../lib/core/grant.ts";
import { type MediaType, parseMediaType } from "../../lib/core/media-type.ts";
import { parseIdempotencyKey, parseMessage, traceIdOf } from "../../lib/core/message.ts";
import { isReserved, parsePathNamespace } from "../../lib/core/namespace.ts";
import { encodeParameter, parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { type Headers, pickHeaders } from "../../lib/core/request-headers.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeOnCommit, noteCommit } from "../../lib/http/backed-up.ts";
import { type Caller, credentialsOf, forbidden, requireCaller } from "../../lib/http/caller.ts";
import { commitReply } from "../../lib/http/commit-reply.ts";
import { parseDocumentKey } from "../../lib/http/document-name.ts";
import { acceptedDurability } from "../../lib/http/durable.ts";
import { explainStale } from "../../lib/http/foreign.ts";
import { judgeValue } from "../../lib/http/json-value.ts";
import { namedState } from "../../lib/http/named-state.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import type { Target } from "../../lib/http/route.ts";
import { commit } from "../../lib/store/commit/commit.ts";

interface WriteRequest {
  readonly namespace: string;
  readonly key: string;
  readonly condition: WriteCondition;
  readonly message: string | null;
  readonly requestId: string | null;
  readonly trace: string | null;
  readonly headers: Headers;
}

const HEADERS = [
  "if-match",
  "if-none-match",
  "idempotency-key",
  "ledge-message",
  "content-type",
  "content-encoding",
  "content-range",
  "traceparent",
];
/** How often a write that takes whatever is there looks again when somebody else was faster. */
const LOOKS = 8;

export function putDocument(door: Door, target: Target): Answer {
  const begun = begin(door, target);
  if (!begun.ok) return begun;
  const { asked, caller } = begun.value;
  const { body } = door.request;
  if (body.length > COMMIT_LIMITS.valueBytes) {
    return refuse(
      "too_large",
      `The value has ${body.length} bytes; it may have ${COMMIT_LIMITS.valueBytes}.`,
      {
        members: { limit: COMMIT_LIMITS.valueBytes, size: body.length },
      },
    );
  }
  const type = judgeContentHeaders(asked.headers);
  if (!type.ok) return type;
  const value = judgeValue(door.world.db, body, { mediaType: type.value.text, utf8: type.value.utf8 });
  if (!value.ok) return value;
  return write(door, asked, caller, {
    op: "put",
    mediaType: type.value.text,
    at: 0,
    size: body.length,
    text: value.value.text,
  });
}

export function deleteDocument(door: Door, target: Target): Answer {
  const begun = begin(door, target);
  if (!begun.ok) return begun;
  if (door.request.body.length > 0) return refuse("invalid_body", "A DELETE has no body.");
  return write(door, begun.value.asked, begun.value.caller, {
    op: "delete",
    mediaType: null,
    at: 0,
    size: 0,
    text: false,
  });
}

type Change = Pick<ProposedOp, "mediaType" | "at" | "size" | "text"> & { readonly op: "put" | "delete" };

function begin(door: Door, target: Target): Outcome<{ asked: WriteRequest; caller: Caller }> {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const asked = parseWrite(door, target);
  if (!asked.ok) return asked;
  const { namespace, key } = asked.value;
  const { caller } = found.value;
  if (isReserved(namespace)) {
    return refuse("reserved_namespace", "Namespaces that begin with _ are changed through /v1/admin only.");
  }
  if (!allowsKey(caller.grants, "write", namespace, key))
    return forbidden(caller, "write", `this key of ${namespace}`);
  return accept({ asked: asked.value, caller });
}

function write(door: Door, asked: WriteRequest, caller: Caller, change: Change): Answer {
  const unsafe = judgeOnCommit(door);
  if (unsafe !== undefined) return unsafe;
  for (let look = 1; ; look += 1) {
    const state = namedState(door.world.db, { ...asked, op: change.op }, asked.condition);
    const op: ProposedOp = { ...change, namespace: asked.namespace, key: asked.key, ...state };
    const outcome = propose(door, asked, caller, op);
    noteCommit(door, outcome);
    // "Whatever is there" was something else a moment ago: look again.
    const raced =
      !outcome.ok && outcome.code === "stale" && asked.condition.kind === "present" && state.ifRevision !== 1;
    if (raced && look < LOOKS) continue;
    return answerWrite(door, asked, { op, outcome });
  }
}

function propose(
  { world, request }: Door,
  asked: WriteRequest,
  caller: Caller,
  op: ProposedOp,
): CommitOutcome {
  return commit(
    world.db,
    {
      proposer: { kind: "token", accessor: caller.accessor ?? "", digest: caller.digest },
      door: "write",
      nowMs: world.nowMs(),
      requestId: asked.requestId,
      message: asked.message,
      author: null,
      meta: null,
      trace: asked.trace,
      ops: [op],
      body: op.op === "put" ? request.body : new Uint8Array(0),
    },
    acceptedDurability(world),
  );
}

function answerWrite(
  door: Door,
  asked: WriteRequest,
  { op, outcome }: { op: ProposedOp; outcome: CommitOutcome },
): Answer {
  if (!outcome.ok)
    return explainStale(
      door.world.db,
      asked.condition,
      refusalOf(outcome, () => ""),
    );
  const [result] = outcome.results;
  const headers: [string, string][] = [
    ["content-location", `/v1/read/${asked.namespace}?key=${encodeParameter(asked.key)}`],
  ];
  if (op.op === "put" && result?.etag != null) {
    headers.push(["etag", result.etag], ["ledge-document-revision", String(result.revision)]);
  }
  return commitReply(outcome, [op], { status: result?.result === "created" ? 201 : 200, headers });
}

function judgeContentHeaders(headers: Headers): Outcome<MediaType> {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return refuse("content_encoding", "Send the bytes as they are to be stored, without Content-Encoding.");
  }
  return parseMediaType(headers["content-type"]);
}

function parseWrite({ request }: Door, { rest, query }: Target): Outcome<WriteRequest> {
  const slash = rest.indexOf("/");
  const namespace = parsePathNamespace(slash < 0 ? rest : rest.slice(0, slash));
  if (!namespace.ok) return namespace;
  const parameters = parseQuery(query, ["key", "message"]);
  if (!parameters.ok) return parameters;
  const key = parseDocumentKey(slash < 0 ? "" : rest.slice(slash + 1), parameters.value.get("key"));
  if (!key.ok) return key;
  const picked = pickHeaders(request, HEADERS);
  if (!picked.ok) return picked;
  const headers = picked.value;
  if (headers["content-range"] !== undefined)
    return refuse("bad_header", "A document is written whole, without Content-Range.");
  const message = parseMessage(parameters.value.get("message"), headers["ledge-message"]);
  if (!message.ok) return message;
  const requestId = parseIdempotencyKey(headers["idempotency-key"]);
  if (!requestId.ok) return requestId;
  const condition = parseWriteCondition(headers["if-match"], headers["if-none-match"]);
  if (!condition.ok) return condition;
  return accept({
    namespace: namespace.value,
    key: key.value,
    condition: condition.value,
    message: message.value,
    requestId: requestId.value,
    trace: traceIdOf(headers.traceparent),
    headers,
  });
}
