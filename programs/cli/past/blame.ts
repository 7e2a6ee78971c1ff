/** Which commit set a document, or each member of a JSON document, to what it is: as far back as the history is kept. */
import { type HistoryEntry, HistoryPage } from "../../../lib/api/document-answers.ts";
import { isJsonType } from "../../../lib/core/media-type.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { printJson } from "../output.ts";
import { followPages } from "../pages.ts";
import { printTable } from "../table.ts";
import { type DocumentName, formatTarget } from "../target.ts";
import { leavesOf } from "./leaves.ts";
import { formatActor } from "./show-commit.ts";

export interface BlameOptions {
  readonly output: "table" | "json";
}

type Put = Extract<HistoryEntry, { op: "put" }>;

/** A leaf by its JSON pointer; the whole document where it is no JSON. */
interface Blamed {
  readonly pointer: string;
  /** As JSON; absent where the document is no JSON. */
  readonly value?: string;
  readonly entry: Put;
}

/** How much of a value and of a message a table shows. */
const SHOWN = 40;

export async function runBlame(
  client: Client,
  target: DocumentName,
  { output }: BlameOptions,
): Promise<void> {
  const blamed = await blame(client, target);
  if (output === "json")
    return printJson({
      ...target,
      members: blamed.map(({ pointer, value, entry }) => ({
        pointer,
        ...(value === undefined ? {} : { value: JSON.parse(value) }),
        revision: entry.revision,
        commit: entry.commit,
      })),
    });
  printTable(
    ["MEMBER", "VALUE", "REVISION", "TIME", "BY", "WHY"],
    blamed.map(({ pointer, value, entry: { revision, mediaType, commit } }) => [
      pointer,
      value === undefined ? mediaType : cut(value),
      String(revision),
      commit.time,
      formatActor(commit),
      cut(commit.message?.split("\n")[0] ?? ""),
    ]),
  );
}

/** In the order of the document. Older values are fetched until every leaf has found its commit. */
async function blame(client: Client, target: DocumentName): Promise<Blamed[]> {
  let newest: Put | undefined;
  let leaves = new Map<string, string>();
  const found = new Map<string, Put>();
  let newer: Put | undefined;
  for await (const entry of entriesOf(client, target)) {
    if (newer === undefined) {
      if (entry.op !== "put") throw gone(target, entry.revision);
      newest = entry;
      leaves = leavesIn(entry) ?? new Map();
    } else {
      const older =
        entry.op === "put" ? (leavesIn(entry) ?? new Map<string, string>()) : new Map<string, string>();
      for (const [pointer, value] of leaves)
        if (!found.has(pointer) && older.get(pointer) !== value) found.set(pointer, newer);
    }
    if (entry.op !== "put" || found.size === leaves.size) break;
    newer = entry;
  }
  if (newest === undefined)
    throw new Failure(EXIT.absent, `there is no ${formatTarget(target)}, and nothing is known of one`, {
      code: "not_found",
    });
  if (leaves.size === 0) return [{ pointer: "", entry: newest }];
  const oldest = newer ?? newest;
  return [...leaves].map(([pointer, value]) => ({ pointer, value, entry: found.get(pointer) ?? oldest }));
}

async function* entriesOf(client: Client, { namespace, key }: DocumentName): AsyncGenerator<HistoryEntry> {
  const query = { key, values: "bytes", limit: 100 };
  for await (const page of followPages(client, HistoryPage, pathTo`/v1/history/${namespace}`, query))
    yield* page.entries;
}

/** Undefined where it is no JSON. */
function leavesIn({ text, mediaType }: Put): Map<string, string> | undefined {
  return text === undefined || !isJsonType(mediaType) ? undefined : leavesOf(JSON.parse(text));
}

function gone(target: DocumentName, revision: number): Failure {
  return new Failure(EXIT.absent, `${formatTarget(target)} was deleted in revision ${revision}`, {
    code: "not_found",
    hint: `\`ledge show ${revision}\` says by whom`,
  });
}

function cut(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}
