/** `ledge revert`: shows the server's plan of it, asks, and carries out exactly that. */
import { CommitAnswer, HistoryPage } from "../../../lib/api/document-answers.ts";
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import { isAtTerminal, requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { parsePast } from "../moment.ts";
import { countWords, printJson, say, sayDone } from "../output.ts";
import { overrideMember } from "../override-option.ts";
import { parsePlace } from "../target.ts";
import { printPlanned, printPlannedLine, textAt } from "./planned-change.ts";
import { askForPlan, refusalOfPlans, sayWarnings } from "./server-plan.ts";

export interface RevertOptions {
  readonly to?: string;
  readonly ours?: true;
  readonly theirs?: true;
  readonly plan?: true;
  readonly yes?: true;
  readonly message?: string;
  readonly override?: string;
  readonly output: "text" | "json";
}

/** Changes whose texts are shown; of the rest only the lines are, since each text takes two requests. */
const PATCHES_MAX = 50;

/** With `plan`, ends with exit code 8 where there is something to revert. */
export async function runRevert(
  client: Client,
  what: readonly string[],
  options: RevertOptions,
): Promise<void> {
  if (options.plan === true && options.yes === true)
    throw new Failure(EXIT.usage, "--plan changes nothing: leave out --yes");
  const wish = { ...wishOf(what, options), ...overrideMember(options.override) };
  const plan = await askForPlan(client, JSON.stringify(wish));
  const changes = plan.changes.filter(({ result }) => result !== "unchanged");
  const refused = refusalOfPlans([plan]);
  if (options.plan === true || refused !== undefined || changes.length === 0) {
    if (refused === undefined && changes.length === 0) await refuseUnknown(client, wish);
    if (options.output === "json" && refused === undefined) printJson(plan);
    else await show(client, plan);
    if (refused !== undefined) throw withAdvice(refused);
    if (changes.length > 0) process.exitCode = EXIT.changes;
    return;
  }
  if (options.yes !== true) await askFirst(client, plan);
  const body = JSON.stringify({ ...wish, planDigest: plan.planDigest });
  const made = await client.json(CommitAnswer, "POST", "/v1/revert", { body });
  if (options.output === "json") return printJson(made);
  const deleted = deletionsIn(made.changes);
  const of = deleted === 0 ? "" : `, ${deleted} of them deleted`;
  sayDone(`${countWords(made.changes.length, "document")} put back${of}: revision ${made.revision}`);
}

/** The body of the revert, by what was typed. */
function wishOf(what: readonly string[], { to, ours, theirs, message }: RevertOptions) {
  if (ours === true && theirs === true)
    throw new Failure(EXIT.usage, "--ours and --theirs exclude each other");
  if (to === undefined) {
    const commits = what.map(revisionOf);
    const named = commits.length === 1 ? `revision ${commits[0]}` : `revisions ${commits.join(", ")}`;
    const conflicts = ours === true ? "ours" : theirs === true ? "theirs" : undefined;
    return { message: message ?? `revert of ${named}`, commits, conflicts };
  }
  const [place = "", ...others] = what;
  if (others.length > 0)
    throw new Failure(EXIT.usage, "--to puts one place back: NAMESPACE, NAMESPACE/PREFIX/ or NAMESPACE/KEY");
  if (ours === true || theirs === true)
    throw new Failure(
      EXIT.usage,
      "--ours and --theirs are for commits: --to puts back whatever came after it",
    );
  if (/^\d+$/.test(place))
    throw new Failure(EXIT.usage, `${place} is a revision, and --to goes with a place`, {
      hint: `\`ledge revert ${place}\` undoes that commit`,
    });
  const { namespace, key } = parsePlace(place);
  const state = parsePast("--to", to, Date.now());
  if (state === undefined) throw new Failure(EXIT.usage, "--to head is how it is now");
  const at = key === "" || key.endsWith("/") ? { prefix: key } : { key };
  return { message: message ?? `${place} put back to ${state}`, namespace, ...at, to: state };
}

function revisionOf(text: string): number {
  const revision = Number(text);
  if (/^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(revision)) return revision;
  throw new Failure(EXIT.usage, `${text} is no revision`, {
    hint: "name commits by their revisions, as `ledge log` shows them, or a place with --to",
  });
}

/** What was made in between goes. */
function deletionsIn(changes: readonly { readonly op: string }[]): number {
  return changes.filter(({ op }) => op === "delete").length;
}

/** A key that never was is a slip: a prefix without its slash would look as if it were back already. */
async function refuseUnknown(client: Client, wish: ReturnType<typeof wishOf>): Promise<void> {
  if (!("key" in wish)) return;
  const { namespace, key } = wish;
  const query = { key, limit: 1 };
  const { entries } = await client.json(HistoryPage, "GET", pathTo`/v1/history/${namespace}`, { query });
  if (entries.length > 0) return;
  throw new Failure(EXIT.absent, `nothing is known of ${namespace}/${key}`, {
    code: "not_found",
    hint: `all that is below it is ${namespace}/${key}/, with the slash`,
  });
}

/** Nobody is shown anything who cannot be asked. */
async function askFirst(client: Client, plan: PlanAnswer): Promise<void> {
  if (isAtTerminal()) await show(client, plan);
  const deleted = deletionsIn(plan.changes);
  const also = deleted === 0 ? "" : `, and delete ${deleted} of them`;
  await requireYes(`Put ${countWords(plan.changes.length, "document")} back${also}?`, {
    flag: "--yes",
    look: "--plan",
  });
}

async function show(client: Client, plan: PlanAnswer): Promise<void> {
  for (const [index, change] of plan.changes.entries()) {
    const { fromRevision } = change;
    if (index >= PATCHES_MAX) printPlannedLine(change);
    else {
      const after = fromRevision === undefined ? undefined : await textAt(client, change, fromRevision);
      await printPlanned(client, change, after?.text);
    }
  }
  const untold = plan.changes.length - PATCHES_MAX;
  if (untold > 0) say(`… without the texts of the last ${untold}`);
  sayWarnings(plan);
  const deleted = deletionsIn(plan.changes);
  const of = deleted === 0 ? "" : `, ${deleted} of them to delete`;
  say(
    plan.changes.length === 0
      ? "nothing to do: everything is as it was already"
      : `plan: ${countWords(plan.changes.length, "document")} to put back${of}`,
  );
}

function withAdvice(refused: Failure): Failure {
  if (refused.code !== "stale") return refused;
  return new Failure(refused.exit, refused.message, {
    code: refused.code,
    hint: "--ours puts these back too, --theirs leaves them as they are",
  });
}
