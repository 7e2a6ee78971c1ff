/** What a plan lets somebody do, with what was answered to it so far. */
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { LedgeError } from "../../client/errors.ts";

interface Verdict {
  /** Whether it may be saved. */
  readonly open: boolean;
  readonly proposable: boolean;
  /** A second person has to approve it. */
  readonly reviewed: boolean;
  readonly needsMessage: boolean;
  readonly overridable: boolean;
  readonly why: string;
}

/** What an answer in the dialog may take away: a message, or a second person. */
export const ANSWERED = ["message_required", "approval_required"];
/** Refusals that a reason overcomes, for who holds `override`. */
const OVERRIDABLE = ["policy_violation", "override_required", "frozen"];
const STALE = ["stale", "exists", "precondition_required", "not_found"];

export function verdictOf(
  plan: PlanAnswer | undefined,
  { message, demanded }: { message: string; demanded: boolean },
): Verdict {
  const codes = (plan?.refusals ?? []).map(({ code }): string => code);
  const others = codes.filter((code) => !ANSWERED.includes(code));
  const reviewed = codes.includes("approval_required");
  const needsMessage = demanded || codes.includes("message_required");
  const silent = needsMessage && message.trim() === "";
  const changesNothing =
    plan?.changes.every(({ result }) => result === "unchanged" || result === "checked") === true;
  return {
    open: others.length === 0 && !reviewed && !silent && !changesNothing,
    proposable: others.length === 0 && !silent && !changesNothing,
    reviewed,
    needsMessage,
    overridable:
      codes.some((code) => OVERRIDABLE.includes(code)) ||
      (plan?.warnings ?? []).some(({ code }) => code === "overridden"),
    why: changesNothing
      ? "Nothing would change."
      : reviewed && others.length === 0
        ? "A second person has to approve this."
        : silent
          ? "Say why first."
          : "",
  };
}

export function isStaleRefusal(plan: PlanAnswer | undefined, error: unknown): boolean {
  return (
    (plan?.refusals ?? []).some(({ code }) => STALE.includes(code)) ||
    (error instanceof LedgeError && STALE.includes(error.code))
  );
}
