/** `ledge proposals`, `approve`, `reject` and `withdraw`: what they take; ../plans/proposals.ts does it. */
import type { Command } from "commander";
import type { Client } from "../client.ts";
import { outputOption } from "../output-option.ts";

export function addProposals(program: Command, client: () => Client): void {
  program
    .command("proposals")
    .description("list proposals that wait for somebody to approve them")
    .addOption(outputOption(["table", "json"]))
    .action(async ({ output }: { output: "table" | "json" }) => {
      const { printProposals } = await import("../plans/proposals.ts");
      await printProposals(client(), output);
    });
}

export function addApprove(program: Command, client: () => Client): void {
  program
    .command("approve")
    .description("show a proposal of somebody else, and commit it exactly as it was proposed")
    .argument("<id>")
    .option("--yes", "do it without asking")
    .action(async (id: string, options: { yes?: true }) => {
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
