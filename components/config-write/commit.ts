/**
 * POST /v1/commit: many documents of many namespaces in one commit. The body is judged by its schema; the bytes
 * of each `value` are cut out of it by SQL, so that numbers and member order stay as they were sent.
 */

import { type Change, CommitBody, type PutChange } from "../../lib/api/commit-body.ts";
import { decodeBase64 } from "../../lib/core/base64.ts";
import { LONE_SURROGATE } from "../../lib/core/characters.ts";
import { COMMIT_LIMITS } from "../../lib/core/commit/limits.ts";
import type { ProposedOp } from "../../lib/core/commit/proposal.ts";
import { judgeKey } from "../../lib/core/key.ts";
import { isJsonType, parseMediaType } from "../../lib/core/media-type.ts";
import {
  isPlainText,
  MESSAGE_BYTES_MAX,
  parseIdempotencyKey,
  parseMessage,
  traceIdOf,
} from "../../lib/core/message.ts";
import { isReserved, judgeNamespace } from "../../lib/core/namespace.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, type Refusal, type RefusalError, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { encodeUtf8 } from "../../lib/core/utf8.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeOnCommit, noteCommit } from "../../lib/http/backed-up.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/http/body.ts";
import { type Caller, credentialsOf, requireCaller } from "../../lib/http/caller.ts";
import { commitReply } from "../../lib/http/commit-reply.ts";
import { acceptedDurability } from "../../lib/http/durable.ts";
import { judgeValue } from "../../lib/http/json-value.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import { concatenate } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { commit } from "../../lib/store/commit/commit.ts";
import { cutValues } from "../../lib/store/documents/json-text.ts";

/** A body wraps its values in {changes:[{value:…}]}. */
const WRAPPING = 3;
const AUTHOR_BYTES_MAX = 200;
const HEADERS = ["idempotency-key", "ledge-message", "content-type", "content-encoding", "traceparent"];

interface Words {
  readonly message: string | null;
  readonly requestId: string | null;
  readonly trace: string | null;
}

export function postCommit(door: Door, { query }: Target): Answer {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const words = parseWords(door, query);
  if (!words.ok) return words;
  const { db } = door.world;
  const body = parseJsonBody(db, door.request, {
    schema: CommitBody,
    bytesMax: COMMIT_LIMITS.encodedBytes,
    wrapping: WRAPPING,
  });
  if (!body.ok) return body;
  const unfit = judgeBody(body.value, words.value);
  if (unfit !== undefined) return unfit;
  const values = valuesOf(door, body.value.changes);
  if (!values.ok) return values;
  const unsafe = judgeOnCommit(door);
  return (
    unsafe ?? propose(door, found.value.caller, { ...words.value, body: body.value, values: values.value })
  );
}

interface Judged extends Words {
  readonly body: CommitBody;
  /** The bytes of each put, in the order of the changes; null for the others. */
  readonly values: readonly (PutValue | null)[];
}

interface PutValue {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly text: boolean;
}

function propose(door: Door, caller: Caller, { body, values, ...words }: Judged): Answer {
  let at = 0;
  const ops = body.changes.map((change, index): ProposedOp => {
    const value = values[index] ?? null;
    const begin = at;
    at += value?.bytes.length ?? 0;
    return {
      op: change.op,
      namespace: change.namespace,
      key: change.key,
      mediaType: value?.mediaType ?? null,
      ifRevision: change.ifRevision === "any" ? -1 : (change.ifRevision ?? null),
      ifLineage: null,
      at: value === null ? 0 : begin,
      size: value?.bytes.length ?? 0,
      text: value?.text ?? false,
    };
  });
  const { world } = door;
  const outcome = commit(
    world.db,
    {
      proposer: { kind: "token", accessor: caller.accessor ?? "", digest: caller.digest },
      door: "write",
      nowMs: world.nowMs(),
      requestId: words.requestId,
      message: body.message ?? words.message,
      author: body.author ?? null,
      meta: body.meta === undefined ? null : JSON.stringify(body.meta),
      trace: words.trace,
      ops,
      body: concatenate(values.flatMap((value) => (value === null ? [] : [value.bytes]))),
    },
    acceptedDurability(world),
  );
  noteCommit(door, outcome);
  if (!outcome.ok) return refusalOf(outcome, pointerOf);
  return commitReply(outcome, ops, { status: 200, headers: [] });
}

function parseWords({ request }: Door, query: string): Outcome<Words> {
  const parameters = parseQuery(query, ["message"]);
  if (!parameters.ok) return parameters;
  const picked = pickHeaders(request, HEADERS);
  if (!picked.ok) return picked;
  const type = judgeJsonHeaders(picked.value["content-type"], picked.value["content-encoding"]);
  if (!type.ok) return type;
  const message = parseMessage(parameters.value.get("message"), picked.value["ledge-message"]);
  if (!message.ok) return message;
  const requestId = parseIdempotencyKey(picked.value["idempotency-key"]);
  if (!requestId.ok) return requestId;
  return accept({
    message: message.value,
    requestId: requestId.value,
    trace: traceIdOf(picked.value.traceparent),
  });
}

