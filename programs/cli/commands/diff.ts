/** `ledge diff`: what it takes; ../past/diff.ts does it. */
import type { Command } from "commander";
import { commandName } from "../called.ts";
import type { Client } from "../client.ts";
import { PAST_STATE } from "../moment.ts";
import { outputOption } from "../output-option.ts";
import type { DiffOptions } from "../past/diff.ts";
import { type ComparedPlace, parseCompared } from "../past/places.ts";

const EXAMPLES = `
Examples:
  ${commandName()} diff shop --from 1h                   what changed in the last hour
  ${commandName()} diff shop/limits/ --from 41 --to 42   what one commit did below limits/
  ${commandName()} diff shop@2027-01-31 shop             as it was then, and as it is
  ${commandName()} diff staging prod                     what prod has otherwise
`;

export function addDiff(program: Command, client: () => Client): void {
  program
    .command("diff")
    .description("show what differs between two states of a namespace, or between two namespaces")
    .argument("<a>", "NAMESPACE[@WHEN][/PREFIX]: the state before", parseCompared)
    .argument("[b]", "the state after (default: the same namespace)", parseCompared)
    .option("--from <when>", `the state before: ${PAST_STATE}`)
    .option("--to <when>", "the state after (default: head, the newest)")
    .option("--names", "only what differs, without the texts")
    .option("--exit-code", "end with 8 where anything differs")
    .addOption(outputOption(["text", "json"]))
    .addHelpText("after", EXAMPLES)
    .action(async (a: ComparedPlace, b: ComparedPlace | undefined, options: DiffOptions) => {
      const { runDiff } = await import("../past/diff.ts");
      await runDiff(client(), [a, b], options);
    });
}
