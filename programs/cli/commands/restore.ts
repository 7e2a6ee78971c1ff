/** `ledge restore`: a database file from the bucket, with nothing else running (../bucket-restore.ts). */
import type { Command } from "commander";
import type { RestoreOptions } from "../bucket-restore.ts";
import { outputOption } from "../output-option.ts";

const FROM_HELP = `
--from takes the bucket's address, ENDPOINT/BUCKET[/PREFIX], for example
  https://s3.eu-central-1.amazonaws.com/my-backups/ledge
Credentials, region and the style of addressing come from the same variables as the server's, as environment:
  SPIN_VARIABLE_BUCKET_ACCESS_KEY_ID, SPIN_VARIABLE_BUCKET_SECRET_ACCESS_KEY, SPIN_VARIABLE_BUCKET_REGION,
  SPIN_VARIABLE_BUCKET_SESSION_TOKEN, SPIN_VARIABLE_BUCKET_PATH_STYLE (true or false)
`;

export function addRestore(program: Command, dataDir: () => string): void {
  program
    .command("restore")
    .description("build a database file from the bucket, every object checked")
    .requiredOption("--to <file>", "the file to make; it must not be there yet")
    .option("--from <url>", "the bucket (default: the bundled one in the data folder)")
    .option("--revision <n>", "an older kept revision (default: the newest)")
    .addOption(outputOption(["text", "json"]))
    .addHelpText("after", FROM_HELP)
    .action(async (options: RestoreOptions) => {
      // The bucket's client is megabytes, so it is loaded by this command alone.
      const { runRestore } = await import("../bucket-restore.ts");
      await runRestore(options, dataDir());
    });
}
