/** `ledge audit`: the history as it lies in the bucket, with no server asked (../audit/verify.ts). */
import type { Command } from "commander";
import type { AuditOptions } from "../audit/verify.ts";
import { outputOption } from "../output-option.ts";
import { addBucketOptions } from "./backup-objects.ts";

const HELP = `
It reads the commits of the newest snapshot in order, and every restore point with its segments: hashes, what each follows,
and whether all tell of the same commits. With 1 it ends where something breaks, and names the object and the revision.
\`ledge backup verify\` asks something else: whether the documents can be brought back as they were.

Who may write to the bucket can write all of it anew. Signed backups and --trust find that, and so does the server: it
compares the bucket with its own store. \`ledge log\` shows the commits themselves.
`;

export function addAudit(program: Command, dataDir: () => string): void {
  const audit = program.command("audit").description("the history in the bucket, checked from outside");
  addBucketOptions(
    audit.command("verify").description("is every commit there, in order and unchanged, and who made them"),
  )
    .option("--complete", "nothing was ever pruned: a restore point that is gone is a fault, too")
    .addOption(outputOption(["table", "json"]))
    .addHelpText("after", HELP)
    .action(async (options: AuditOptions) => {
      // The bucket's client is megabytes, so it is loaded by this command alone.
      const { verifyAudit } = await import("../audit/verify.ts");
      await verifyAudit(options, dataDir());
    });
}
