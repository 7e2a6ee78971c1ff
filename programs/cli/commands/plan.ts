/** `ledge plan`: what it takes; ../plans/folder.ts does it. */
import type { Command } from "commander";
import { commandName } from "../called.ts";
import type { Client } from "../client.ts";
import type { PlanOptions } from "../plans/folder.ts";
import { sourceOptions } from "./source-options.ts";

const EXAMPLES = `
Examples:
  ${commandName()} plan ./config -n shop-prod --prune              what would change (exit 0: nothing, 8: something)
  ${commandName()} apply ./config -n shop-prod --prune --plan-digest DIGEST   exactly that, or nothing
`;

export function addPlan(program: Command, client: () => Client): void {
  const command = program
    .command("plan")
    .description("ask the server what importing a source would do, be refused for and should be warned of");
  sourceOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, options: PlanOptions) => {
      const { runPlan } = await import("../plans/folder.ts");
      await runPlan(client(), source, options);
    });
}
