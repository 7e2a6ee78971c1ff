/**
 * What a plan's digest is the SHA-256 of: a line a change, and the revision of the rules that it was judged by. A line is
 * `[op, namespace, key, media type, base revision, size, SHA-256 of the value]` as JSON, so that no two changes have one
 * text. Whoever hashes is the caller: which engine it runs in decides what that costs.
 */
import type { ProposedOp } from "../commit/proposal.ts";

/** A plan as it is hashed. It travels as JSON, with the values behind it. */
export interface PlanToHash {
  readonly rules: number;
  /** Of each change, all of its line but the hash. */
  readonly changes: readonly (readonly [
    op: string,
    namespace: string,
    key: string,
    mediaType: string | null,
    base: number,
    size: number,
  ])[];
}

export function planToHash(
  ops: readonly ProposedOp[],
  { bases, rules }: { readonly bases: readonly number[]; readonly rules: number },
): PlanToHash {
  return {
    rules,
    changes: ops.map(({ op, namespace, key, mediaType, size }, index) => [
      op,
      namespace,
      key,
      mediaType,
      bases[index] ?? 0,
      size,
    ]),
  };
}

/** The lines. `hashes` has one for each change that puts, in their order. */
export function planText({ rules, changes }: PlanToHash, hashes: readonly string[]): string {
  let put = 0;
  const lines = changes.map((change) => {
    const hash = change[0] === "put" ? hashes[put++] : null;
    return `${JSON.stringify([...change, hash])}\n`;
  });
  return `${lines.join("")}${JSON.stringify(["rules", rules])}\n`;
}

/** The values of the puts, which lie end to end. */
export function valuesToHash({ changes }: PlanToHash, body: Uint8Array): Uint8Array[] {
  let at = 0;
  return changes
    .filter(([op]) => op === "put")
    .map(([, , , , , size]) => {
      at += size;
      return body.subarray(at - size, at);
    });
}
