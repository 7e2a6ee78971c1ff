/** `ledge backup show` and `verify`: snapshots as they lie in the bucket, with no server asked (../bucket-verify.ts). */
import type { Command } from "commander";
import type { VerifyOptions } from "../backup/verify.ts";
import { outputOption } from "../output-option.ts";
import { repeated } from "../repeated.ts";

/** Which bucket, which history in it, and whose word counts. */
export function addBucketOptions(command: Command): Command {
  return command
    .option("--from <url>", "the bucket, as for `ledge restore` (default: the server's own)")
    .option("--endpoint <url>", "with --from s3://…: the server that has the bucket")
    .option("--region <name>", "the bucket's region")
    .option("--branch <lineage>", "one of several histories: LINEAGE, or LINEAGE@RUN")
    .option(
      "--trust <key>",
      "take only what this key has signed (may be given again; or LEDGE_TRUST)",
      repeated,
    );
}

export function addBackupObjects(backup: Command, dataDir: () => string): void {
  const place = (command: Command): Command =>
    addBucketOptions(command).option(
      "--revision <n>",
      "the snapshot that holds this revision (default: the newest)",
    );
  place(backup.command("show").description("what a snapshot consists of, and how it is linked and signed"))
    .addOption(outputOption(["table", "json"]))
    .action(async (options: VerifyOptions) => {
      // The bucket's client is megabytes, so it is loaded by these commands alone.
      const { showSnapshot } = await import("../backup/verify.ts");
      await showSnapshot(options, dataDir());
    });
  place(
    backup
      .command("verify")
      .description(
        "can it be restored: check one object against the manifest that names it, or replay a whole snapshot in a scratch file (`ledge audit verify`: is the history whole)",
      )
      .argument("[object]", "a name as `backup show` has it; without one the whole snapshot"),
  )
    .option("--store <file>", "also compare with this store's own state at that revision")
    .addOption(outputOption(["text", "json"]))
    .action(async (object: string | undefined, options: VerifyOptions) => {
      const { verifySnapshot, verifyObject } = await import("../backup/verify.ts");
      if (object === undefined) await verifySnapshot(options, dataDir());
      else await verifyObject(object, options, dataDir());
    });
}
