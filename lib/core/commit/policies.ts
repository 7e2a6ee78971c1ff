/**
 * Policies: what a commit may do to the keys of a scope at once, and when it may do nothing. Each policy counts what changes
 * under its own scope, and all must hold. Whoever holds `override` over a policy's scope may break it, with a reason.
 */
import { isEmptyText, isEmptyValue } from "../empty.ts";
import { type Grant, holdsOverScope } from "../grant.ts";
import { CAUSES_MAX } from "../page-limits.ts";
import { BUDGETS, type BudgetName, isFrozen } from "../policy.ts";
import { scopeCoversKey } from "../scope.ts";
import type { TokenDocument } from "../token.ts";
import type { Broken } from "./broken.ts";
import type { Facts, PolicyFacts } from "./facts.ts";
import type { Proposal } from "./proposal.ts";
import type { CommitRefusal } from "./verdict.ts";

type Known = { readonly token: TokenDocument | null; readonly broken: readonly Broken[] };
const NOTHING: readonly Broken[] = [];

/** `altering`: indexes of the operations that change something. */
export function brokenBy(proposal: Proposal, facts: Facts, altering: ReadonlySet<number>): readonly Broken[] {
  // A purge ends a leak, and what it writes again was there.
  if (proposal.door === "admin" || proposal.why !== undefined) return proposal.carries ?? NOTHING;
  const broken: Broken[] = [];
  for (const [namespace, { policies }] of facts.namespaces)
    for (const policy of policies) broken.push(...brokenOf(policy, namespace, { proposal, facts, altering }));
  return broken;
}

interface Judged {
  readonly proposal: Proposal;
  readonly facts: Facts;
  readonly altering: ReadonlySet<number>;
}

function brokenOf({ scope, policy }: PolicyFacts, namespace: string, judged: Judged): Broken[] {
  const { ops, nowMs } = judged.proposal;
  const under = [...judged.altering].filter((index) => {
    const op = ops[index];
    return op?.namespace === namespace && scopeCoversKey(scope, op.key);
  });
  const [index] = under;
  if (index === undefined) return [];
  const place = placeOf(namespace, scope);
  const { budgets = {}, freeze = [] } = policy;
  const broken: Broken[] = [];
  const window = freeze.find((one) => isFrozen(one, nowMs));
  if (window !== undefined) {
    const says = `${place} is frozen until ${window.until}: ${window.reason}`;
    broken.push({ kind: "freeze", namespace, scope, index, says });
  }
  // A second person's approval stands for an override; a freeze is a freeze.
  const { reviewed } = judged.proposal;
  const review = judged.facts.namespaces.get(namespace)?.settings?.review ?? "off";
  for (const budget of BUDGETS) {
    const limit = budgets[budget];
    if (limit === undefined || (reviewed && review !== "off")) continue;
    const size = under.reduce((sum, at) => sum + COUNTS[budget](judged, at), 0);
    const says = `${budget} ${size}, where ${place} allows ${limit}`;
    if (size > limit) broken.push({ kind: "budget", namespace, scope, index, says, limit, size });
  }
  return broken;
}

/** What one operation adds to each budget. */
const COUNTS: { readonly [name in BudgetName]: (judged: Judged, index: number) => number } = {
  keysChanged: () => 1,
  keysDeleted: ({ proposal }, index) => (proposal.ops[index]?.op === "delete" ? 1 : 0),
  growthBytes: ({ proposal, facts }, index) =>
    (proposal.ops[index]?.size ?? 0) - (facts.ops[index]?.size ?? 0),
  emptied({ proposal: { ops, body }, facts }, index) {
    const { op, at = 0, size = 0 } = ops[index] ?? {};
    const { size: sizeBefore = 0, short = null } = facts.ops[index] ?? {};
    if (op !== "put" || sizeBefore === 0 || (short !== null && isEmptyText(short))) return 0;
    return isEmptyValue(body.subarray(at, at + size)) ? 1 : 0;
  },
};

/** Refuses `frozen`, and `override_required` to whom an override is not granted. */
export function judgeFreezes(proposal: Proposal, _: Facts, known: Known): CommitRefusal | undefined {
  return judgeBroken("freeze", proposal, known);
}

/** Refuses `policy_violation`, and `override_required` to whom no override is granted. */
export function judgeBudgets(proposal: Proposal, _: Facts, known: Known): CommitRefusal | undefined {
  return judgeBroken("budget", proposal, known);
}

function judgeBroken(
  kind: Broken["kind"],
  { override }: Proposal,
  { token, broken: all }: Known,
): CommitRefusal | undefined {
  const broken = all.filter((one) => one.kind === kind);
  const [first] = broken;
  if (first === undefined) return undefined;
  const grants: readonly Grant[] = token?.grants ?? [];
  const denied = broken.filter(
    ({ namespace, scope }) => !holdsOverScope(grants, "override", namespace, scope),
  );
  if (override !== undefined && denied.length === 0) return undefined;
  const needed = denied.length > 0 && (kind === "budget" || override !== undefined);
  const code = needed ? "override_required" : kind === "freeze" ? "frozen" : "policy_violation";
  const next = needed
    ? `An override needs the verb override over ${placesOf(denied)}, which the token does not hold.`
    : "Whoever holds the verb override there may override it, with a reason.";
  const { limit, size } = first;
  return {
    ok: false,
    code,
    causes: broken.slice(0, CAUSES_MAX).map(({ index, says }) => ({
      index,
      revision: 0,
      etag: null,
      detail: `${says}.`,
    })),
    detail: `A policy forbids this: ${wordsOfBroken(broken)}. ${next}`,
    ...(limit === undefined || size === undefined ? {} : { members: { limit, size } }),
  };
}

function placesOf(broken: readonly Broken[]): string {
  const places = new Set(broken.map(({ namespace, scope }) => placeOf(namespace, scope)));
  return [...places].slice(0, SAID_MAX).join(", ");
}

const SAID_MAX = 10;

/** What is broken, in words that are bounded. */
export function wordsOfBroken(broken: readonly Broken[]): string {
  const said = broken.slice(0, SAID_MAX).map(({ says }) => says);
  if (broken.length > SAID_MAX) said.push(`and ${broken.length - SAID_MAX} more`);
  return said.join("; ");
}

function placeOf(namespace: string, scope: string): string {
  return scope === "" ? namespace : `${scope} in ${namespace}`;
}
