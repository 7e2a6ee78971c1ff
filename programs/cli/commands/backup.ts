/** `ledge backup`: write what is new to the bucket now, and say how far the bucket is. */
import type { Command } from "commander";
import * as z from "zod";
import type { Client } from "../client.ts";
import { printJson, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";

const Run = z.looseObject({
  state: z.string(),
  from: z.number().nullish(),
  to: z.number().nullish(),
  objects: z.number().nullish(),
  bytes: z.number().nullish(),
});

export function addBackup(program: Command, client: () => Client): void {
  const backup = program.command("backup").description("backups: run one now, see how far the bucket is");
  backup
    .command("run")
    .description("write what is new to the bucket now")
    .addOption(outputOption(["text", "json"]))
    .action(async (options: { output: string }) => {
      const run = await client().json(Run, "POST", "/v1/backup/run");
      if (options.output === "json") return printJson(run);
      if (run.state === "exported")
        return sayDone(
          `the bucket now holds revision ${run.to} (${run.objects} objects, ${run.bytes} bytes)`,
        );
      sayDone(
        run.state === "skipped"
          ? "another run is at work; nothing to do"
          : "nothing new since the last backup",
      );
    });
  backup
    .command("status")
    .description("how far the bucket is, as JSON")
    .action(async () => printJson(await client().json(z.unknown(), "GET", "/v1/backup/status")));
}
