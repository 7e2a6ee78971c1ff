/** What became of one document. */
import { type HistoryEntry, HistoryPage } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { printJson, say } from "../output.ts";
import { followPages } from "../pages.ts";
import { type DocumentName, formatTarget } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";
import { printCommit } from "./show-commit.ts";
import { eraseOf, printDifference, type Standing } from "./show-difference.ts";

export interface HistoryOptions {
  readonly number?: string;
  readonly patch?: true;
  readonly output: "text" | "json";
}

export async function runHistory(
  client: Client,
  target: DocumentName,
  options: HistoryOptions,
): Promise<void> {
  const max = wholeNumber("-n", options.number, 1) ?? Number.POSITIVE_INFINITY;
  // One more than is shown: what the last one changed.
  const entries = await entriesOf(client, target, { max: max + 1, patch: options.patch === true });
  const shown = entries.slice(0, max);
  if (options.output === "json") return printJson({ entries: shown });
  if (shown.length === 0) say(`nothing is known of ${formatTarget(target)}`);
  for (const [at, entry] of shown.entries()) {
    printCommit(entry.revision, entry.commit);
    printEntry(entry, entries[at + 1], options.patch === true);
  }
}

async function entriesOf(
  client: Client,
  { namespace, key }: DocumentName,
  { max, patch }: { readonly max: number; readonly patch: boolean },
): Promise<HistoryEntry[]> {
  const entries: HistoryEntry[] = [];
  const query = { key, values: patch ? "bytes" : "none", limit: Math.max(1, Math.min(1000, max)) };
  for await (const page of followPages(client, HistoryPage, pathTo`/v1/history/${namespace}`, query)) {
    entries.push(...page.entries);
    if (entries.length >= max) break;
  }
  return entries;
}

function printEntry(entry: HistoryEntry, older: HistoryEntry | undefined, patch: boolean): void {
  const name = `${entry.namespace}/${entry.key}`;
  const standing = (one: HistoryEntry | undefined): Standing | null =>
    one?.op === "put" ? { name, stored: one } : null;
  const difference = { name, before: standing(older), after: standing(entry) };
  printDifference(difference, { patch, kind: eraseOf(entry) });
}
