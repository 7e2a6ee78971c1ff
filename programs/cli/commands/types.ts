/** `ledge types`: what it takes; ../schemas/types.ts does it. */
import type { Command } from "commander";
import { commandName } from "../called.ts";
import type { Client } from "../client.ts";
import { type DocumentName, parsePlace } from "../target.ts";

const EXAMPLES = `
Example:
  ${commandName()} types shop-prod > config.d.ts
`;

export function addTypes(program: Command, client: () => Client): void {
  program
    .command("types")
    .description("print TypeScript types of the documents of a namespace, from its schemas")
    .argument("<namespace/prefix>", "a namespace, or only what lies below a prefix of its keys", parsePlace)
    .addHelpText("after", EXAMPLES)
    .action(async (place: DocumentName) => {
      const { runTypes } = await import("../schemas/types.ts");
      await runTypes(client(), place);
    });
}
