/** Proposals as lists: those that wait, and what became of others. */
import { type ProposalEntry, ProposalsPage } from "../../../lib/api/proposal-answers.ts";
import type { Decision } from "../../../lib/core/review/document.ts";
import type { Client } from "../client.ts";
import { printJson } from "../output.ts";
import { followPages } from "../pages.ts";
import { printTable } from "../table.ts";

export async function printProposals(client: Client, output: "table" | "json"): Promise<void> {
  const proposals = await listed(client, undefined);
  if (output === "json") return printJson({ proposals });
  printTable(
    ["ID", "BY", "CREATED", "CHANGES", "APPROVED", "WHY"],
    proposals.map((one) => [
      one.id,
      nameOfPerson(one),
      one.created,
      String(one.changes),
      approvalOf(one),
      one.message ?? "",
    ]),
  );
}

/** What became of others, newest first. */
export async function printDecided(
  client: Client,
  state: Decision | "decided",
  output: "table" | "json",
): Promise<void> {
  const proposals = await listed(client, state);
  if (output === "json") return printJson({ proposals });
  printTable(
    ["ID", "BY", "STATE", "AT", "WHO", "REVISION", "WHY"],
    proposals.map((one) => [
      one.id,
      nameOfPerson(one),
      one.decided?.state ?? "",
      one.decided?.at ?? "",
      one.decided?.who ?? "",
      String(one.decided?.revision ?? ""),
      one.decided?.reason ?? one.message ?? "",
    ]),
  );
}

async function listed(client: Client, state: string | undefined): Promise<ProposalEntry[]> {
  const proposals: ProposalEntry[] = [];
  for await (const page of followPages(client, ProposalsPage, "/v1/proposals", { state }))
    proposals.push(...page.proposals);
  return proposals;
}

export function nameOfPerson({ by, byName }: { readonly by: string; readonly byName: string }): string {
  return `${byName} (${by})`;
}

function approvalOf({ approved }: Pick<ProposalEntry, "approved">): string {
  if (approved === undefined) return "";
  return approved.void ? "no more" : nameOfPerson(approved);
}
