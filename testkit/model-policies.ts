/** Policies of the store's model, said in plain loops. They share no code with the rules of a commit. */
import type { TestChange } from "./proposals.ts";

export interface ModelPolicy {
  readonly budgets?: {
    readonly keysChanged?: number;
    readonly keysDeleted?: number;
    readonly growthBytes?: number;
    readonly emptied?: number;
  };
  readonly freeze?: readonly { readonly from: string; readonly until: string; readonly reason: string }[];
}

/** Who commits, when, and what they may override: scopes of namespaces, or everything. */
export interface ModelAsked {
  readonly actor: string;
  readonly nowMs: number;
  readonly override: string | undefined;
  readonly mayOverride: "all" | readonly (readonly [ns: string, scope: string])[];
}

/** A change that alters something, and the value before it. */
export interface ModelStep {
  readonly change: TestChange;
  readonly before: string | undefined;
}

type Place = readonly [ns: string, scope: string];

const bytes = (value: string | undefined) => Buffer.byteLength(value ?? "");
const isEmpty = (value: string) => ["", "{}"].includes(value.trim());

/** The policies whose freeze, and those whose budget the steps break. */
function brokenOf(
  policies: ReadonlyMap<string, readonly [Place, ModelPolicy]>,
  steps: readonly ModelStep[],
  nowMs: number,
): { frozen: Place[]; over: Place[] } {
  const found: { frozen: Place[]; over: Place[] } = { frozen: [], over: [] };
  for (const [place, { budgets = {}, freeze = [] }] of policies.values()) {
    const [ns, scope] = place;
    const inside = steps.filter(({ change: { ns: of, key } }) => {
      if (of !== ns) return false;
      return scope.endsWith("/") ? key.startsWith(scope) : scope === "" || key === scope;
    });
    if (inside.length === 0) continue;
    const now = new Date(nowMs).toISOString();
    if (freeze.some(({ from, until }) => from <= now && now < until)) found.frozen.push(place);
    let [deleted, grown, emptied] = [0, 0, 0];
    for (const { change, before } of inside) {
      const after = change.op === "put" ? String(change.value) : undefined;
      if (after === undefined) deleted += 1;
      grown += bytes(after) - bytes(before);
      if (after !== undefined && before !== undefined && isEmpty(after) && !isEmpty(before)) emptied += 1;
    }
    const { keysChanged, keysDeleted, growthBytes, emptied: empties } = budgets;
    const pairs = [
      [inside.length, keysChanged],
      [deleted, keysDeleted],
      [grown, growthBytes],
      [emptied, empties],
    ] as const;
    if (pairs.some(([size, limit]) => limit !== undefined && size > limit)) found.over.push(place);
  }
  return found;
}

/** What policies say to the steps: the code of a refusal, and whether an override was used. */
export function judgeSteps(
  policies: ReadonlyMap<string, readonly [Place, ModelPolicy]>,
  steps: readonly ModelStep[],
  { nowMs, override, mayOverride }: ModelAsked,
): { code?: string; used: boolean } {
  const { frozen, over } = brokenOf(policies, steps, nowMs);
  const granted = ([ns, scope]: Place) =>
    mayOverride === "all" ||
    mayOverride.some(
      ([of, outer]) => of === ns && (outer === scope || (scope !== "" && scope.startsWith(outer))),
    );
  if (frozen.length > 0) {
    if (override === undefined) return { code: "frozen", used: false };
    if (!frozen.every(granted)) return { code: "override_required", used: false };
  }
  if (over.length > 0) {
    if (!over.every(granted)) return { code: "override_required", used: false };
    if (override === undefined) return { code: "policy_violation", used: false };
  }
  return { used: frozen.length + over.length > 0 };
}
