/** A promotion from end to end: plans, asks, and makes one commit that says where it comes from. */
import { requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { carryOut } from "../import/carry-out.ts";
import { countPlan, planAsJson, printChanges } from "../import/show.ts";
import { countWords, printJson, say, sayDone } from "../output.ts";
import { overrideMember } from "../override-option.ts";
import { type Promotion, type PromotionAsked, planPromotion } from "./promotion.ts";

export interface PromoteOptions {
  readonly only?: readonly string[];
  readonly prune?: true;
  readonly plan?: true;
  readonly diff?: true;
  readonly yes?: true;
  readonly message?: string;
  readonly override?: string;
  readonly output: "text" | "json";
}

export async function runPromote(
  client: Client,
  asked: Pick<PromotionAsked, "from" | "to" | "prefix">,
  options: PromoteOptions,
): Promise<void> {
  if (options.plan === true && options.yes === true)
    throw new Failure(EXIT.usage, "--plan changes nothing: leave out --yes");
  const { only = [], prune = false } = options;
  const promotion = await planPromotion(client, { ...asked, only, prune });
  const show = () => showPlan(promotion, options);
  if (options.plan === true || promotion.plan.changes.length === 0) {
    if (options.output === "json") printJson(planAsJson(promotion.plan, []));
    else show();
    if (promotion.plan.changes.length > 0) process.exitCode = EXIT.changes;
    return;
  }
  const question = `Promote ${countWords(promotion.plan.changes.length, "change")} to ${asked.to}?`;
  if (options.yes !== true) await requireYes(question, { flag: "--yes", look: "--plan", show });
  await commitPromotion(client, promotion, options);
}

function showPlan({ plan, from, to }: Promotion, options: PromoteOptions): void {
  printChanges(plan.changes, { max: Number.POSITIVE_INFINITY, diff: options.diff === true });
  const { created, changed, deleted } = countPlan(plan);
  say(
    plan.changes.length === 0
      ? `nothing would change: ${to} has what ${from} has`
      : `plan: ${created} to create, ${changed} to change, ${deleted} to delete in ${to}`,
  );
}

async function commitPromotion(
  client: Client,
  { plan, from, to, revision }: Promotion,
  options: PromoteOptions,
) {
  const message = options.message ?? `promoted from ${from} at revision ${revision}`;
  const words = { message, meta: { from: `${from}@${revision}` }, ...overrideMember(options.override) };
  const done = await carryOut(client, plan.changes, words, { commitsMax: 1 });
  const counts = countPlan(plan);
  if (options.output === "json")
    return printJson({ from, to, ...counts, revision: done.last ?? plan.revision });
  printChanges(plan.changes, { max: Number.POSITIVE_INFINITY, diff: options.diff === true });
  const { created, changed, deleted } = counts;
  sayDone(`${created} created, ${changed} changed, ${deleted} deleted in ${to}: revision ${done.last}`);
}
