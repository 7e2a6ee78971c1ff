/** `ledge show`: one commit, and what it did to each document, as a unified diff. */
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { type LoggedChange, LoggedCommitWithChanges } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { printJson } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { followPages } from "../pages.ts";
import { printCommit } from "../past/commits.ts";
import { differenceOf, printDifference } from "../past/documents.ts";
import { printLine } from "../patch.ts";

interface Options {
  readonly output: "text" | "json";
}

export function addShow(program: Command, client: () => Client): void {
  program
    .command("show")
    .description("show one commit, with what it did to each document as a unified diff")
    .argument("<revision>", "the commit's revision, as `ledge log` shows it", parseRevision)
    .addOption(outputOption(["text", "json"]))
    .action(async (revision: string, { output }: Options) => {
      const changes: LoggedChange[] = [];
      let head: LoggedCommitWithChanges | undefined;
      const pages = followPages(client(), LoggedCommitWithChanges, `/v1/commits/${revision}`, {
        values: "bytes",
      });
      for await (const page of pages) {
        if (head === undefined && output === "text") {
          printCommit(page.revision, page);
          printLine("");
        }
        head ??= page;
        if (output === "json") changes.push(...page.changes);
        else for (const change of page.changes) printChanged(change);
      }
      if (output === "json") {
        const { next: _, ...commit } = head ?? {};
        printJson({ ...commit, changes });
      }
    });
}

function printChanged(change: LoggedChange): void {
  printDifference(differenceOf(change), { patch: true, kind: change.op === "erase" ? "erase" : undefined });
}

function parseRevision(text: string): string {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InvalidArgumentError("a revision is a whole number from 1");
  return text;
}
