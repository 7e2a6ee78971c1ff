/**
 * `ledge plan` and `ledge apply`: what an import would do, with the server's word on it, and carrying out exactly that. The
 * commits are bound to the plan by its digest: what changes in between stops them.
 */
import { createHash } from "node:crypto";
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { carryOut, formatRevisions, plannedBatches } from "../import/carry-out.ts";
import type { ImportPlan } from "../import/plan.ts";
import { type ImportOptions, planImport } from "../import/run.ts";
import { countPlan, planAsJson, printChanges } from "../import/show.ts";
import { countWords, printJson, say, sayDone } from "../output.ts";
import { overrideMember } from "../override-option.ts";
import { openProgress } from "../progress.ts";
import { applyCommand } from "./as-typed.ts";
import { askForPlan, changeAt, refusalOfPlans, sayWarnings } from "./server-plan.ts";

export interface PlanOptions extends Omit<ImportOptions, "plan" | "createNamespaces"> {
  readonly planDigest?: string;
}

interface FolderPlan {
  readonly plan: ImportPlan;
  /** One for each commit that it takes. */
  readonly answers: readonly PlanAnswer[];
  readonly digest: string;
}

/** Ends with exit code 8 where there is something to change, and with that of the refusal where it would be refused. */
export async function runPlan(client: Client, source: string, options: PlanOptions): Promise<void> {
  const made = await makeFolderPlan(client, source, options);
  const { plan, digest } = made;
  if (options.output === "json") printJson(jsonOf(made));
  else show(made, options);
  const refused = refusalOfPlans(made.answers);
  if (refused !== undefined) throw refused;
  if (plan.changes.length === 0) return;
  process.exitCode = EXIT.changes;
  if (options.output === "text")
    say(`to do exactly this: \`ledge ${applyCommand(source, digest, options)}\``);
}

export async function runApply(client: Client, source: string, options: PlanOptions): Promise<void> {
  const made = await makeFolderPlan(client, source, options);
  const { plan, answers, digest } = made;
  if (options.planDigest !== undefined && options.planDigest !== digest)
    throw new Failure(EXIT.stale, "the plan is another one now; nothing was written", {
      code: "plan_changed",
      hint: "look at it with `ledge plan`, and take the digest that it says",
    });
  const refused = refusalOfPlans(answers);
  if (refused !== undefined) throw refused;
  if (plan.changes.length > 0 && options.yes !== true && options.planDigest === undefined)
    await requireYes(`Apply ${countWords(plan.changes.length, "change")}?`, {
      flag: "--yes",
      look: "`ledge plan`",
      show: () => show(made, options),
    });
  const digests = answers.map(({ planDigest }) => planDigest);
  const done = await carryOut(client, plan.changes, wordsOf(options), { digests });
  const counts = countPlan(plan);
  if (options.output === "json")
    return printJson({
      ...counts,
      commits: done.commits,
      revision: done.last ?? plan.revision,
      planDigest: digest,
    });
  const { created, changed, deleted } = counts;
  sayDone(
    done.last === undefined
      ? "nothing to do: everything is as it is in the source"
      : `${created} created, ${changed} changed, ${deleted} deleted: ${formatRevisions(done)}`,
  );
}

async function makeFolderPlan(client: Client, source: string, options: PlanOptions): Promise<FolderPlan> {
  const { plan } = await planImport(client, source, options);
  const batches = plannedBatches(plan.changes, wordsOf(options));
  const progress = batches.length > 1 ? openProgress(batches.length) : undefined;
  const answers: PlanAnswer[] = [];
  for (const { body } of batches) {
    answers.push(await askForPlan(client, body));
    progress?.to(answers.length, `planning: ${answers.length} of ${batches.length} commits`);
  }
  progress?.end("");
  return { plan, answers, digest: digestOf(answers) };
}

function wordsOf({ message, override }: PlanOptions) {
  return { message, ...overrideMember(override) };
}

/** The server's where one commit is enough; else one over all. */
function digestOf(answers: readonly PlanAnswer[]): string {
  const [first, ...others] = answers.map(({ planDigest }) => planDigest);
  if (first !== undefined && others.length === 0) return first;
  return createHash("sha256")
    .update([first ?? "", ...others].join("\n"))
    .digest("hex");
}

function show({ plan, answers }: FolderPlan, options: PlanOptions): void {
  printChanges(plan.changes, { max: Number.POSITIVE_INFINITY, diff: options.diff === true });
  for (const answer of answers) sayWarnings(answer);
  const { created, changed, deleted, unchanged } = countPlan(plan);
  say(
    plan.changes.length === 0
      ? `nothing would change: ${countWords(unchanged, "document")} as they are`
      : `plan: ${created} to create, ${changed} to change, ${deleted} to delete, ${unchanged} as they are`,
  );
}

function jsonOf({ plan, answers, digest }: FolderPlan): Record<string, unknown> {
  return {
    ...planAsJson(plan, []),
    ok: answers.every(({ ok }) => ok),
    planDigest: digest,
    refusals: answers.flatMap((answer) => answer.refusals.map((one) => named(answer, one))),
    warnings: answers.flatMap((answer) => answer.warnings.map((one) => named(answer, one))),
    readers: answers[0]?.readers ?? [],
  };
}

/** With the document in place of a pointer into a body that nobody has seen. */
function named<T extends { readonly pointer: string }>(plan: PlanAnswer, { pointer, ...one }: T) {
  const { namespace, key } = changeAt(plan, pointer) ?? {};
  return { namespace, key, ...one };
}
