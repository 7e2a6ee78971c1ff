/** Quotas: a namespace never grows over its keys or bytes; one that is over already may still shrink. */
import type { Facts } from "./facts.ts";
import { settingsOf } from "./named.ts";
import type { Proposal } from "./proposal.ts";
import { type CommitRefusal, type Growth, refusal } from "./verdict.ts";

/** The growth of each namespace that the operations change. */
export function growthOf({ ops }: Proposal, facts: Facts): Map<string, Growth> {
  const growth = new Map<string, Growth>();
  for (const [index, { op, namespace, size }] of ops.entries()) {
    if (op === "check") continue;
    const before = growth.get(namespace) ?? { keys: 0, bytes: 0, index };
    const there = facts.ops[index];
    const stood = there !== undefined && there.revision > 0 ? 1 : 0;
    const stands = op === "put" ? 1 : 0;
    growth.set(namespace, {
      index: before.index,
      keys: before.keys + stands - stood,
      bytes: before.bytes + stands * size - (there?.size ?? 0),
    });
  }
  return growth;
}

/** Refuses `quota_exceeded`. */
export function judgeQuotas(
  _: Proposal,
  facts: Facts,
  { growth }: { readonly growth: ReadonlyMap<string, Growth> },
): CommitRefusal | undefined {
  const over: number[] = [];
  const words: string[] = [];
  let members: CommitRefusal["members"];
  for (const [namespace, { keys, bytes, index }] of growth) {
    const { quota } = settingsOf(facts, namespace);
    const held = facts.namespaces.get(namespace);
    if (quota === undefined || held === undefined) continue;
    const sizes = [
      ["keys", held.keys + keys, keys > 0 ? quota.keys : undefined],
      ["bytes", held.bytes + bytes, bytes > 0 ? quota.bytes : undefined],
    ] as const;
    for (const [unit, size, limit] of sizes) {
      if (limit === undefined || size <= limit) continue;
      over.push(index);
      words.push(`${namespace} would hold ${size} ${unit}, and its quota is ${limit}.`);
      members ??= { limit, size };
    }
  }
  if (members === undefined) return undefined;
  return { ...refusal("quota_exceeded", [...new Set(over)]), detail: words.join(" "), members };
}
