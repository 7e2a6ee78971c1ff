/** `ledge log`: what it takes; ../past/log.ts does it. */
import type { Command } from "commander";
import type { Client } from "../client.ts";
import { PAST_STATE } from "../moment.ts";
import { outputOption } from "../output-option.ts";
import type { CommitLogOptions } from "../past/log.ts";
import { type DocumentName, parsePlace } from "../target.ts";

export function addLog(program: Command, client: () => Client): void {
  program
    .command("log")
    .description("show commits, newest first: what changed, when, why, and who did it")
    .argument("[namespace/prefix]", "only what touched a namespace, or keys in it that begin so", parsePlace)
    .option("--since <when>", `only since ${PAST_STATE}`)
    .option("--until <when>", "only up to then")
    .option("--actor <name>", "only by tokens of this name, or by one accessor")
    .option("--message <text>", "only with this text in the message")
    .option("-n, --number <n>", "at most so many (default: 20, or all of them with --since)")
    .addOption(outputOption(["text", "json"]))
    .action(async (place: DocumentName | undefined, options: CommitLogOptions) => {
      // What patches are made with is loaded by these commands alone.
      const { runLog } = await import("../past/log.ts");
      await runLog(client(), place, options);
    });
}
