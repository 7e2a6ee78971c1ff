/** `ledge mode`: opens the store for writes, or closes it while reads go on. */
import { type Command, InvalidArgumentError } from "commander";
import { ModeAnswer } from "../../../lib/api/admin-answers.ts";
import type { Client } from "../client.ts";
import { sayDone } from "../output.ts";

const WORDS: Readonly<Record<string, string>> = { open: "open", "read-only": "read_only" };

export function addMode(program: Command, client: () => Client): void {
  program
    .command("mode")
    .description("whether the store takes writes: show it, or set it to open or read-only")
    .argument("[mode]", "open or read-only", (text: string) => {
      if (!Object.hasOwn(WORDS, text)) throw new InvalidArgumentError("say open or read-only");
      return text;
    })
    .action(async (wanted: string | undefined) => {
      if (wanted === undefined) {
        const { mode } = await client().json(ModeAnswer, "GET", "/v1/admin/mode");
        process.stdout.write(`${mode.replace("_", "-")}\n`);
        return;
      }
      const body = JSON.stringify({ mode: WORDS[wanted] });
      await client().json(ModeAnswer, "PUT", "/v1/admin/mode", { body });
      sayDone(wanted === "open" ? "the store takes writes" : "the store takes no writes; reads go on");
    });
}
