/** `ledge import`: what it takes; ../import/run.ts does it. */
import type { Command } from "commander";
import { commandName } from "../called.ts";
import type { Client } from "../client.ts";
import type { ImportOptions } from "../import/run.ts";
import { sourceOptions } from "./source-options.ts";

const EXAMPLES = `
Examples:
  ${commandName()} import ./config -n shop-prod --plan        what would change (exit 0: nothing, 8: something)
  ${commandName()} import ./config -n shop-prod --prune       make the namespace equal to the folder
  consul kv export app/ | ${commandName()} import - -n shop-prod --strip-prefix app/
  etcdctl get --prefix /app/ -w json | ${commandName()} import - -n shop-prod --strip-prefix /app/
  kubectl get configmaps -o yaml | ${commandName()} import - -n shop-prod
`;

export function addImport(program: Command, client: () => Client): void {
  const command = program
    .command("import")
    .description(
      "make documents of a folder, a file or standard input; nothing is written if anything is wrong in it",
    );
  sourceOptions(command)
    .option("--plan", "show what would change, and change nothing")
    .option("--yes", "delete without asking")
    .option("--create-namespaces", "make namespaces that are not there")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, options: ImportOptions) => {
      // Parsers of other tools' formats are loaded by this command alone.
      const { runImport } = await import("../import/run.ts");
      await runImport(client(), source, options);
    });
}
