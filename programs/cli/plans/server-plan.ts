/**
 * A plan of the server, as the commands ask for it and show it: what stands against it, what to look at twice, and whether
 * it may be carried out. The lines of the changes are the command's data, the rest is talk.
 */
import { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import type { Client } from "../client.ts";
import { EXIT, exitFor, Failure } from "../failure.ts";
import { countWords, escapeControl, sayWarning } from "../output.ts";

/** `body` is that of a commit or a revert, as JSON text. */
export function askForPlan(client: Client, body: string): Promise<PlanAnswer> {
  return client.json(PlanAnswer, "POST", "/v1/plan", { body });
}

/** What `/changes/3` is called: a document. */
type NameOf = (pointer: string) => string;

export function namesIn({ changes }: PlanAnswer): NameOf {
  return (pointer) => {
    const change = changes[Number(/^\/changes\/(\d+)/.exec(pointer)?.[1])];
    return change === undefined ? "" : `${change.namespace}/${change.key}: `;
  };
}

export function sayWarnings(plan: PlanAnswer): void {
  const nameOf = namesIn(plan);
  for (const { pointer, detail } of plan.warnings) sayWarning(escapeControl(nameOf(pointer) + detail));
}

/** The plans together as one refusal; undefined where nothing stands against them. */
export function refusalOfPlans(plans: readonly PlanAnswer[]): Failure | undefined {
  const lines = plans.flatMap((plan) => {
    const nameOf = namesIn(plan);
    return plan.refusals.map(({ pointer, code, detail }) => ({
      code,
      line: `\n  ${nameOf(pointer)}${detail} (${code})`,
    }));
  });
  const [first] = lines;
  if (first === undefined) return undefined;
  return new Failure(
    STATUS_EXIT[first.code] ?? exitFor(0, first.code),
    `the server would refuse this, for ${countWords(lines.length, "reason")}; nothing was written${lines.map(({ line }) => line).join("")}`,
    {
      code: first.code,
      hint: first.code === "stale" ? "plan again: something was changed meanwhile" : undefined,
    },
  );
}

/** The exit codes of refusals that come without their status. */
const STATUS_EXIT: Readonly<Record<string, (typeof EXIT)[keyof typeof EXIT]>> = {
  stale: EXIT.stale,
  exists: EXIT.stale,
  precondition_required: EXIT.stale,
  not_found: EXIT.absent,
  namespace_not_found: EXIT.absent,
  quota_exceeded: EXIT.refused,
};
