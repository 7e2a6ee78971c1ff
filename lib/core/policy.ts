/**
 * What a policy says: the document `policy/<namespace>/<scope>` of `_system`. Its budgets bound what one commit does to the
 * keys of its scope; in its freezes no commit changes any of them. That of a whole namespace may demand a second person for
 * every rollout.
 */
import { hasOnly, isObject, parseObject } from "./json-object.ts";
import { isNamespaceName } from "./namespace.ts";
import { judgeScope } from "./scope.ts";
import { parseTime } from "./time.ts";

export const BUDGETS = ["keysChanged", "keysDeleted", "growthBytes", "emptied"] as const;
export type BudgetName = (typeof BUDGETS)[number];

/** From one moment until right before another, both RFC 3339. */
export interface FreezeWindow {
  readonly from: string;
  readonly until: string;
  readonly reason: string;
}

/** An absent budget bounds nothing. */
export interface Policy {
  readonly budgets?: { readonly [name in BudgetName]?: number | undefined };
  readonly freeze?: readonly FreezeWindow[];
  /** Only for the whole namespace. */
  readonly rollouts?: "review";
}

export const FREEZES_MAX = 20;
/** Of a namespace: each of its commits reads them all. */
export const POLICIES_MAX = 100;
const POLICY = "policy/";

export function policyKey({
  namespace,
  scope,
}: {
  readonly namespace: string;
  readonly scope: string;
}): string {
  return `${POLICY}${namespace}/${scope}`;
}

/** Of which namespace and scope a document of `_system` is the policy; undefined for others. */
export function placeOfPolicy(
  key: string,
): { readonly namespace: string; readonly scope: string } | undefined {
  const slash = key.indexOf("/", POLICY.length);
  if (!key.startsWith(POLICY) || slash < 0) return undefined;
  const namespace = key.slice(POLICY.length, slash);
  const scope = key.slice(slash + 1);
  return isNamespaceName(namespace) && judgeScope(scope).ok ? { namespace, scope } : undefined;
}

/** Whether what stands as the policy of a whole namespace, or nothing, demands review of rollouts. */
export function reviewsRollouts(json: string | null): boolean {
  if (json === null) return false;
  // Its shape was judged with the commit that wrote it.
  const { rollouts }: Policy = JSON.parse(json);
  return rollouts === "review";
}

/** A policy by its JSON text; undefined for anything that is not exactly that. */
export function parsePolicy(json: string, scope: string): Policy | undefined {
  const policy = parseObject(json, ["budgets", "freeze", "rollouts"]);
  if (policy === undefined) return undefined;
  const { budgets, freeze, rollouts } = policy;
  const fits =
    (rollouts === undefined || (rollouts === "review" && scope === "")) &&
    (budgets === undefined || areBudgets(budgets)) &&
    (freeze === undefined ||
      (Array.isArray(freeze) && freeze.length <= FREEZES_MAX && freeze.every(isFreeze)));
  return fits ? policy : undefined;
}

function areBudgets(budgets: unknown): boolean {
  if (!isObject(budgets) || !hasOnly(budgets, BUDGETS)) return false;
  return Object.values(budgets).every((limit) => Number.isSafeInteger(limit) && Number(limit) >= 0);
}

function isFreeze(freeze: unknown): boolean {
  if (!isObject(freeze) || !hasOnly(freeze, ["from", "until", "reason"])) return false;
  const { from, until, reason } = freeze;
  if (typeof from !== "string" || typeof until !== "string" || typeof reason !== "string") return false;
  const [fromMs, untilMs] = [parseTime(from), parseTime(until)];
  return fromMs !== undefined && untilMs !== undefined && fromMs < untilMs;
}

/** Whether a freeze holds at a moment, in milliseconds since 1970. */
export function isFrozen({ from, until }: FreezeWindow, nowMs: number): boolean {
  return Date.parse(from) <= nowMs && nowMs < Date.parse(until);
}
