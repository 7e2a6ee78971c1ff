/** Who would get a change, as far as that is known: edges that have reported of its namespaces lately. */
import type { PlanAnswer } from "../../lib/api/plan-answer.ts";
import { countEdges } from "../../lib/store/fleet/beacons.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";

/** Namespaces in order, without those of which no edge has reported. Throws StoreFault. */
export function readersOf(
  db: Db,
  ops: readonly { readonly namespace: string }[],
  nowMs: number,
): NonNullable<PlanAnswer["readers"]> {
  const names = [...new Set(ops.map(({ namespace }) => namespace))].sort();
  return names.flatMap((namespace) => {
    const edges = countEdges(db, { namespace, nowMs });
    return edges === 0 ? [] : [{ namespace, edges }];
  });
}
