/** `ledge proposals`, `approve`, `reject` and `withdraw`: what they take; ../plans/proposals.ts does it. */
import { type Command, Option } from "commander";
import { DECISIONS, type Decision } from "../../../lib/core/review/document.ts";
import type { Client } from "../client.ts";
import { outputOption } from "../output-option.ts";

interface ListOptions {
  readonly decided?: true;
  readonly state?: Decision;
  readonly output: "table" | "json";
}

export function addProposals(program: Command, client: () => Client): void {
  program
    .command("proposals")
    .description("list proposals that wait, or what became of others")
    .option(
      "--decided",
      "those that were applied, rejected or withdrawn, newest first; needs the verb history",
    )
    .addOption(new Option("--state <state>", "only those").choices(DECISIONS))
    .addOption(outputOption(["table", "json"]))
    .action(async (options: ListOptions) => {
      const { printDecided, printProposals } = await import("../plans/proposal-lists.ts");
      const state = options.state ?? (options.decided === true ? "decided" : undefined);
      if (state === undefined) await printProposals(client(), options.output);
      else await printDecided(client(), state, options.output);
    });
}

export function addApprove(program: Command, client: () => Client): void {
  program
    .command("approve")
    .description("show a proposal of somebody else, and commit it exactly as it was proposed")
    .argument("<id>")
    .option("--no-apply", "only approve it: who may write its keys applies it, with `ledge apply --proposal`")
    .option("--yes", "do it without asking")
    .action(async (id: string, options: { yes?: true; apply: boolean }) => {
      const { approve } = await import("../plans/proposals.ts");
      await approve(client(), id, options);
    });
}

export function addReject(program: Command, client: () => Client): void {
  addTakeAway(program, client, "reject");
}

export function addWithdraw(program: Command, client: () => Client): void {
  addTakeAway(program, client, "withdraw");
}

function addTakeAway(program: Command, client: () => Client, what: "reject" | "withdraw"): void {
  program
    .command(what)
    .description(what === "reject" ? "take a proposal of somebody else away" : "take one's own proposal away")
    .argument("<id>")
    .option("-m, --message <text>", "why, kept in the log")
    .action(async (id: string, { message }: { message?: string }) => {
      const { takeAway } = await import("../plans/proposals.ts");
      await takeAway(client(), id, { what, message });
    });
}