/** What the schema cannot say: names, keys, twice the same, and words. All offences are told at once. */
function judgeBody({ changes, message, author, meta }: CommitBody, words: Words): Refusal | undefined {
  if (changes.length > COMMIT_LIMITS.changes) {
    return refuse(
      "too_many_changes",
      `A commit holds at most ${COMMIT_LIMITS.changes} changes; this one has ${changes.length}.`,
      {
        members: { limit: COMMIT_LIMITS.changes, size: changes.length },
      },
    );
  }
  if (message !== undefined && words.message !== null)
    return refuse("bad_parameter", "Give the message once: in the body or as ?message=.");
  const plain = isPlainText(message ?? "", MESSAGE_BYTES_MAX) && isPlainText(author ?? "", AUTHOR_BYTES_MAX);
  if (!plain || Object.entries(meta ?? {}).some(([name, value]) => !isPlainText(name + value, 1024))) {
    return refuse(
      "invalid_body",
      "message, author and meta hold plain text without control characters, within their limits.",
    );
  }
  return judgeNames(changes);
}

function judgeNames(changes: readonly Change[]): Refusal | undefined {
  const seen = new Set<string>();
  for (const [index, { namespace, key }] of changes.entries()) {
    const named = judgeNamespace(namespace);
    if (!named.ok) return { ...named, errors: [cause(index, named, "/namespace")] };
    if (isReserved(namespace)) {
      return refuse(
        "reserved_namespace",
        "Namespaces that begin with _ are changed through /v1/admin only.",
        {
          errors: [
            {
              pointer: `${pointerOf(index)}/namespace`,
              code: "reserved_namespace",
              detail: "this is one of Ledge's own",
            },
          ],
        },
      );
    }
    const judged = judgeKey(key);
    if (!judged.ok) return { ...judged, errors: [cause(index, judged, "/key")] };
    const name = `${namespace}/${key}`;
    if (seen.has(name)) {
      return refuse("duplicate_change", "A commit names each key once.", {
        errors: [
          { pointer: pointerOf(index), code: "duplicate_change", detail: "this key was named before" },
        ],
      });
    }
    seen.add(name);
  }
  return undefined;
}

function valuesOf({ world, request }: Door, changes: readonly Change[]): Outcome<(PutValue | null)[]> {
  const cut = changes.some((change) => change.op === "put" && "value" in change)
    ? cutValues(world.db, request.body)
    : [];
  const values: (PutValue | null)[] = [];
  let total = 0;
  for (const [index, change] of changes.entries()) {
    const value = change.op === "put" ? putValue(world.db, change, cut[index] ?? null) : accept(null);
    if (!value.ok) return { ...value, errors: [cause(index, value, "")] };
    const size = value.value?.bytes.length ?? 0;
    total += size;
    if (size > COMMIT_LIMITS.valueBytes || total > COMMIT_LIMITS.bodyBytes)
      return tooLarge(index, size, total);
    values.push(value.value);
  }
  return accept(values);
}

function tooLarge(index: number, size: number, total: number): Outcome<never, "too_large"> {
  const one = size > COMMIT_LIMITS.valueBytes;
  const [limit, found] = one ? [COMMIT_LIMITS.valueBytes, size] : [COMMIT_LIMITS.bodyBytes, total];
  return refuse(
    "too_large",
    `${one ? "A value" : "A commit's values together"} may have ${limit} bytes; at this change there are ${found}.`,
    {
      members: { limit, size: found },
      errors: [{ pointer: pointerOf(index), code: "too_large", detail: `${found} bytes` }],
    },
  );
}

function putValue(db: Door["world"]["db"], change: PutChange, cut: Uint8Array | null): Outcome<PutValue> {
  const given = ["value", "text", "base64"].filter((name) => name in change);
  if (given.length !== 1)
    return refuse("invalid_body", "A put carries its bytes in exactly one of value, text and base64.");
  if (change.mediaType === undefined && given[0] !== "value")
    return refuse("invalid_body", "A put without value needs mediaType.");
  const type = parseMediaType(change.mediaType ?? "application/json");
  if (!type.ok) return type;
  const mediaType = type.value.text;
  if (given[0] === "value") {
    // SQLite has judged this JSON with the whole body; what it cut out needs no second look.
    if (!isJsonType(mediaType))
      return refuse("invalid_body", "value is JSON; another media type carries text or base64.");
    return cut === null
      ? refuse("invalid_body", "The value cannot be read.")
      : accept({ bytes: cut, mediaType, text: true });
  }
  const bytes = change.text === undefined ? decodeBase64(change.base64 ?? "") : textBytes(change.text);
  if (bytes === undefined)
    return refuse(
      "invalid_body",
      "text holds no lone surrogates, and base64 follows RFC 4648 with its padding.",
    );
  const judged = judgeValue(db, bytes, { mediaType, utf8: type.value.utf8 });
  return judged.ok ? accept({ bytes, mediaType, text: judged.value.text }) : judged;
}

function textBytes(text: string): Uint8Array | undefined {
  return LONE_SURROGATE.test(text) ? undefined : encodeUtf8(text);
}

function pointerOf(index: number): string {
  return `/changes/${index}`;
}

function cause(index: number, { code, detail }: Refusal, member: string): RefusalError {
  return { pointer: pointerOf(index) + member, code, detail };
}
