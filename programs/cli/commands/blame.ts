/** `ledge blame`: what it takes; ../past/blame.ts does it. */
import type { Command } from "commander";
import type { Client } from "../client.ts";
import { outputOption } from "../output-option.ts";
import type { BlameOptions } from "../past/blame.ts";
import { type DocumentName, parseTarget } from "../target.ts";

export function addBlame(program: Command, client: () => Client): void {
  program
    .command("blame")
    .description("show which commit set a document last, and each member of a JSON document")
    .argument("<namespace/key>", "the document", parseTarget)
    .addOption(outputOption(["table", "json"]))
    .action(async (target: DocumentName, options: BlameOptions) => {
      const { runBlame } = await import("../past/blame.ts");
      await runBlame(client(), target, options);
    });
}
