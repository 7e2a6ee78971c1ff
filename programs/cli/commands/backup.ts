/** `ledge backup`: what lies in the bucket, proving it, pruning it, and deciding a fork. */
import type { Command } from "commander";
import { BackupStatus, Picked, PrunePlan, Snapshots } from "../../../lib/api/backup-answers.ts";
import { proveToEnd, pruneWhenFree, runToEnd, sealToEnd } from "../backup/runs.ts";
import { snapshotRows, statusRows } from "../backup/views.ts";
import { asTyped } from "../called.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords, formatBytes, printJson, say, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { printTable } from "../table.ts";

interface Output {
  readonly output: string;
}

export function addBackup(program: Command, client: () => Client): Command {
  const backup = program
    .command("backup")
    .description("backups: run, prove and prune them, see what lies in the bucket, decide a fork");
  const text = () => outputOption(["text", "json"]);
  const table = () => outputOption(["table", "json"]);
  backup
    .command("status")
    .description("how far the bucket is, and how sure that is")
    .addOption(table())
    .action(async (options: Output) => status(client(), options));
  backup
    .command("run")
    .description("write what is new to the bucket now")
    .addOption(text())
    .action(async (options: Output) => run(client(), options));
  backup
    .command("prove")
    .description("read the whole newest chain back, and compare it with the live store")
    .addOption(text())
    .action(async (options: Output) => prove(client(), options));
  backup
    .command("prune")
    .description("remove the restore points that the retention no longer wants")
    .option("--plan", "only say what would go, and from when it may")
    .addOption(table())
    .action(async (options: Output & { plan?: boolean }) => prune(client(), options));
  backup
    .command("ls")
    .description("restore points, newest first, and the other histories in the bucket")
    .option("--all", "every page of them")
    .addOption(table())
    .action(async (options: Output & { all?: boolean }) => list(client(), options));
  backup
    .command("pick")
    .description("decide a fork: this store goes on, or gives way to another lineage")
    .argument("<lineage>", "`this`, `other`, or eight or more digits of a lineage that `backup ls` shows")
    .addOption(text())
    .action(async (lineage: string, options: Output) => pick(client(), lineage, options));
  backup
    .command("adopt")
    .description("let a store that was put back or copied go on as a history of its own")
    .addOption(text())
    .action(async (options: Output) => adopt(client(), options));
  backup
    .command("seal")
    .description("the last backup before a move: the store writes nothing after it")
    .addOption(text())
    .action(async (options: Output) => seal(client(), options));
  return backup;
}

async function status(client: Client, { output }: Output): Promise<void> {
  const found = await client.json(BackupStatus, "GET", "/v1/backup/status");
  if (output === "json") printJson(found);
  else
    printTable(
      ["", ""],
      statusRows(found).map(([name = "", text = ""]) => [name, asTyped(text)]),
    );
}

const NOTHING_YET = "there is nothing to back up yet";
const AS_RESTORED = "the store is as it was restored: there is nothing to back up until its first write";

async function isAsRestored(client: Client): Promise<boolean> {
  return (await client.json(BackupStatus, "GET", "/v1/backup/status")).state === "restored";
}

/** Says what the bucket holds now, whoever wrote it: this run, or another one that it waited for. */
async function run(client: Client, { output }: Output): Promise<void> {
  const done = await runToEnd(client);
  if (output === "json") return printJson(done);
  const { state, exportedRevision, provenRevision } = await client.json(
    BackupStatus,
    "GET",
    "/v1/backup/status",
  );
  const written = `${countWords(done.objects, "object")}, ${formatBytes(done.bytes)} written`;
  if (done.state === "exported") sayDone(`the bucket holds revision ${done.to} (${written})`);
  else if (state === "restored") sayDone(AS_RESTORED);
  else sayDone(exportedRevision === null ? NOTHING_YET : `the bucket holds revision ${exportedRevision}`);
  if (provenRevision !== null) say(`  proven: revision ${provenRevision}`);
}

async function prove(client: Client, { output }: Output): Promise<void> {
  const proof = await proveToEnd(client);
  if (output === "json") return printJson(proof);
  if (proof.state === "nothing")
    return say(
      (await isAsRestored(client)) ? AS_RESTORED : "there is no backup to prove yet: `ledge backup run`",
    );
  sayDone(`revision ${proof.revision} was read back from the bucket and is the live store`);
}

