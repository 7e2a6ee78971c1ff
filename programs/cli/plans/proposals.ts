/** Proposals as the commands make, show and decide them. */
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import {
  Decided,
  ProposalAnswer,
  type ProposalEntry,
  ProposalMade,
  ProposalsPage,
} from "../../../lib/api/proposal-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import { requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { chooseMediaType } from "../documents/put-type.ts";
import { readValue } from "../documents/value-input.ts";
import { EXIT, Failure } from "../failure.ts";
import { plannedBatches } from "../import/carry-out.ts";
import { type ImportOptions, planImport } from "../import/run.ts";
import { countWords, printJson, say, sayDone } from "../output.ts";
import { followPages } from "../pages.ts";
import { printTable } from "../table.ts";
import type { DocumentName } from "../target.ts";
import { printPlanned } from "./planned-change.ts";
import { refusalOfPlans, sayWarnings } from "./server-plan.ts";

export interface ProposeOptions extends Omit<ImportOptions, "plan" | "createNamespaces"> {
  readonly to?: DocumentName;
}

export async function runPropose(client: Client, source: string, options: ProposeOptions): Promise<void> {
  const body =
    options.to === undefined
      ? await importBody(client, source, options)
      : await putBody(client, source, { ...options, to: options.to });
  const made = await client.json(ProposalMade, "POST", "/v1/proposals", { body });
  if (options.output === "json") return printJson(made);
  sayDone(`proposal ${made.id}`);
  say(`somebody else commits it: \`ledge approve ${made.id}\``);
}

async function importBody(client: Client, source: string, options: ProposeOptions): Promise<string> {
  const { plan } = await planImport(client, source, options);
  const [batch, ...others] = plannedBatches(plan.changes, { message: options.message });
  if (batch === undefined)
    throw new Failure(EXIT.refused, "nothing would change, so there is nothing to propose");
  if (others.length === 0) return batch.body;
  throw new Failure(EXIT.refused, `${countWords(plan.changes.length, "change")} are more than one commit`, {
    hint: "propose them in parts: with -n and --prefix, or with --exclude",
  });
}

async function putBody(
  client: Client,
  file: string,
  { to, message }: ProposeOptions & { readonly to: DocumentName },
): Promise<string> {
  const bytes = await readValue(undefined, file === "-" ? {} : { file });
  const mediaType = await chooseMediaType(client, to, { bytes, ...(file === "-" ? {} : { file }) });
  const base64 = Buffer.from(bytes).toString("base64");
  return JSON.stringify({ message, changes: [{ op: "put", ...to, mediaType, base64, ifRevision: "any" }] });
}

export async function printProposals(client: Client, output: "table" | "json"): Promise<void> {
  const proposals: ProposalEntry[] = [];
  for await (const page of followPages(client, ProposalsPage, "/v1/proposals", {}))
    proposals.push(...page.proposals);
  if (output === "json") return printJson({ proposals });
  printTable(
    ["ID", "BY", "CREATED", "CHANGES", "WHY"],
    proposals.map(({ id, by, byName, created, changes, message = "" }) => [
      id,
      `${byName} (${by})`,
      created,
      String(changes),
      message,
    ]),
  );
}

/** Shows what it would do now, asks, and approves just that. */
export async function approve(client: Client, id: string, { yes }: { readonly yes?: true }): Promise<void> {
  const found = await client.json(ProposalAnswer, "GET", pathTo`/v1/proposals/${id}`, {
    what: `proposal ${id}`,
  });
  await show(client, found);
  if (found.void)
    throw new Failure(
      EXIT.stale,
      "what stands there has changed since it was proposed; nothing was written",
      {
        code: "approval_void",
        hint: "have it proposed again",
      },
    );
  const refused = refusalOfPlans([found.plan]);
  if (refused !== undefined) throw refused;
  if (yes !== true)
    await requireYes(`Commit ${countWords(found.plan.changes.length, "change")}?`, { flag: "--yes" });
  const body = JSON.stringify({ planDigest: found.planDigest });
  const made = await client.json(CommitAnswer, "POST", pathTo`/v1/proposals/${id}/approve`, {
    body,
    what: `proposal ${id}`,
  });
  sayDone(`proposal ${id} is committed, revision ${made.revision}`);
}

async function show(
  client: Client,
  { byName, by, created, message, plan, commit }: ProposalAnswer,
): Promise<void> {
  say(`proposed by ${byName} (${by}) at ${created}${message === undefined ? "" : `: ${message}`}`);
  const texts = textsOf(commit);
  for (const [index, planned] of plan.changes.entries())
    if (planned.result !== "unchanged" && planned.result !== "checked")
      await printPlanned(client, planned, texts[index]);
  sayWarnings(plan);
}

/** What each change would put there; undefined for bytes that are no text. */
function textsOf(commit: unknown): (string | undefined)[] {
  const { changes }: { changes: { value?: unknown; text?: string; base64?: string }[] } = JSON.parse(
    JSON.stringify(commit),
  );
  return changes.map(({ value, text, base64 }) => {
    if (value !== undefined) return JSON.stringify(value);
    if (base64 === undefined) return text;
    const bytes = Buffer.from(base64, "base64");
    return bytes.includes(0) ? undefined : bytes.toString("utf8");
  });
}

export async function takeAway(
  client: Client,
  id: string,
  { what, message }: { readonly what: "reject" | "withdraw"; readonly message: string | undefined },
): Promise<void> {
  await client.json(Decided, "POST", pathTo`/v1/proposals/${id}/${what}`, {
    query: { message },
    what: `proposal ${id}`,
  });
  sayDone(`proposal ${id} is ${what === "reject" ? "rejected" : "withdrawn"}`);
}
