/** `ledge plan`: what it takes; ../plans/folder.ts does it. */
import type { Command } from "commander";
import { commandName } from "../called.ts";
import type { Client } from "../client.ts";
import { outputOption } from "../output-option.ts";
import type { PlanOptions } from "../plans/folder.ts";

const EXAMPLES = `
Examples:
  ${commandName()} plan ./config -n shop-prod --prune              what would change (exit 0: nothing, 8: something)
  ${commandName()} apply ./config -n shop-prod --prune --plan-digest DIGEST   exactly that, or nothing
`;

/** What plan and apply both take. */
export function folderOptions(command: Command): Command {
  return command
    .argument("<source>", "a folder, a file, or `-` for standard input, as `import` takes it")
    .option(
      "-n, --namespace <name>",
      "everything belongs to this namespace (default: the first folders are namespaces)",
    )
    .option("--prefix <prefix/>", "put every key below this prefix; needs -n")
    .option("--prune", "also delete what the source no longer has, in its namespaces or below --prefix")
    .option("--diff", "show the texts that change, too")
    .option("-m, --message <text>", "why, kept with each commit")
    .addOption(outputOption(["text", "json"]));
}

export function addPlan(program: Command, client: () => Client): void {
  const command = program
    .command("plan")
    .description("ask the server what importing a source would do, be refused for and should be warned of");
  folderOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, options: PlanOptions) => {
      const { runPlan } = await import("../plans/folder.ts");
      await runPlan(client(), source, options);
    });
}
