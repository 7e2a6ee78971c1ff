/** `ledge revert`: what it takes; ../plans/revert.ts does it. */
import type { Command } from "commander";
import { commandName } from "../called.ts";
import type { Client } from "../client.ts";
import { PAST_STATE } from "../moment.ts";
import { outputOption } from "../output-option.ts";
import { overrideOption } from "../override-option.ts";
import type { RevertOptions } from "../plans/revert.ts";

const EXAMPLES = `
Examples:
  ${commandName()} revert 41 --plan                     what undoing that commit would do
  ${commandName()} revert 41 43 --theirs                undo two commits, and leave what was changed again
  ${commandName()} revert shop/limits/ --to '2h ago'    all below limits/ as it was two hours ago
  ${commandName()} revert shop/banner --to 40           one document
`;

export function addRevert(program: Command, client: () => Client): void {
  program
    .command("revert")
    .description("undo commits, or put a place back to how it was; the plan is shown first")
    .argument("<what...>", "revisions of commits; or with --to NAMESPACE, NAMESPACE/PREFIX/ or NAMESPACE/KEY")
    .option("--to <when>", `the state to go back to: ${PAST_STATE}`)
    .option("--ours", "also undo documents that were changed again since")
    .option("--theirs", "leave documents that were changed again since")
    .option("--plan", "show what would change, and change nothing (exit 0: nothing, 8: something)")
    .option("--yes", "do it without asking")
    .option("-m, --message <text>", "why, kept with the commit (default: what was reverted)")
    .addOption(overrideOption())
    .addOption(outputOption(["text", "json"]))
    .addHelpText("after", EXAMPLES)
    .action(async (what: string[], options: RevertOptions) => {
      const { runRevert } = await import("../plans/revert.ts");
      await runRevert(client(), what, options);
    });
}
