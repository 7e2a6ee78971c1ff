/** Commits as the commands show them: who, when and why. */
import type { LoggedCommit } from "../../../lib/api/document-answers.ts";
import { escapeControl } from "../output.ts";
import { paint, printLine } from "../patch.ts";

export type ShownCommit = Pick<
  LoggedCommit,
  "time" | "actor" | "actorName" | "author" | "message" | "meta" | "partial"
>;

/** `ci (abcdefghijkl)`; Ledge's own actors have no other name. */
export function formatActor({ actor, actorName }: Pick<LoggedCommit, "actor" | "actorName">): string {
  return actorName === undefined ? actor : `${actorName} (${actor})`;
}

/** One line of who and when, then the words. */
export function printCommit(revision: number, commit: ShownCommit): void {
  const author = commit.author === undefined ? "" : `, author ${commit.author}`;
  const who = escapeControl(`${formatActor(commit)}${author}`);
  printLine(`${paint.yellow(`revision ${revision}`)}  ${commit.time}  ${who}`);
  for (const line of commit.message?.trimEnd().split("\n") ?? []) printLine(`    ${escapeControl(line)}`);
  const meta = Object.entries(commit.meta ?? {}).map(([name, value]) => `${name}=${value}`);
  if (meta.length > 0) printLine(paint.dim(`    ${escapeControl(meta.join(" "))}`));
  if (commit.partial) printLine(paint.dim("    only in part: the token may not read all of it"));
}
