/**
 * A plan of the server, as the commands ask for it and show it: what stands against it, what to look at twice, and whether
 * it may be carried out. The lines of the changes are the command's data, the rest is talk.
 */
import { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { meaningOf } from "../../../lib/core/refusal.ts";
import type { Client } from "../client.ts";
import { exitFor, Failure } from "../failure.ts";
import { countWords, escapeControl, say, sayWarning } from "../output.ts";
import { inFlagWords } from "../server/flag-words.ts";
import { PLAN_WORDS } from "../server/problem.ts";

/** `body` is that of a commit or a revert, as JSON text. */
export function askForPlan(client: Client, body: string): Promise<PlanAnswer> {
  return client.json(PlanAnswer, "POST", "/v1/plan", { body, nameOf: (pointer) => nameIn(body, pointer) });
}

/** The document of the change in `body` that `/changes/3` names. */
function nameIn(body: string, pointer: string): string | undefined {
  const nth = /^\/changes\/(\d+)/.exec(pointer)?.[1];
  const change = nth === undefined ? undefined : JSON.parse(body).changes?.[Number(nth)];
  return change === undefined ? undefined : `${change.namespace}/${change.key}`;
}

/** The change that `/changes/3` names, if it names one. */
export function changeAt(
  { changes }: PlanAnswer,
  pointer: string,
): PlanAnswer["changes"][number] | undefined {
  return changes[Number(/^\/changes\/(\d+)/.exec(pointer)?.[1])];
}

/** A sentence about a change, behind the name of its document. */
function about(plan: PlanAnswer, { pointer, detail }: { readonly pointer: string; readonly detail: string }) {
  const change = changeAt(plan, pointer);
  return change === undefined ? detail : `${change.namespace}/${change.key}: ${detail}`;
}

export function sayWarnings(plan: PlanAnswer): void {
  for (const warning of plan.warnings) sayWarning(escapeControl(about(plan, warning)));
  for (const { namespace, edges } of plan.readers ?? [])
    say(`${namespace} is read by ${countWords(edges, "edge")} that reported (\`ledge fleet ${namespace}\`)`);
}

/** The plans together as one refusal; undefined where nothing stands against them. */
export function refusalOfPlans(plans: readonly PlanAnswer[]): Failure | undefined {
  const lines = plans.flatMap((plan) =>
    plan.refusals.map((refusal) => ({
      code: refusal.code,
      line: `\n  ${about(plan, { ...refusal, detail: PLAN_WORDS[refusal.code]?.sentence ?? inFlagWords(refusal.detail) })} (${refusal.code})`,
    })),
  );
  const [first] = lines;
  if (first === undefined) return undefined;
  return new Failure(
    exitFor(meaningOf(first.code).status, first.code),
    `the server would refuse this, for ${countWords(lines.length, "reason")}; nothing was written${lines.map(({ line }) => line).join("")}`,
    {
      code: first.code,
      hint: PLAN_WORDS[first.code]?.hint,
    },
  );
}
