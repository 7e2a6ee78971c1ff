/**
 * What a rollout would carry to the edges, against the policies of its namespace: as if the way from one revision to the other
 * were one commit. Ten commits that each keep a budget may be over it together, and at an edge they arrive together.
 */
import type { Broken } from "../commit/broken.ts";
import { BUDGETS, type BudgetName, isFrozen, type Policy } from "../policy.ts";
import { scopeCoversKey } from "../scope.ts";

/** What one key would go through. */
export interface CarriedChange {
  readonly key: string;
  readonly isDeleted: boolean;
  readonly growthBytes: number;
  /** It had content and would have none. */
  readonly isEmptied: boolean;
}

export interface ScopedPolicy {
  readonly scope: string;
  readonly policy: Policy;
}

type Counts = { [name in BudgetName]: number };

export function brokenByCarrying(
  changes: Iterable<CarriedChange>,
  policies: readonly ScopedPolicy[],
  { namespace, nowMs }: { readonly namespace: string; readonly nowMs: number },
): Broken[] {
  if (policies.length === 0) return [];
  const counted = policies.map((one) => ({
    ...one,
    counts: { keysChanged: 0, keysDeleted: 0, growthBytes: 0, emptied: 0 },
  }));
  for (const change of changes)
    for (const { scope, counts } of counted) if (scopeCoversKey(scope, change.key)) add(counts, change);
  return counted.flatMap((one) => brokenOf(one, namespace, nowMs));
}

function add(counts: Counts, { isDeleted, growthBytes, isEmptied }: CarriedChange): void {
  counts.keysChanged += 1;
  counts.growthBytes += growthBytes;
  if (isDeleted) counts.keysDeleted += 1;
  if (isEmptied) counts.emptied += 1;
}

function brokenOf(
  { scope, policy: { budgets = {}, freeze = [] }, counts }: ScopedPolicy & { readonly counts: Counts },
  namespace: string,
  nowMs: number,
): Broken[] {
  if (counts.keysChanged === 0) return [];
  const place = scope === "" ? namespace : `${scope} in ${namespace}`;
  const one = { namespace, scope, index: 0 };
  const window = freeze.find((each) => isFrozen(each, nowMs));
  const frozen: Broken[] =
    window === undefined
      ? []
      : [{ ...one, kind: "freeze", says: `${place} is frozen until ${window.until}: ${window.reason}` }];
  const over = BUDGETS.flatMap((budget): Broken[] => {
    const [limit, size] = [budgets[budget], counts[budget]];
    if (limit === undefined || size <= limit) return [];
    return [
      { ...one, kind: "budget", says: `${budget} ${size}, where ${place} allows ${limit}`, limit, size },
    ];
  });
  return [...frozen, ...over];
}
