/** What import, plan and apply take alike: a source, and what becomes of its names. */
import { type Command, Option } from "commander";
import { FORMATS } from "../import/formats.ts";
import { outputOption } from "../output-option.ts";
import { overrideOption } from "../override-option.ts";
import { repeated } from "../repeated.ts";

/** `source`: how the argument is written, in brackets where there may be none. */
export function sourceOptions(command: Command, source = "<source>"): Command {
  return command
    .argument(source, "a folder, a file, or `-` for standard input")
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
    .option("--diff", "show the texts that change, too")
    .option("--prune", "also delete what the source no longer has, in its namespaces or below --prefix")
    .option("-m, --message <text>", "why, kept with each commit")
    .addOption(overrideOption())
    .addOption(outputOption(["text", "json"]));
}
