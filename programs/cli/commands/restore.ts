/** `ledge restore`: what a bucket holds comes back as a file, a folder or a server's store (../bucket-restore.ts). */
import type { Command } from "commander";
import { TYPED_MOMENT } from "../../../lib/core/typed-moment.ts";
import { outputOption } from "../output-option.ts";
import { repeated } from "../repeated.ts";
import type { RestorePlaces } from "../restore/bucket.ts";
import type { RestoreFlags } from "../restore/options.ts";

const FROM_HELP = `
Without --from it is the server's bucket: what SPIN_VARIABLE_BUCKET_NAME names, else what the last start on the data
folder used, else the bundled one. --from takes ENDPOINT/BUCKET[/PREFIX] or s3://BUCKET[/PREFIX], for example
  --from https://s3.eu-central-1.amazonaws.com/my-backups/ledge
  --from s3://my-backups/ledge --region eu-central-1
  --from s3://my-backups/ledge --endpoint https://minio.example:9000
Credentials, region and the style of addressing come from the same variables as the server's, as environment:
  SPIN_VARIABLE_BUCKET_ACCESS_KEY_ID, SPIN_VARIABLE_BUCKET_SECRET_ACCESS_KEY, SPIN_VARIABLE_BUCKET_REGION,
  SPIN_VARIABLE_BUCKET_SESSION_TOKEN, SPIN_VARIABLE_BUCKET_PATH_STYLE (true or false),
  SPIN_VARIABLE_BACKUP_ENCRYPTION_KEYS where objects are encrypted
SPIN_VARIABLE_BUCKET_CREDENTIALS=chain takes credentials from where AWS's own tools find them instead.
`;

export function addRestore(program: Command, places: RestorePlaces): void {
  program
    .command("restore")
    .description("bring a backup back: into a database file, as files, or into a running empty server")
    .option("--to <file>", "the database file to make")
    .option("--to-dir <dir>", "write documents as files below a new folder, as `ledge export` does")
    .option("--server", "restore into the running server, whose store has to be empty")
    .option("--plan", "show what would be restored and what would be lost, and write nothing")
    .option("--from <url>", "the bucket (default: the server's own)")
    .option("--endpoint <url>", "with --from s3://…: the server that has the bucket")
    .option("--region <name>", "the bucket's region; with s3://… and no endpoint, AWS's server there")
    .option("--revision <n>", "an older kept revision (default: the newest)")
    .option("--time <moment>", `the last commit at or before ${TYPED_MOMENT} ago`)
    .option("--branch <lineage>", "one of several histories: LINEAGE, or LINEAGE@RUN, at least 8 digits each")
    .option("--min-revision <n>", "refuse a bucket whose newest revision is older")
    .option(
      "--trust <key>",
      "take only what this key has signed (may be given again; or LEDGE_TRUST)",
      repeated,
    )
    .option("--replace", "with --to: put the new file in the place of a store that is there")
    .option("--revoke-all", "with --to: revoke every token of the restored store")
    .option("--new-root <file>", "make a root token and write it to this new file")
    .option("-n, --namespace <name>", "with --to-dir: only this namespace (may be given again)", repeated)
    .option("--fold-case", "with --to-dir: for file systems that do not keep `Key` and `key` apart")
    .option("--secret-file <file>", "with --server: the bootstrap secret (or LEDGE_BOOTSTRAP_SECRET)")
    .option("--restart", "with --server: give up a restore that is going on, and begin again")
    .addOption(outputOption(["text", "json"]))
    .addHelpText("after", FROM_HELP)
    .action(async (options: RestoreFlags) => {
      // The bucket's client is megabytes, so it is loaded by this command alone.
      const { runRestore } = await import("../restore/bucket.ts");
      await runRestore(options, places);
    });
}
