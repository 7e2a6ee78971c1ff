/** Proposals as the commands make, show and decide them. */
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import { Decided, ProposalAnswer, ProposalMade } from "../../../lib/api/proposal-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import { requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { chooseMediaType } from "../documents/put-type.ts";
import { readValue } from "../documents/value-input.ts";
import { EXIT, Failure } from "../failure.ts";
import { plannedBatches } from "../import/carry-out.ts";
import { type ImportOptions, planImport } from "../import/run.ts";
import { countWords, printJson, say, sayDone } from "../output.ts";
import type { DocumentName } from "../target.ts";
import { printPlanned } from "./planned-change.ts";
import { nameOfPerson } from "./proposal-lists.ts";
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

/** Shows what it would do now, asks, and approves just that; with `apply` false it is committed later. */
export async function approve(
  client: Client,
  id: string,
  { yes, apply }: { readonly yes?: true; readonly apply: boolean },
): Promise<void> {
  const found = await look(client, id, { yes, applies: apply });
  const asked = (more: object) => ({
    body: JSON.stringify({ planDigest: found.planDigest, ...more }),
    what: `proposal ${id}`,
  });
  const path = pathTo`/v1/proposals/${id}/approve`;
  if (!apply) {
    await client.json(Decided, "POST", path, asked({ apply }));
    sayDone(`proposal ${id} is approved, and not applied`);
    return say(`whoever may write its keys applies it: \`ledge apply --proposal ${id}\``);
  }
  const made = await client.json(CommitAnswer, "POST", path, asked({}));
  sayDone(`proposal ${id} is committed, revision ${made.revision}`);
}

/** Shows what somebody has approved, asks, and commits just that. */
export async function applyProposal(
  client: Client,
  id: string,
  { yes, message, output }: Pick<ImportOptions, "yes" | "message" | "output">,
): Promise<void> {
  await look(client, id, { yes, applies: true });
  const made = await client.json(CommitAnswer, "POST", pathTo`/v1/proposals/${id}/apply`, {
    query: { message },
    what: `proposal ${id}`,
  });
  if (output === "json") return printJson(made);
  sayDone(`proposal ${id} is committed, revision ${made.revision}`);
}

async function look(
  client: Client,
  id: string,
  { yes, applies }: { readonly yes: boolean | undefined; readonly applies: boolean },
): Promise<ProposalAnswer> {
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
  const { plan } = found;
  // A freeze may be over when it is applied.
  const refusals = applies ? plan.refusals : plan.refusals.filter(({ code }) => code !== "frozen");
  const refused = refusalOfPlans([{ ...plan, refusals }]);
  if (refused !== undefined) throw refused;
  const changes = countWords(plan.changes.length, "change");
  if (yes !== true) await requireYes(`${applies ? "Commit" : "Approve"} ${changes}?`, { flag: "--yes" });
  return found;
}

async function show(client: Client, found: ProposalAnswer): Promise<void> {
  const { created, message, approved, plan, commit } = found;
  say(`proposed by ${nameOfPerson(found)} at ${created}${message === undefined ? "" : `: ${message}`}`);
  if (approved !== undefined)
    say(
      `approved by ${nameOfPerson(approved)} at ${approved.at}${approved.void ? ", whose token is no more" : ""}`,
    );
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
