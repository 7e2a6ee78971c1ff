/** `ledge promote`: what it takes; ../past/promote.ts does it. */
import type { Command } from "commander";
import type { Client } from "../client.ts";
import { outputOption } from "../output-option.ts";
import { overrideOption } from "../override-option.ts";
import type { PromoteOptions } from "../past/promote.ts";
import { repeated } from "../repeated.ts";

export function addPromote(program: Command, client: () => Client): void {
  program
    .command("promote")
    .description(
      "take over into a namespace what another one has; the plan is shown first, then it is one commit",
    )
    .argument("<from>", "the namespace that has it, such as staging")
    .argument("<to>", "the namespace that gets it, such as prod")
    .argument("[prefix]", "only keys that begin so")
    .option("--only <key>", "only this key (may be given again)", repeated)
    .option("--prune", "also delete what the first one does not have")
    .option("--plan", "show what would change, and change nothing")
    .option("--diff", "show the texts that change, too")
    .option("--yes", "do it without asking")
    .option("-m, --message <text>", "why, kept with the commit (default: where it comes from)")
    .addOption(overrideOption())
    .addOption(outputOption(["text", "json"]))
    .action(async (from: string, to: string, prefix: string | undefined, options: PromoteOptions) => {
      const { runPromote } = await import("../past/promote.ts");
      await runPromote(client(), { from, to, prefix: prefix ?? "" }, options);
    });
}
