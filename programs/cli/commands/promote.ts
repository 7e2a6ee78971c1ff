/** `ledge promote`: what it takes; ../past/promotion.ts plans it. */
import type { Command } from "commander";
import { requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { carryOut } from "../import/carry-out.ts";
import { countPlan, planAsJson, printChanges } from "../import/show.ts";
import { countWords, printJson, say, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { type Promotion, planPromotion } from "../past/promotion.ts";
import { repeated } from "../repeated.ts";

interface Options {
  readonly only?: readonly string[];
  readonly prune?: true;
  readonly plan?: true;
  readonly diff?: true;
  readonly yes?: true;
  readonly message?: string;
  readonly output: "text" | "json";
}

export function addPromote(program: Command, client: () => Client): void {
  program
    .command("promote")
    .description(
      "take over into a namespace what another one has; the plan is shown first, then it is one commit",
    )
    .argument("<from>", "the namespace that has it, such as staging")
    .argument("<to>", "the namespace that gets it, such as prod")
    .argument("[prefix]", "only keys that begin so", "")
    .option("--only <key>", "only this key (may be given again)", repeated)
    .option("--prune", "also delete what the first one does not have")
    .option("--plan", "show what would change, and change nothing")
    .option("--diff", "show the texts that change, too")
    .option("--yes", "do it without asking")
    .option("-m, --message <text>", "why, kept with the commit (default: where it comes from)")
    .addOption(outputOption(["text", "json"]))
    .action(async (from: string, to: string, prefix: string, options: Options) => {
      if (options.plan === true && options.yes === true)
        throw new Failure(EXIT.usage, "--plan changes nothing: leave out --yes");
      const { only = [], prune = false } = options;
      const promotion = await planPromotion(client(), { from, to, prefix, only, prune });
      const show = () => showPlan(promotion, options);
      if (options.plan === true || promotion.plan.changes.length === 0) {
        if (options.output === "json") printJson(planAsJson(promotion.plan, []));
        else show();
        if (promotion.plan.changes.length > 0) process.exitCode = EXIT.changes;
        return;
      }
      const question = `Promote ${countWords(promotion.plan.changes.length, "change")} to ${to}?`;
      if (options.yes !== true) await requireYes(question, { flag: "--yes", look: "--plan", show });
      await commitPromotion(client(), promotion, options);
    });
}

function showPlan({ plan, from, to }: Promotion, options: Options): void {
  printChanges(plan.changes, { max: Number.POSITIVE_INFINITY, diff: options.diff === true });
  const { created, changed, deleted } = countPlan(plan);
  say(
    plan.changes.length === 0
      ? `nothing would change: ${to} has what ${from} has`
      : `plan: ${created} to create, ${changed} to change, ${deleted} to delete in ${to}`,
  );
}

async function commitPromotion(client: Client, { plan, from, to, revision }: Promotion, options: Options) {
  const message = options.message ?? `promoted from ${from} at revision ${revision}`;
  const words = { message, meta: { from: `${from}@${revision}` } };
  const done = await carryOut(client, plan.changes, words, { commitsMax: 1 });
  const counts = countPlan(plan);
  if (options.output === "json")
    return printJson({ from, to, ...counts, revision: done.last ?? plan.revision });
  printChanges(plan.changes, { max: Number.POSITIVE_INFINITY, diff: options.diff === true });
  const { created, changed, deleted } = counts;
  sayDone(`${created} created, ${changed} changed, ${deleted} deleted in ${to}: revision ${done.last}`);
}
