/** `ledge status`: one screen, and for what is wrong the command that mends it. */
import type { Command } from "commander";
import { Status } from "../../../lib/api/admin-answers.ts";
import { damagedLine, stoppedLine } from "../backup/views.ts";
import { asTyped } from "../called.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { formatBytes, printJson, say } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { printTable } from "../table.ts";

const SUSPECT = "suspect: the newest commit lies more than an hour ahead; check the clock of this machine";
const RECOVERY = {
  on: "recovery_secret is set: whoever knows it makes a root token for an hour (`ledge recover`)",
  too_short: "recovery_secret is too short and opens nothing: it needs at least 32 characters",
};
const WRONG_BACKUPS: ReadonlySet<Status["backup"]["state"]> = new Set([
  "behind",
  "failing",
  "fork",
  "foreign",
]);
/** Less than this share of the disk is too little, here and in deploy/prometheus/alerts.yaml. */
const DISK_FREE_MIN = 0.1;

export function addStatus(program: Command, client: () => Client): void {
  program
    .command("status")
    .description("how the store and its backup are")
    .addOption(outputOption(["table", "json"]))
    .option(
      "--check",
      "end with 1 when something is wrong, and say what: backup, clock, disk, recovery, store",
    )
    .action(async (options: { output: string; check?: boolean }) => {
      const status = await client().json(Status, "GET", "/v1/admin/status");
      if (options.output === "json") printJson(status);
      else
        printTable(
          ["", ""],
          rowsOf(client().url, status).map(([name = "", text = ""]) => [name, asTyped(text)]),
        );
      if (options.check === true) endUnlessWell(status, await readDisk(client()));
    });
}

/** Throws a Failure that names all that is wrong. What is wanted (read-only mode, no bucket) is not wrong. */
function endUnlessWell(status: Status, disk: Disk | undefined): void {
  const { backup, mode, clockSuspect } = status;
  const wrong: string[] = [];
  if (mode === "stopped") wrong.push(`mode: ${modeLine(status)}`);
  if (clockSuspect) wrong.push(`clock: ${SUSPECT}`);
  if (WRONG_BACKUPS.has(backup.state)) wrong.push(`backup: ${backupLine(backup)}`);
  if (status.recovery === "too_short") wrong.push(`recovery: ${RECOVERY.too_short}`);
  if (disk === undefined) say("This server does not tell its disk: it was not checked.");
  else if (disk.freeBytes < DISK_FREE_MIN * disk.sizeBytes)
    wrong.push(`disk: ${formatBytes(disk.freeBytes)} of ${formatBytes(disk.sizeBytes)} left: make room`);
  if (wrong.length > 0) throw new Failure(EXIT.fault, wrong.join("\n"));
  say("Nothing is wrong.");
}

interface Disk {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** Only the host on Node knows it, where the store is a file: it stands in the metrics, not in the status. */
async function readDisk(client: Client): Promise<Disk | undefined> {
  const text = new TextDecoder().decode((await client.request("GET", "/metrics")).bytes);
  const [freeBytes, sizeBytes] = ["free", "size"].map((what) => {
    const value = new RegExp(`^ledge_disk_${what}_bytes (\\S+)$`, "m").exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  });
  return freeBytes === undefined || sizeBytes === undefined ? undefined : { freeBytes, sizeBytes };
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
    ["clock", status.clockSuspect ? SUSPECT : "fine"],
    ["backup", backupLine(backup)],
    ...(status.recovery === "off" ? [] : [["recovery", RECOVERY[status.recovery]]]),
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
    ? "stopped by a fork or a seal: writes are refused (`ledge backup status`)"
    : `${mode}: writes are refused (\`ledge mode open\`)`;
}

function backupLine(backup: Status["backup"]): string {
  switch (backup.state) {
    case "not_set":
      return "none: no bucket is set, nothing is backed up (docs/settings.md, bucket_name)";
    case "restored":
      return "as it was restored: all of it came from a bucket, and the first write is what the next backup takes";
    case "ok":
      if (backup.exportedRevision === null)
        return backup.behindRevisions === 0 && backup.damagedPoints === 0
          ? "nothing to back up yet"
          : `${reached(backup)}: \`ledge backup run\``;
      return `${reached(backup)}, ${backup.exportedAt}; ${backup.provenRevision === null ? "not proven yet" : `proven up to ${backup.provenRevision}`}`;
    case "behind":
      return `${reached(backup)}, ${backup.behindRevisions} behind: \`ledge backup run\``;
    case "failing":
      return `failing, ${reached(backup)}: ${backup.lastError?.detail ?? "the live store disagrees with its history"} (\`ledge backup status\`)`;
    case "fork":
    case "foreign":
      return stoppedLine(backup);
    default:
      return backup.state;
  }
}

function reached(backup: Status["backup"]): string {
  const { exportedRevision } = backup;
  if (exportedRevision !== null) return `up to revision ${exportedRevision}`;
  return damagedLine(backup) ?? "nothing in the bucket yet";
}
