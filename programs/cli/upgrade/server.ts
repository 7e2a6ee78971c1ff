/** A server, asked for what an upgrade to this command's version would do to its store. */
import migrations from "ledge:migrations";
import { Status } from "../../../lib/api/admin-answers.ts";
import type { Client } from "../client.ts";
import { judgeUpgrade, type UpgradeReport } from "./report.ts";

/** States of a backup in which the bucket takes nothing, or is not there. */
const STOPPED: Readonly<Record<string, string>> = {
  not_set: "no bucket is set: nothing is backed up",
  failing: "the backup is failing: `ledge backup status`",
  fork: "another store wrote into this history: `ledge backup status`",
  foreign: "somebody else's backups lie there: `ledge backup status`",
};

export async function checkServer(client: Client): Promise<UpgradeReport> {
  const { version, head, store, backup } = await client.json(Status, "GET", "/v1/admin/status");
  const facts = {
    store: `${client.url}, version ${version}`,
    format: store.format,
    revision: head,
    // A restored store is all of it from the bucket, until its first commit.
    provenRevision: backup.state === "restored" ? head : backup.provenRevision,
    trouble: STOPPED[backup.state] ?? null,
  };
  return judgeUpgrade(facts, migrations);
}
