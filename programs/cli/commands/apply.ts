/** `ledge apply`: what it takes; ../plans/folder.ts does it, and ../plans/proposals.ts with a proposal. */
import type { Command } from "commander";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import type { PlanOptions } from "../plans/folder.ts";
import { sourceOptions } from "./source-options.ts";

/** What goes with a proposal, whose content is what it is. */
const OF_PROPOSALS = ["proposal", "yes", "message", "output"];

export function addApply(program: Command, client: () => Client): void {
  const command = program
    .command("apply")
    .description(
      "carry out the plan of a source, or an approved proposal: exactly what was planned, or nothing",
    );
  sourceOptions(command, "[source]")
    .option(
      "--plan-digest <digest>",
      "only if the plan is still the one that `ledge plan` showed; asks nothing",
    )
    .option("--proposal <id>", "in the place of a source: a proposal that somebody has approved")
    .option("--yes", "do it without asking")
    .action(async (source: string | undefined, options: PlanOptions & { readonly proposal?: string }) => {
      const { proposal, ...others } = options;
      if (proposal !== undefined) {
        refuseWithProposal(command, source);
        const { applyProposal } = await import("../plans/proposals.ts");
        return applyProposal(client(), proposal, others);
      }
      if (source === undefined)
        throw new Failure(EXIT.usage, "say what to apply: a folder or a file, or --proposal ID");
      const { runApply } = await import("../plans/folder.ts");
      await runApply(client(), source, others);
    });
}

function refuseWithProposal(command: Command, source: string | undefined): void {
  const other = command.options.find(
    (option) =>
      command.getOptionValueSource(option.attributeName()) === "cli" &&
      !OF_PROPOSALS.includes(option.attributeName()),
  );
  if (source === undefined && other === undefined) return;
  throw new Failure(
    EXIT.usage,
    `${source ?? other?.long ?? ""} does not go with --proposal: it is applied exactly as it was proposed`,
  );
}
