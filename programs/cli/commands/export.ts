/** `ledge export`: what it takes; ../export/run.ts does it. */
import type { Command } from "commander";
import type { Client } from "../client.ts";
import type { ExportOptions } from "../export/run.ts";
import { repeated } from "../repeated.ts";

export function addExport(program: Command, client: () => Client): void {
  program
    .command("export")
    .description("write documents as files below a new folder, a folder for each namespace")
    .argument("<dir>", "a folder that is empty or not there yet")
    .option("-n, --namespace <name>", "only this namespace (may be given again)", repeated)
    .option("--revision <n>", "as it was at a past revision")
    .option("--fold-case", "for file systems that do not keep `Key` and `key` apart")
    .option("--add-extensions", "add the media type as an extension, for `import --strip-extensions`")
    .action(async (dir: string, options: ExportOptions) => {
      const { runExport } = await import("../export/run.ts");
      await runExport(client(), dir, options);
    });
}
