/** `ledge status`: one screen, and for what is wrong the command that mends it. */
import type { Command } from "commander";
import { Status } from "../../../lib/api/admin-answers.ts";
import type { Client } from "../client.ts";
import { formatBytes, printJson, printTable } from "../output.ts";
import { outputOption } from "../output-option.ts";

export function addStatus(program: Command, client: () => Client): void {
  program
    .command("status")
    .description("how the store and its backup are")
    .addOption(outputOption(["table", "json"]))
    .action(async (options: { output: string }) => {
      const status = await client().json(Status, "GET", "/v1/admin/status");
      if (options.output === "json") return printJson(status);
      printTable(["", ""], rowsOf(client().url, status));
    });
}

function rowsOf(url: string, status: Status): string[][] {
  const { backup, store } = status;
  return [
    ["server", `${url}, version ${status.version}`],
    [
      "store",
      `revision ${status.head}, epoch ${status.epoch}, lineage ${status.lineage.slice(0, 8)}, ${formatBytes(store.bytes)}`,
    ],
    ["mode", modeLine(status)],
    ["durability", durabilityLine(store)],
    [
      "clock",
      status.clockSuspect
        ? "suspect: the newest commit lies more than an hour ahead; check the clock of this machine"
        : "fine",
    ],
    ["backup", backupLine(backup)],
  ];
}

function durabilityLine({ sqlite, journal, synchronous, libsqlServer }: Status["store"]): string {
  const where = libsqlServer ? "on a libSQL server, " : "";
  const weak = ["off", "normal"].includes(synchronous) ? ": a power cut there can lose the last commits" : "";
  return `${where}SQLite ${sqlite}, journal ${journal}, synchronous ${synchronous}${weak}`;
}

function modeLine({ mode }: Status): string {
  if (mode === "open") return "open";
  return mode === "stopped"
    ? "stopped by a fork or a seal: writes are refused (`./ledge backup status`)"
    : `${mode}: writes are refused (\`./ledge mode open\`)`;
}

function backupLine(backup: Status["backup"]): string {
  switch (backup.state) {
    case "not_set":
      return "none: no bucket is set, nothing is backed up (docs/settings.md, bucket_name)";
    case "restored":
      return "as it was restored: all of it came from a bucket, and the first write is what the next backup takes";
    case "ok":
      if (backup.exportedRevision === null)
        return backup.behindRevisions === 0
          ? "nothing to back up yet"
          : "nothing in the bucket yet: `./ledge backup run`";
      return `up to revision ${backup.exportedRevision}, ${backup.exportedAt}; proven up to ${backup.provenRevision ?? "none"}`;
    case "behind":
      return `up to revision ${backup.exportedRevision ?? "none"}, ${backup.behindRevisions} behind: \`./ledge backup run\``;
    case "failing":
      return `failing since revision ${backup.exportedRevision ?? "none"}: ${backup.lastError?.detail ?? "the live store disagrees with its history"} (\`./ledge backup status\`)`;
    case "fork":
      return "stopped: two histories have been written to this bucket (`./ledge backup status`)";
    case "foreign":
      return "stopped: the bucket's prefix holds another store's backups (`./ledge backup status`)";
    default:
      return backup.state;
  }
}
