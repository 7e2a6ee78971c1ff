/** `ledge upgrade-check`: what this version would migrate in a store, and whether there is a way back. */
import type { Command } from "commander";
import { asTyped } from "../called.ts";
import type { Client } from "../client.ts";
import { printJson } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { printTable } from "../table.ts";

const HELP = `
Run it with the new version, before the server is stopped. With --db it tries the migration on a copy of the file and
compares the result with its history; without, it asks the server. Nothing is changed.

Exit codes: 0 nothing to migrate, 8 something to migrate, and the bucket is proven to hold all of the store, 1 something
to migrate, and the bucket is not (next says what to do), 6 the store is newer than this version.
`;

export function addUpgradeCheck(program: Command, client: () => Client): void {
  program
    .command("upgrade-check")
    .description("what this version would migrate in a store, and whether there is a way back")
    .option("--db <file>", "the store's file, on its own machine (default: ask the server)")
    .addOption(outputOption(["table", "json"]))
    .addHelpText("after", HELP)
    .action(async ({ db, output }: { db?: string; output: string }) => {
      // A database and the migrations are loaded for this command alone.
      const { exitOf, rowsOfReport } = await import("../upgrade/report.ts");
      const report =
        db === undefined
          ? await (await import("../upgrade/server.ts")).checkServer(client())
          : await (await import("../upgrade/file.ts")).checkFile(db);
      if (output === "json") printJson(report);
      else
        printTable(
          ["", ""],
          rowsOfReport(report).map(([name, text]) => [name, asTyped(text)]),
        );
      process.exitCode = exitOf(report);
    });
}
