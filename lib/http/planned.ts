/**
 * A commit that is bound to a plan. Its digest is computed before any lock is held, for the state as it stands then;
 * inside the transaction it is enough that this state still stands.
 */
import type { PlannedState, ProposedOp } from "../core/commit/proposal.ts";
import { planToHash } from "../core/plan/digest.ts";
import { accept, type Outcome } from "../core/refusal.ts";
import { encodeOps, readPlanState } from "../store/commit/facts.ts";
import { planDigest } from "./plan-digest.ts";
import type { World } from "./world.ts";

/** As a member of a proposal; empty where no digest was sent. Refuses `busy`. Throws StoreFault. */
export function boundTo(
  sent: string | undefined,
  { ops, body }: { readonly ops: readonly ProposedOp[]; readonly body: Uint8Array },
  world: World,
): Outcome<{ readonly planned?: PlannedState }, "busy"> {
  if (sent === undefined) return accept({});
  const state = readPlanState(world.db, encodeOps(ops));
  const digest = planDigest(world, planToHash(ops, state), body);
  return digest.ok ? accept({ planned: { ...state, holds: digest.value === sent } }) : digest;
}
