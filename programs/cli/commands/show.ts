/** `ledge show`: what it takes; ../past/show.ts does it. */
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { Client } from "../client.ts";
import { outputOption } from "../output-option.ts";

export function addShow(program: Command, client: () => Client): void {
  program
    .command("show")
    .description("show one commit, with what it did to each document as a unified diff")
    .argument("<revision>", "the commit's revision, as `ledge log` shows it", parseRevision)
    .addOption(outputOption(["text", "json"]))
    .action(async (revision: string, { output }: { readonly output: "text" | "json" }) => {
      const { runShow } = await import("../past/show.ts");
      await runShow(client(), revision, output);
    });
}

function parseRevision(text: string): string {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InvalidArgumentError("a revision is a whole number from 1");
  return text;
}
