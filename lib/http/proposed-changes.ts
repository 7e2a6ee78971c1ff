/**
 * The changes of a commit body as operations of a proposal, for whoever commits them and whoever plans them. The bytes of
 * each `value` are cut out of the body by SQL, so that numbers and member order stay as they were sent.
 */
import type { Change, PutChange } from "../api/commit-body.ts";
import { decodeBase64 } from "../core/base64.ts";
import { LONE_SURROGATE } from "../core/characters.ts";
import { COMMIT_LIMITS } from "../core/commit/limits.ts";
import { judgeKey } from "../core/key.ts";
import { isJsonType, parseMediaType } from "../core/media-type.ts";
import { isReserved, judgeNamespace, reservedNamespace } from "../core/namespace.ts";
import { accept, type Outcome, type Refusal, type RefusalError, refuse } from "../core/refusal.ts";
import { REFUSAL_DETAILS } from "../core/refusal-details.ts";
import { encodeUtf8 } from "../core/utf8.ts";
import { cutValues } from "../store/documents/json-text.ts";
import type { Db } from "../store/sqlite/driver.ts";
import type { AnsweredOp } from "./commit-reply.ts";
import type { Context } from "./context.ts";
import { judgeValue } from "./json-value.ts";
import { concatenate } from "./reply.ts";

/** The part of a proposal that a body's changes are. */
export interface ProposedChanges {
  readonly ops: readonly AnsweredOp[];
  /** All values end to end. */
  readonly body: Uint8Array;
}

/** Refuses what is wrong with the changes themselves, whatever stands in the store. Throws StoreFault. */
export function proposedChanges(changes: readonly Change[], context: Context): Outcome<ProposedChanges> {
  const misnamed = judgeNames(changes);
  if (misnamed !== undefined) return misnamed;
  const values = valuesOf(context, changes);
  if (!values.ok) return values;
  const pieces = values.value.flatMap((value) => (value === null ? [] : [value.bytes]));
  return accept({ ops: opsOf(changes, values.value), body: concatenate(pieces) });
}

/** Where in a body a change stands. */
export function changePointer(index: number): string {
  return `/changes/${index}`;
}

/** The bytes of a put. */
interface PutValue {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly text: boolean;
}

/** `values` in the order of the changes; null for what carries none. */
function opsOf(changes: readonly Change[], values: readonly (PutValue | null)[]): AnsweredOp[] {
  let at = 0;
  return changes.map((change, index): AnsweredOp => {
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
}

function judgeNames(changes: readonly Change[]): Refusal | undefined {
  const seen = new Set<string>();
  for (const [index, { namespace, key }] of changes.entries()) {
    const named = judgeNamespace(namespace);
    if (!named.ok) return { ...named, errors: [cause(index, named, "/namespace")] };
    if (isReserved(namespace)) {
      const detail = "this is one of Ledge's own";
      const pointer = `${changePointer(index)}/namespace`;
      return reservedNamespace([{ pointer, code: "reserved_namespace", detail }]);
    }
    const judged = judgeKey(key);
    if (!judged.ok) return { ...judged, errors: [cause(index, judged, "/key")] };
    const name = `${namespace}/${key}`;
    if (seen.has(name)) {
      return refuse("duplicate_change", REFUSAL_DETAILS.duplicate_change, {
        errors: [
          { pointer: changePointer(index), code: "duplicate_change", detail: "this key was named before" },
        ],
      });
    }
    seen.add(name);
  }
  return undefined;
}

function valuesOf({ world, request }: Context, changes: readonly Change[]): Outcome<(PutValue | null)[]> {
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
      errors: [{ pointer: changePointer(index), code: "too_large", detail: `${found} bytes` }],
    },
  );
}

function putValue(db: Db, change: PutChange, cut: Uint8Array | null): Outcome<PutValue> {
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

function cause(index: number, { code, detail }: Refusal, member: string): RefusalError {
  return { pointer: changePointer(index) + member, code, detail };
}
