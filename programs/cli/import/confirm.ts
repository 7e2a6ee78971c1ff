/** Deletions are never a surprise: they are shown and asked for, or `--yes` has said so before. */
import { confirm, isCancel } from "@clack/prompts";
import { isAtTerminal } from "../ask.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords } from "../output.ts";
import type { ImportPlan } from "./plan.ts";
import { printChanges } from "./show.ts";

const SHOWN = 20;

/** Throws a Failure unless the deletions are wanted. */
export async function confirmDeletions(plan: ImportPlan, yes: boolean): Promise<void> {
  const deletions = plan.changes.filter(({ op }) => op === "delete");
  if (deletions.length === 0 || yes) return;
  const words = countWords(deletions.length, "document");
  if (!isAtTerminal())
    throw new Failure(EXIT.usage, `this would delete ${words}; nothing was changed`, {
      hint: "look at them with --plan, then say --yes",
    });
  printChanges(deletions, { max: SHOWN, diff: false });
  const answer = await confirm({
    message: `Delete ${words}?`,
    initialValue: false,
    output: process.stderr,
    withGuide: false,
  });
  if (isCancel(answer) || !answer) throw new Failure(EXIT.usage, "nothing was changed");
}
