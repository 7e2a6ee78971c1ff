/**
 * Who proposes, and may they: the token by accessor and digest, unexpired and unrevoked, and a grant for every
 * operation that was sent. Judged before anything that could tell about a key.
 */
import { allowsKey, type Grant } from "../grant.ts";
import { equalDigests } from "../hex.ts";
import { isReserved } from "../namespace.ts";
import { isExpired, type TokenDocument, tokenOf } from "../token.ts";
import type { Facts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import type { Proposal, ProposedOp } from "./proposal.ts";
import { judgeReserved, mayAdminister } from "./reserved-access.ts";
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
  const denied = indexesOf(ops, (op) => !mayPropose(op, grants, proposal));
  return denied.length === 0 ? undefined : refusal("forbidden", denied);
}

/** Reserved documents, and purges of any, go through the admin door alone; and nothing else does. */
function belongsToAdmin({ op, namespace }: Pick<ProposedOp, "op" | "namespace">): boolean {
  return op === "erase" || isReserved(namespace);
}

function mayPropose(
  { op, namespace, key }: ProposedOp,
  grants: readonly Grant[],
  { door, reviewed }: Proposal,
): boolean {
  // What somebody else has planned may be looked at by whoever may read it.
  if (door === "plan")
    return (
      (reviewed || allowsKey(grants, "plan", namespace, key)) && allowsKey(grants, "read", namespace, key)
    );
  if (door === "approve") return allowsKey(grants, "approve", namespace, key);
  if (belongsToAdmin({ op, namespace })) return mayAdminister({ op, namespace, key }, grants);
  return (
    allowsKey(grants, "write", namespace, key) ||
    (op === "check" && allowsKey(grants, "read", namespace, key))
  );
}
