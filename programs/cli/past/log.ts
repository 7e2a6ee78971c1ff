/** The log of commits: what changed, when, why, and who did it. */
import { CommitsPage, type LoggedCommit } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { parsePast } from "../moment.ts";
import { requireKnownNamespace } from "../namespaces/known.ts";
import { printJson, say } from "../output.ts";
import { followPages } from "../pages.ts";
import { paint, printLine } from "../patch.ts";
import type { DocumentName } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";
import { printCommit } from "./show-commit.ts";
import { printLogged } from "./show-difference.ts";

export interface CommitLogOptions {
  readonly since?: string;
  readonly until?: string;
  readonly actor?: string;
  readonly message?: string;
  readonly number?: string;
  readonly output: "text" | "json";
}

/** Commits where nobody says how many, or since when; and changes of one commit that are shown one by one. */
const COMMITS_SHOWN = 20;
const CHANGES_SHOWN = 10;
const PAGE = 100;

export async function runLog(
  client: Client,
  place: DocumentName | undefined,
  options: CommitLogOptions,
): Promise<void> {
  const asked = wholeNumber("-n", options.number, 1);
  const max = asked ?? (options.since === undefined ? COMMITS_SHOWN : Number.POSITIVE_INFINITY);
  const nowMs = Date.now();
  const query = {
    ns: place?.namespace,
    prefix: place?.key || undefined,
    from: parsePast("--since", options.since, nowMs),
    to: parsePast("--until", options.until, nowMs),
    actor: options.actor,
    message: options.message,
    changes: "true",
    limit: Math.max(1, Math.min(PAGE, max)),
  };
  const found: LoggedCommit[] = [];
  let isAll = true;
  for await (const page of followPages(client, CommitsPage, "/v1/commits", query)) {
    const left = max - found.length;
    const shown = page.commits.slice(0, left);
    found.push(...shown);
    if (options.output === "text") for (const commit of shown) printWithChanges(commit);
    isAll = page.next === undefined && page.commits.length <= left;
    if (found.length >= max) break;
  }
  if (found.length === 0 && place !== undefined) await requireKnownNamespace(client, place.namespace);
  if (options.output === "json") return printJson({ commits: found });
  if (found.length === 0) say("no commit that this token may see matches");
  else if (!isAll && asked === undefined) say(`the newest ${found.length}; -n shows more`);
}

function printWithChanges({ revision, changes = [], truncated, ...commit }: LoggedCommit): void {
  printCommit(revision, commit);
  for (const change of changes.slice(0, CHANGES_SHOWN)) printLogged(change, false);
  const more = changes.length - CHANGES_SHOWN;
  if (more > 0 || truncated === true)
    printLine(paint.dim(`  … and ${more > 0 ? more.toLocaleString("en-US") : "some"} more`));
}
