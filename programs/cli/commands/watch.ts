/** `ledge watch`: what it takes; ../past/watch.ts does it. */
import { type Command, InvalidArgumentError } from "commander";
import type { Client } from "../client.ts";
import { outputOption } from "../output-option.ts";
import type { WatchOptions } from "../past/watch.ts";
import { type DocumentName, parsePlace } from "../target.ts";

export function addWatch(program: Command, client: () => Client): void {
  program
    .command("watch")
    .description("show commits as they come, until it is interrupted")
    .argument("<place...>", "namespaces, or keys in one that begin so: NAMESPACE/PREFIX", collectPlace)
    .option("--since <revision>", "begin with the commits after this revision (default: with the next one)")
    .option(
      "--exec <command>",
      "run it in a shell for each commit: the commit is its standard input, as JSON, and LEDGE_REVISION and LEDGE_NAMESPACE are set",
    )
    .addOption(outputOption(["text", "json"]))
    .action(async (places: readonly DocumentName[], options: WatchOptions) => {
      const { runWatch } = await import("../past/watch.ts");
      await runWatch(client(), places, options);
    });
}

function collectPlace(text: string, before: readonly DocumentName[] = []): DocumentName[] {
  const places = [...before, parsePlace(text)];
  if (places.length > 1 && places.some(({ key }) => key !== ""))
    throw new InvalidArgumentError("keys that begin so can be watched in one namespace at a time");
  return places;
}
