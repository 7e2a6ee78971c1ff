/**
 * The token that the recovery secret makes: a new one, root, for one hour, and no second one while it lives. Promise:
 * nothing else can be made in the name of `_recovery`, and its hour never grows.
 */
import { isRoot } from "../grant.ts";
import { isLive, isOfRecovery, RECOVERY_MS, type TokenDocument } from "../token.ts";
import type { Proposal } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/** Whether a token's document breaks what holds of recovery tokens. `stands` is the document before it. */
export function isOtherRecovery(
  token: TokenDocument | undefined,
  stands: string | null,
  { proposer, nowMs }: Proposal,
): boolean {
  if (token === undefined) return false;
  const recovers = proposer.kind === "reserved" && proposer.actor === "_recovery";
  const { createdMs, expiresMs, revokedMs, grants } = token;
  const lasts = expiresMs === null || expiresMs > createdMs + RECOVERY_MS;
  if (!recovers) return isOfRecovery(token) && (lasts || (stands === null && proposer.kind === "token"));
  const fits = isOfRecovery(token) && isRoot(grants) && revokedMs === null && createdMs === nowMs;
  return stands !== null || lasts || !fits;
}

/** Refuses `recovery_active` while another recovery token lives. `others` are tokens that may be root ones. */
export function judgeOneRecovery(
  { proposer, nowMs }: Proposal,
  others: readonly string[],
): CommitRefusal | undefined {
  if (proposer.kind !== "reserved" || proposer.actor !== "_recovery") return undefined;
  const lives = others.some((json) => {
    const token: TokenDocument = JSON.parse(json);
    return isOfRecovery(token) && isLive(token, nowMs);
  });
  return lives ? refusal("recovery_active", [0]) : undefined;
}
