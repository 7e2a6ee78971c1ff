/**
 * Why a condition did not hold, where the answer can say more than "stale": a tag that a proxy made weak, or
 * tags of another history, which name revisions that never were or that a restore lost.
 */
import { type History, judgeLineage } from "../core/ancestry.ts";
import type { WriteCondition } from "../core/conditions.ts";
import type { Refusal } from "../core/refusal.ts";

/** `stale` as it is, with a better sentence, or as `lineage` when every tag is another history's. */
export function explainStale(history: History, condition: WriteCondition, refused: Refusal): Refusal {
  const { kind, hint, states } = condition;
  if (refused.code !== "stale" || kind !== "tags") return refused;
  if (hint !== undefined) return { ...refused, detail: hint };
  let foreign: Refusal = refused;
  for (const { ifLineage, ifRevision } of states) {
    const judged = judgeLineage(history, ifLineage ?? "", ifRevision ?? 0);
    if (judged.ok) return refused;
    foreign = judged;
  }
  return foreign;
}
