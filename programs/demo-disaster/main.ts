/**
 * `npm run demo:disaster`: the machine is lost in the middle of work, and comes back from the bucket alone. Real
 * documents are loaded, writers go on under load, everything is killed, the database is deleted, restored and
 * served again. Ends with exit status 1 if anything that was proven is lost, or anything that came back differs.
 * `--every N` loads each N-th record, `--seconds S` is how long the writers write.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { openConfig } from "../../packages/client/index.ts";
import { asJsonObject, readRecords } from "../demo-bcd/records.ts";
import { type Server, startServer } from "../demo-bcd/server.ts";
import { type Acked, watchBackup, writeUnderLoad } from "./load.ts";

const programs = dirname(fileURLToPath(import.meta.url));
const root = resolve(programs, "..", "..");
const { values } = parseArgs({
  options: { every: { type: "string", default: "4" }, seconds: { type: "string", default: "8" } },
});

interface Restored {
  readonly revision: number;
  readonly epoch: number;
  readonly check: string;
  readonly pending: { readonly epoch: number } | null;
}

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-disaster-"));
  const data = join(dir, "data");
  let server: Server | undefined;
  try {
    server = await startServer(root, data, ["--variable", "backup_on_commit=start"]);
    const records = readRecords("@mdn/browser-compat-data", Math.max(1, Number(values.every)));
    const file = join(dir, "records.json");
    writeFileSync(file, asJsonObject(records));
    await step(`load ${records.records.size} real documents`, () => {
      ledge(data, "ns", "put", "bcd");
      ledge(data, "import", file, "-n", "bcd", "-m", "everything we have");
      ledge(data, "backup", "run");
    });
    const token = readFileSync(join(data, "admin-token"), "utf8").trim();
    const target = { url: server.url, token };
    const watch = watchBackup(target);
    const seconds = Math.max(1, Number(values.seconds));
    const acked = await step(`write on for ${seconds} s, four writers, each commit starting an export`, () =>
      writeUnderLoad(target, { writers: 4, seconds }),
    );
    // Nothing is asked to finish: the exporter, the bucket's server and the store die where they are.
    process.kill(server.pid, "SIGKILL");
    const { provenRevision, exportedRevision } = watch.stop();
    say(`  acknowledged ${acked.length} commits, the last is revision ${acked.at(-1)?.revision}`);
    say(`  the bucket was seen at revision ${exportedRevision}, proven up to ${provenRevision}`);
    await server.ended;
    for (const suffix of ["", "-journal", "-wal", "-shm"])
      rmSync(join(data, `ledge.db${suffix}`), { force: true });
    say("kill -9, and the database is deleted");
    const lostMs = Date.now();
    const restored = await step("restore from the bucket", () => restore(data));
    server = await step("start again, to the first answer", () => startAgain(data));
    const backMs = Date.now() - lostMs;
    judge(join(data, "ledge.db"), { acked, provenRevision, restored });
    ledge(data, "put", "demo/after", "life goes on", "--if", "absent");
    const epoch = epochOf(data);
    say(`✓ back after ${(backMs / 1000).toFixed(1)} s, writing in epoch ${epoch}`);
    await server.stop();
  } finally {
    // Only a server of ours that is still there; one that was killed is gone.
    server?.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startAgain(data: string): Promise<Server> {
  const server = await startServer(root, data);
  const token = readFileSync(join(data, "admin-token"), "utf8").trim();
  const config = openConfig({ url: server.url, token, namespace: "demo" });
  if ((await config.get("banner")) === undefined) throw new Error("the first read finds no banner");
  return server;
}

function restore(data: string): Restored {
  const { stdout } = ledge(data, "restore", "--to", join(data, "ledge.db"), "-o", "json");
  return JSON.parse(stdout);
}

function epochOf(data: string): number {
  const status: { epoch: number } = JSON.parse(ledge(data, "status", "-o", "json").stdout);
  return status.epoch;
}

/** Says what was lost, and throws where something is wrong. */
function judge(
  file: string,
  {
    acked,
    provenRevision,
    restored,
  }: { acked: readonly Acked[]; provenRevision: number; restored: Restored },
): void {
  const { revision } = restored;
  if (revision < provenRevision)
    throw new Error(`revision ${provenRevision} was proven, and only ${revision} came back`);
  const db = openNodeDb(file, { readonly: true });
  try {
    for (const one of acked) {
      if (one.revision > revision) continue;
      const [row] = db.all(
        "select cast(value as text) from change where namespace='demo' and key=?1 and revision=?2",
        [one.key, one.revision],
      );
      if (row?.[0] !== one.value) throw new Error(`commit ${one.revision} came back as something else`);
    }
  } finally {
    db.close();
  }
  const lost = acked.filter((one) => one.revision > revision);
  const first = lost[0]?.ackedMs ?? 0;
  say(`✓ nothing that was proven is lost: revision ${revision} came back, ${restored.check}`);
  say(
    lost.length === 0
      ? "✓ no acknowledged commit is lost at all"
      : `  lost: ${lost.length} commits of the last ${(((acked.at(-1)?.ackedMs ?? first) - first) / 1000).toFixed(2)} s, which were not in the bucket yet`,
  );
}

function ledge(data: string, ...args: string[]): { stdout: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(programs, "cli.mjs"), "--data", data, ...args],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`ledge ${args.join(" ")} ended with ${status}: ${stderr}`);
  return { stdout };
}

async function step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const startedMs = Date.now();
  const result = await work();
  say(`${name} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
  return result;
}

function say(text: string): void {
  console.log(text);
}

await main();
