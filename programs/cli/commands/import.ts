/** `ledge import`: what it takes; ../import/run.ts does it. */
import { type Command, Option } from "commander";
import { commandName } from "../called.ts";
import type { Client } from "../client.ts";
import { FORMATS } from "../import/formats.ts";
import type { ImportOptions } from "../import/run.ts";
import { outputOption } from "../output-option.ts";
import { repeated } from "../repeated.ts";

const EXAMPLES = `
Examples:
  ${commandName()} import ./config -n shop-prod --plan        what would change (exit 0: nothing, 8: something)
  ${commandName()} import ./config -n shop-prod --prune       make the namespace equal to the folder
  consul kv export app/ | ${commandName()} import - -n shop-prod --strip-prefix app/
  etcdctl get --prefix /app/ -w json | ${commandName()} import - -n shop-prod --strip-prefix /app/
  kubectl get configmaps -o yaml | ${commandName()} import - -n shop-prod
`;

export function addImport(program: Command, client: () => Client): void {
  program
    .command("import")
    .description(
      "make documents of a folder, a file or standard input; nothing is written if anything is wrong in it",
    )
    .argument("<source>", "a folder, a file, or `-` for standard input")
    .option(
      "-n, --namespace <name>",
      "everything belongs to this namespace (default: the first folders are namespaces)",
    )
    .option("--prefix <prefix/>", "put every key below this prefix; needs -n")
    .option("--strip-prefix <prefix>", "take only names with this prefix, and leave it out of the keys")
    .addOption(
      new Option("--format <format>", "what a file holds (default: by its name and shape)").choices(FORMATS),
    )
    .option("--split", "make a key of each name in .env and .properties files")
    .option("--strip-extensions", "a file's extension is its media type and no part of the key")
    .option("--exclude <pattern>", "leave out what matches, as in .gitignore (may be given again)", repeated)
    .option("--plan", "show what would change, and change nothing")
    .option("--diff", "show the texts that change, too")
    .option("--prune", "also delete what the source no longer has, in its namespaces or below --prefix")
    .option("--yes", "delete without asking")
    .option("--create-namespaces", "make namespaces that are not there")
    .option("-m, --message <text>", "why, kept with each commit")
    .addOption(outputOption(["text", "json"]))
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, options: ImportOptions) => {
      // Parsers of other tools' formats are loaded by this command alone.
      const { runImport } = await import("../import/run.ts");
      await runImport(client(), source, options);
    });
}
