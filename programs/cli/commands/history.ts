/** `ledge history`: what it takes; ../past/history.ts does it. */
import type { Command } from "commander";
import type { Client } from "../client.ts";
import { outputOption } from "../output-option.ts";
import type { HistoryOptions } from "../past/history.ts";
import { type DocumentName, parseTarget } from "../target.ts";

export function addHistory(program: Command, client: () => Client): void {
  program
    .command("history")
    .description("show what became of a document, newest first")
    .argument("<namespace/key>", "the document, which may be deleted", parseTarget)
    .option("-p, --patch", "with what each change did to it, as a unified diff")
    .option("-n, --number <n>", "at most so many changes (default: all)")
    .addOption(outputOption(["text", "json"]))
    .action(async (target: DocumentName, options: HistoryOptions) => {
      const { runHistory } = await import("../past/history.ts");
      await runHistory(client(), target, options);
    });
}
