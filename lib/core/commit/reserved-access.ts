/** Who may change reserved documents and purge: grants of administration, and Ledge's own actors, each for one thing. */
import { administersSetting, type Grant, isRoot } from "../grant.ts";
import { AUTH, SYSTEM } from "../namespace.ts";
import { PROPOSAL } from "../review/document.ts";
import type { Facts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import { judgeMode } from "./mode.ts";
import type { Proposal, ProposedOp } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/**
 * Bootstrap makes one token while there has never been any; a restore settles tokens; a reset makes one at any time; a
 * recovery makes one once there has been another (recovery.ts); the tick moves rollouts and their channels; what
 * is proposed is kept and taken away. None of them does
 * anything else.
 */
export function judgeReserved(proposal: Proposal, facts: Facts): CommitRefusal | undefined {
  const { ops, proposer } = proposal;
  const actor = proposer.kind === "reserved" ? proposer.actor : undefined;
  const bootstrap = actor === "_bootstrap";
  if (bootstrap && facts.settings?.bootstrapped === true)
    return judgeMode(proposal, facts) ?? refusal("bootstrap_done", [0]);
  if (actor === "_recovery" && facts.settings?.bootstrapped !== true) return refusal("recovery_refused", [0]);
  const denied = indexesOf(
    ops,
    ({ op, namespace, key }) =>
      (op !== "put" && actor !== "_proposal") ||
      (actor === "_proposal"
        ? namespace !== SYSTEM || !key.startsWith(PROPOSAL)
        : actor === "_rollout"
          ? namespace !== SYSTEM || !/^(channel|rollout)\//.test(key)
          : namespace !== AUTH || !key.startsWith("token/")),
  );
  if (denied.length > 0) return refusal("forbidden", denied);
  const single = bootstrap || actor === "_recovery";
  return single && ops.length > 1 ? refusal("forbidden", [1]) : undefined;
}

/** How far a token's grants reach is judged with the document that it makes. */
export function mayAdminister(
  { op, namespace, key }: Pick<ProposedOp, "op" | "namespace" | "key">,
  grants: readonly Grant[],
): boolean {
  if (op === "erase") return isRoot(grants);
  return namespace === AUTH
    ? grants.some(({ verbs }) => verbs.includes("admin"))
    : administersSetting(grants, key);
}
