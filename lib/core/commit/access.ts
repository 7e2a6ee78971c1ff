/**
 * Who proposes, and may they: the token by accessor and digest, unexpired and unrevoked, and a grant for every
 * operation that was sent. Judged before anything that could tell about a key.
 */
import { administersSetting, allowsKey, type Grant, isRoot } from "../grant.ts";
import { equalDigests } from "../hex.ts";
import { AUTH, isReserved, SYSTEM } from "../namespace.ts";
import { isExpired, type TokenDocument, tokenOf } from "../token.ts";
import type { Facts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import { judgeMode } from "./mode.ts";
import type { Door, Proposal, ProposedOp } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/** The proposing token; null for one of Ledge's own actors. Refuses `bad_token` and `token_expired`. */
export function judgeProposer(
  { proposer, nowMs }: Proposal,
  facts: Facts,
): { readonly ok: true; readonly token: TokenDocument | null } | CommitRefusal {
  if (proposer.kind === "reserved") return { ok: true, token: null };
  if (facts.token === null) return refusal("bad_token");
  const token = tokenOf(facts.token);
  if (!equalDigests(token.digest, proposer.digest) || token.revokedMs !== null) return refusal("bad_token");
  return isExpired(token.expiresMs, nowMs) ? refusal("token_expired") : { ok: true, token };
}

/** Refuses `reserved_namespace`, `bootstrap_done`, `recovery_refused` and `forbidden`. */
export function judgeAccess(
  proposal: Proposal,
  facts: Facts,
  token: TokenDocument | null,
): CommitRefusal | undefined {
  const { ops, door, proposer } = proposal;
  const wrongDoor = indexesOf(ops, (op) => belongsToAdmin(op) !== (door === "admin"));
  if (wrongDoor.length > 0) return refusal("reserved_namespace", wrongDoor);
  if (proposer.kind === "reserved") return judgeReserved(proposal, facts);
  const grants = token?.grants ?? [];
  const denied = indexesOf(ops, (op) => !mayPropose(op, grants, door));
  return denied.length === 0 ? undefined : refusal("forbidden", denied);
}

/** Reserved documents, and purges of any, go through the admin door alone; and nothing else does. */
function belongsToAdmin({ op, namespace }: ProposedOp): boolean {
  return op === "erase" || isReserved(namespace);
}

/**
 * Bootstrap makes one token while there has never been any; a restore settles tokens; a reset makes one at any time; a
 * recovery makes one once there has been another (recovery.ts); the tick moves rollouts and their channels. None of them does
 * anything else.
 */
function judgeReserved(proposal: Proposal, facts: Facts): CommitRefusal | undefined {
  const { ops, proposer } = proposal;
  const actor = proposer.kind === "reserved" ? proposer.actor : undefined;
  const bootstrap = actor === "_bootstrap";
  if (bootstrap && facts.settings?.bootstrapped === true)
    return judgeMode(proposal, facts) ?? refusal("bootstrap_done", [0]);
  if (actor === "_recovery" && facts.settings?.bootstrapped !== true) return refusal("recovery_refused", [0]);
  const denied = indexesOf(
    ops,
    ({ op, namespace, key }) =>
      op !== "put" ||
      (actor === "_rollout"
        ? namespace !== SYSTEM || !/^(channel|rollout)\//.test(key)
        : namespace !== AUTH || !key.startsWith("token/")),
  );
  if (denied.length > 0) return refusal("forbidden", denied);
  const single = bootstrap || actor === "_recovery";
  return single && ops.length > 1 ? refusal("forbidden", [1]) : undefined;
}

function mayPropose({ op, namespace, key }: ProposedOp, grants: readonly Grant[], door: Door): boolean {
  if (door === "plan")
    return allowsKey(grants, "plan", namespace, key) && allowsKey(grants, "read", namespace, key);
  if (op === "erase") return isRoot(grants);
  // How far a token's grants reach is judged with the document that it makes.
  if (namespace === AUTH) return grants.some(({ verbs }) => verbs.includes("admin"));
  if (namespace === SYSTEM) return administersSetting(grants, key);
  return (
    allowsKey(grants, "write", namespace, key) ||
    (op === "check" && allowsKey(grants, "read", namespace, key))
  );
}
