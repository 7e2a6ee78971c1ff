/** Quotas: a namespace never grows over its keys or bytes; one that is over already may still shrink. */
import type { Facts } from "./facts.ts";
import { settingsOf } from "./named.ts";
import type { Proposal } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/** What a proposal does to the size of a namespace. */
export interface Growth {
  keys: number;
  bytes: number;
  /** The first operation that changes it. */
  readonly index: number;
}

/** The growth of each namespace that the operations change. */
export function growthOf({ ops }: Proposal, facts: Facts): Map<string, Growth> {
  const growth = new Map<string, Growth>();
  for (const [index, op] of ops.entries()) {
    if (op.op === "check") continue;
    const one = growth.get(op.namespace) ?? { keys: 0, bytes: 0, index };
    const there = facts.ops[index];
    const stood = there !== undefined && there.revision > 0;
    one.bytes += (op.op === "put" ? op.size : 0) - (there?.size ?? 0);
    if (op.op === "put") one.keys += stood ? 0 : 1;
    else one.keys -= stood ? 1 : 0;
    growth.set(op.namespace, one);
  }
  return growth;
}

/** Refuses `quota_exceeded`. */
export function judgeQuotas(growth: ReadonlyMap<string, Growth>, facts: Facts): CommitRefusal | undefined {
  const over: number[] = [];
  for (const [namespace, { keys, bytes, index }] of growth) {
    const { quota } = settingsOf(facts, namespace);
    const held = facts.namespaces.get(namespace);
    if (quota === undefined || held === undefined) continue;
    const tooMany = quota.keys !== undefined && keys > 0 && held.keys + keys > quota.keys;
    const tooLarge = quota.bytes !== undefined && bytes > 0 && held.bytes + bytes > quota.bytes;
    if (tooMany || tooLarge) over.push(index);
  }
  return over.length === 0 ? undefined : refusal("quota_exceeded", over);
}
