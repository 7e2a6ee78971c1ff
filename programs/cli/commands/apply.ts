/** `ledge apply`: what it takes; ../plans/folder.ts does it. */
import type { Command } from "commander";
import type { Client } from "../client.ts";
import type { PlanOptions } from "../plans/folder.ts";
import { sourceOptions } from "./source-options.ts";

export function addApply(program: Command, client: () => Client): void {
  const command = program
    .command("apply")
    .description("carry out the plan of a source: exactly what was planned, or nothing");
  sourceOptions(command)
    .option(
      "--plan-digest <digest>",
      "only if the plan is still the one that `ledge plan` showed; asks nothing",
    )
    .option("--yes", "do it without asking")
    .action(async (source: string, options: PlanOptions) => {
      const { runApply } = await import("../plans/folder.ts");
      await runApply(client(), source, options);
    });
}
