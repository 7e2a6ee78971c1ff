/** `ledge propose`: what it takes; ../plans/proposals.ts does it. */
import type { Command } from "commander";
import { commandName } from "../called.ts";
import type { Client } from "../client.ts";
import type { ProposeOptions } from "../plans/proposals.ts";
import { parseTarget } from "../target.ts";
import { sourceOptions } from "./source-options.ts";

const EXAMPLES = `
Examples:
  ${commandName()} propose limits.json --to shop-prod/limits/api -m 'raise the limits'
  ${commandName()} propose ./config -n shop-prod --prune -m 'the weekly change'
`;

export function addPropose(program: Command, client: () => Client): void {
  sourceOptions(
    program.command("propose").description("propose a change, for somebody else to approve and so commit"),
  )
    .option("--to <namespace/key>", "the source is a file with the value of this document", parseTarget)
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, options: ProposeOptions) => {
      const { runPropose } = await import("../plans/proposals.ts");
      await runPropose(client(), source, options);
    });
}
