/** `ledge mode`: opens the store for writes, or closes it while reads go on. */
import { type Command, InvalidArgumentError } from "commander";
import { ModeAnswer } from "../../../lib/api/admin-answers.ts";
import type { Client } from "../client.ts";
import { Failure } from "../failure.ts";
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
      await client().json(ModeAnswer, "PUT", "/v1/admin/mode", { body }).catch(explainStop);
      sayDone(wanted === "open" ? "the store takes writes" : "the store takes no writes; reads go on");
    });
}

/** The mode can be written while it is read-only: what refuses it is the store's own stop. */
function explainStop(error: unknown): never {
  if (!(error instanceof Failure) || error.code !== "read_only") throw error;
  throw new Failure(error.exit, "the store is stopped, by a seal, a fork or a file that was put back", {
    code: error.code,
    hint: "`ledge backup status` says by what; `ledge backup adopt` ends it with a new history, then say this again",
  });
}
