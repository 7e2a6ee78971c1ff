/** Prefixes that would lose many of their keys: what looks like a slip of whoever deletes. */
import type { ProposedOp } from "../commit/proposal.ts";
import type { Warning } from "./warning.ts";

/** A prefix that keys are deleted under; "" is the whole namespace. */
export interface ThinnedPrefix {
  readonly namespace: string;
  readonly prefix: string;
  /** How many keys fewer it would hold. */
  readonly lost: number;
  /** The first operation that deletes one. */
  readonly index: number;
}

/** One key that goes is no slip of this kind. */
const LOST_MIN = 2;
const PREFIXES_MAX = 100;

/** The prefixes to count the keys of, the shortest first. `bases`: what stands at the operations' keys, 0 for nothing. */
export function thinnedPrefixes(ops: readonly ProposedOp[], bases: readonly number[]): ThinnedPrefix[] {
  const found = new Map<string, { namespace: string; prefix: string; lost: number; index: number }>();
  for (const [index, { op, namespace, key }] of ops.entries()) {
    const there = (bases[index] ?? 0) > 0;
    const lost = op === "delete" && there ? 1 : op === "put" && !there ? -1 : 0;
    if (lost === 0) continue;
    for (const prefix of prefixesOf(key)) {
      const name = `${namespace}/${prefix}`;
      const one = found.get(name) ?? { namespace, prefix, lost: 0, index };
      found.set(name, { ...one, lost: one.lost + lost });
    }
  }
  return [...found.values()]
    .filter(({ lost }) => lost >= LOST_MIN)
    .sort((a, b) => a.prefix.length - b.prefix.length)
    .slice(0, PREFIXES_MAX);
}

/** One warning for the outermost prefix of those that lose more than half. `held`: how many keys each has now. */
export function prefixWarnings(thinned: readonly ThinnedPrefix[], held: readonly number[]): Warning[] {
  const told: ThinnedPrefix[] = [];
  const warnings: Warning[] = [];
  for (const [at, one] of thinned.entries()) {
    const { namespace, prefix, lost, index } = one;
    if (2 * lost <= (held[at] ?? 0)) continue;
    if (told.some((outer) => outer.namespace === namespace && prefix.startsWith(outer.prefix))) continue;
    told.push(one);
    const place = prefix === "" ? `The namespace ${namespace}` : `${prefix} in ${namespace}`;
    const detail = `${place} would lose ${lost} of its ${held[at] ?? 0} keys.`;
    warnings.push({ code: "prefix_shrinks", detail, index });
  }
  return warnings;
}

function prefixesOf(key: string): string[] {
  const prefixes = [""];
  for (let at = key.indexOf("/"); at >= 0; at = key.indexOf("/", at + 1)) prefixes.push(key.slice(0, at + 1));
  return prefixes;
}
