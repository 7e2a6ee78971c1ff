/**
 * The shape of a proposal: what can be judged without a store. Handlers refuse these first and in better words;
 * nothing that slips by gets further than here.
 */
import { judgeKey } from "../key.ts";
import { AUTH, isNamespaceName, isReserved, SYSTEM } from "../namespace.ts";
import { utf8Length } from "../utf8.ts";
import { COMMIT_LIMITS } from "./limits.ts";
import type { Proposal, ProposedOp } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

const OPS: readonly string[] = ["put", "delete", "check", "erase"];
const DOORS: readonly string[] = ["write", "admin", "plan", "approve"];
/** Quotes, commas and numbers around the names of an operation as it is sent to the store. */
const OP_OVERHEAD_BYTES = 80;

/** Refuses `invalid_body`, `too_many_changes`, `too_large`, `bad_namespace`, `bad_key`, `duplicate_change`. */
export function judgeShape(proposal: Proposal): CommitRefusal | undefined {
  const { ops, body, door, nowMs } = proposal;
  if (ops.length === 0 || !Number.isSafeInteger(nowMs) || !DOORS.includes(door))
    return refusal("invalid_body");
  if (ops.length > COMMIT_LIMITS.changes) return refusal("too_many_changes");
  if (body.length > COMMIT_LIMITS.bodyBytes || encodedBytes(proposal) > COMMIT_LIMITS.encodedBytes)
    return refusal("too_large");
  const each = (code: CommitRefusal["code"], offends: (op: ProposedOp) => boolean) => {
    const indexes = ops.flatMap((op, index) => (offends(op) ? [index] : []));
    return indexes.length === 0 ? undefined : refusal(code, indexes);
  };
  return (
    each("invalid_body", (op) => !isWellFormed(op, body.length)) ??
    each("too_large", ({ size }) => size > COMMIT_LIMITS.valueBytes) ??
    each("bad_namespace", ({ namespace }) => !isNamespace(namespace)) ??
    each("bad_key", ({ key }) => !judgeKey(key).ok) ??
    judgeDistinct(ops)
  );
}

function isNamespace(name: string): boolean {
  return isReserved(name) ? name === SYSTEM || name === AUTH : isNamespaceName(name);
}

function isWellFormed(op: ProposedOp, bodyBytes: number): boolean {
  const { ifRevision, ifLineage, mediaType, at, size } = op;
  return (
    OPS.includes(op.op) &&
    typeof op.namespace === "string" &&
    typeof op.key === "string" &&
    isCount(at) &&
    isCount(size) &&
    at + size <= bodyBytes &&
    (ifRevision === null || (Number.isSafeInteger(ifRevision) && ifRevision >= -1)) &&
    (op.op !== "check" || (ifRevision !== null && ifRevision >= 0)) &&
    (op.op === "put") === (mediaType !== null) &&
    (mediaType === null || (mediaType.length >= 3 && mediaType.length <= 255)) &&
    (ifLineage === null || ifLineage.length === 8)
  );
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function judgeDistinct(ops: readonly ProposedOp[]): CommitRefusal | undefined {
  if (ops.length === 1) return undefined;
  const seen = new Set<string>();
  const twice = ops.flatMap(({ namespace, key }, index) => {
    // No namespace holds a slash, so the two never run together.
    const name = `${namespace}/${key}`;
    if (seen.has(name)) return [index];
    seen.add(name);
    return [];
  });
  return twice.length === 0 ? undefined : refusal("duplicate_change", twice);
}

function encodedBytes({ ops, body }: Proposal): number {
  let bytes = body.length;
  for (const { namespace, key, mediaType } of ops)
    bytes += OP_OVERHEAD_BYTES + namespace.length + utf8Length(key) + (mediaType?.length ?? 0);
  return bytes;
}
