/** One commit, and what it did to each document, as a unified diff. */
import { type LoggedChange, LoggedCommitWithChanges } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { printJson } from "../output.ts";
import { followPages } from "../pages.ts";
import { printLine } from "../patch.ts";
import { printCommit } from "./show-commit.ts";
import { printLogged } from "./show-difference.ts";

export async function runShow(client: Client, revision: string, output: "text" | "json"): Promise<void> {
  const changes: LoggedChange[] = [];
  let head: LoggedCommitWithChanges | undefined;
  const pages = followPages(client, LoggedCommitWithChanges, pathTo`/v1/commits/${revision}`, {
    values: "bytes",
  });
  for await (const page of pages) {
    if (head === undefined && output === "text") {
      printCommit(page.revision, page);
      printLine("");
    }
    head ??= page;
    if (output === "json") changes.push(...page.changes);
    else for (const change of page.changes) printLogged(change, true);
  }
  if (output === "json") {
    const { next: _, ...commit } = head ?? {};
    printJson({ ...commit, changes });
  }
}