async function prune(client: Client, { output, plan }: Output & { plan?: boolean }): Promise<void> {
  const pruned =
    plan === true
      ? await client.json(PrunePlan, "POST", "/v1/backup/prune", { query: { plan: "true" } })
      : await pruneWhenFree(client);
  if (output === "json") return printJson(pruned);
  if (pruned.points.length > 0)
    printTable(
      ["REVISION", "MADE", "RUN", "MAY GO FROM"],
      pruned.points.map((point) => [
        String(point.revision),
        point.made,
        point.run,
        point.removableFrom ?? "now",
      ]),
    );
  say(`retention "${pruned.retention}" keeps ${countWords(pruned.kept, "restore point")}`);
  if (pruned.points.length > 0)
    say(
      `${countWords(pruned.points.length, "restore point")} and ${countWords(pruned.objects, "object")} (${formatBytes(pruned.bytes)}) go when their time has come`,
    );
  if (pruned.heldBy !== null) say(`nothing is removed before that: ${pruned.heldBy}`);
  if (pruned.state === "pruned")
    sayDone(
      `removed ${countWords(pruned.pruned.points, "restore point")} and ${countWords(pruned.pruned.objects, "object")}`,
    );
}

async function list(client: Client, { output, all }: Output & { all?: boolean }): Promise<void> {
  const first = await client.json(Snapshots, "GET", "/v1/backup/snapshots");
  const snapshots = [...first.snapshots];
  for (let cursor = all === true ? first.next : undefined; cursor !== undefined; ) {
    const page: Snapshots = await client.json(Snapshots, "GET", "/v1/backup/snapshots", {
      query: { cursor, limit: 1000 },
    });
    snapshots.push(...page.snapshots);
    cursor = page.next;
  }
  if (output === "json") return printJson({ ...first, snapshots });
  if (snapshots.length === 0) say("there is no restore point of this history yet: `ledge backup run`");
  else printTable(["REVISION", "MADE", "PROOF", "RESTORE WITH", "GOES FROM"], snapshotRows(snapshots));
  const others = first.branches.filter(({ relation }) => relation !== "this");
  if (others.length > 0) {
    say("\nother histories in the bucket");
    printTable(
      ["LINEAGE", "EPOCH", "REVISION", "WRITTEN", ""],
      others.map((branch) => [
        branch.lineage,
        String(branch.epoch),
        String(branch.revision),
        branch.written,
        branch.ignored ? `${branch.relation}, let be` : branch.relation,
      ]),
    );
  }
  if (first.next !== undefined && all !== true) say("there are older ones: --all");
}

async function pick(client: Client, lineage: string, { output }: Output): Promise<void> {
  if (!/^(this|other|[0-9a-f]{8,32})$/.test(lineage))
    throw new Failure(EXIT.usage, "name `this`, `other`, or eight or more hex digits of a lineage", {
      hint: "`ledge backup ls` shows them",
    });
  const picked = await client.json(Picked, "POST", "/v1/backup/pick", { body: JSON.stringify({ lineage }) });
  if (output === "json") printJson(picked);
  else sayPicked(picked);
}

async function adopt(client: Client, { output }: Output): Promise<void> {
  const picked = await client.json(Picked, "POST", "/v1/backup/adopt");
  if (output === "json") printJson(picked);
  else sayPicked(picked);
}

function sayPicked(picked: Picked): void {
  switch (picked.state) {
    case "let_be":
      sayDone("the other history is let be; backups go on");
      break;
    case "gave_way":
      sayDone("this store gives way, and takes no more writes");
      say("  move its file away, then restore that history: `ledge restore --branch LINEAGE`");
      break;
    case "adopted":
      sayDone(`this store goes on as lineage ${picked.lineage}`);
      say(`  its next commit is revision ${picked.firstRevision} (epoch ${picked.epoch});`);
      say(`  readers of the other branch are the same up to revision ${picked.sharedRevision}`);
  }
}

async function seal(client: Client, { output }: Output): Promise<void> {
  const sealed = await sealToEnd(client);
  if (output === "json") return printJson(sealed);
  sayDone(
    `sealed at revision ${sealed.revision}, proven ${sealed.provenRevision === sealed.revision ? "too" : `up to ${sealed.provenRevision}`}`,
  );
  say("  this store takes no more writes; restore it elsewhere, and it goes on in the same epoch");
}
