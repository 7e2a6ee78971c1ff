/**
 * Restores: `ledge restore` of 100 MB, its start and its checks included, beside SQLite's own shell loading the same
 * rows and Litestream restoring the same database; and a restore into a running store, step by step in the guest.
 */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CountedBucket, startCountedBucket } from "./counted-bucket.ts";
import { startGuest } from "./guest.ts";
import { installLitestream, LITESTREAM, replicate } from "./litestream.ts";
import { type BenchForm, type BenchRow, median, megabytesPerSecond } from "./rows.ts";
import { makeStore, putAll, realDocuments } from "./stores.ts";
import { runThread } from "./threads.ts";

const RUNS = 3;
/** Megabytes of values; in the full form their lines in a snapshot have 100 MB and 20 MB. */
const FULL = { command: 77, guest: 15.5 } as const;
const QUICK = { command: 15.5, guest: 4 } as const;
const SECRET = "a-bootstrap-secret-of-forty-characters-x";

export async function benchRestore(root: string, { full }: BenchForm): Promise<BenchRow[]> {
  const valuesMb = full ? FULL : QUICK;
  return [
    ...(await withExported(root, valuesMb.command, (exported) => besideOthers(root, exported, full))),
    ...(await withExported(root, valuesMb.guest, (exported) => inGuest(root, exported))),
  ];
}

interface Exported {
  readonly dir: string;
  readonly bucket: CountedBucket;
  /** Of the base, which is what a restore reads. */
  readonly megabytes: number;
}

/** A store of real documents, exported; the store itself is gone. */
async function withExported(
  root: string,
  valuesMb: number,
  work: (exported: Exported) => Promise<BenchRow[]>,
): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const bucket = await startCountedBucket();
  try {
    const { db } = makeStore(root, dir);
    putAll(db, realDocuments(valuesMb));
    db.close();
    const file = join(dir, "ledge.db");
    await runThread(root, "node-exporter", { file, settings: bucket.settings });
    rmSync(file);
    return await work({ dir, bucket, megabytes: bucket.rawBytes("/bases/") / 1e6 });
  } finally {
    await bucket.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function besideOthers(
  root: string,
  { dir, bucket, megabytes }: Exported,
  build: boolean,
): Promise<BenchRow[]> {
  const to = join(dir, "restored.db");
  const seconds = await median(RUNS, () => ledgeRestore(root, bucket, to));
  const figure = megabytesPerSecond(megabytes, seconds);
  const work = `ledge restore of ${megabytes.toFixed(0)} MB of NDJSON, start of the command and proof included`;
  const row = (beside: string, other: number | undefined): BenchRow => ({
    work,
    figure,
    beside: other === undefined ? beside : `${beside}: ${other.toFixed(1)} s`,
    ratio: other === undefined ? undefined : seconds / other,
  });
  return [
    { ...row("sqlite3 loading the same rows from a .dump", await shellLoad(to, dir)), goal: "≤ 2" },
    await litestreamRow(root, { file: to, dir, row, build }),
  ];
}

/** Seconds of the command, from its start to its end. */
async function ledgeRestore(root: string, bucket: CountedBucket, to: string): Promise<number> {
  rmSync(to, { force: true });
  const { accessKeyId, secretAccessKey } = bucket.settings;
  const startedMs = performance.now();
  // Not awaited synchronously: the bucket is in this process.
  const child = spawn(
    process.execPath,
    [join(root, "dist", "programs", "cli.mjs"), "restore", "--from", bucket.address, "--to", to],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        SPIN_VARIABLE_BUCKET_ACCESS_KEY_ID: accessKeyId,
        SPIN_VARIABLE_BUCKET_SECRET_ACCESS_KEY: secretAccessKey,
      },
    },
  );
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const status = await new Promise<number | null>((done) => child.once("close", done));
  if (status !== 0) throw new Error(`ledge restore ended with ${status}: ${said}`);
  return (performance.now() - startedMs) / 1000;
}

/** Seconds that the shell takes for a dump of the file; undefined where it is not installed. */
async function shellLoad(file: string, dir: string): Promise<number | undefined> {
  const [dump, loaded] = [join(dir, "dump.sql"), join(dir, "loaded.db")];
  const shell = (args: readonly string[], [input, output]: readonly [number | "ignore", number | "ignore"]) =>
    spawnSync("sqlite3", args, { stdio: [input, output, "inherit"] }).status === 0;
  const written = openSync(dump, "w");
  const dumped = shell([file, ".dump"], ["ignore", written]);
  closeSync(written);
  if (!dumped) return undefined;
  return median(RUNS, () => {
    rmSync(loaded, { force: true });
    const read = openSync(dump, "r");
    const startedMs = performance.now();
    if (!shell([loaded], [read, "ignore"])) throw new Error("sqlite3 did not load its own dump");
    closeSync(read);
    return (performance.now() - startedMs) / 1000;
  });
}

async function litestreamRow(
  root: string,
  {
    file,
    dir,
    row,
    build,
  }: {
    readonly file: string;
    readonly dir: string;
    readonly row: (beside: string, other: number | undefined) => BenchRow;
    readonly build: boolean;
  },
): Promise<BenchRow> {
  const { program, missing } = installLitestream(root, { build });
  if (missing !== undefined) return row(`Litestream ${LITESTREAM} is left out: ${missing}`, undefined);
  const restore = replicate(program, { file, dir });
  const seconds = await median(RUNS, () => {
    const startedMs = performance.now();
    restore();
    return (performance.now() - startedMs) / 1000;
  });
  const sizeMb = statSync(join(dir, "litestream-restored.db")).size / 1e6;
  return row(
    `Litestream ${LITESTREAM} restoring the same database (${sizeMb.toFixed(0)} MB) from a folder`,
    seconds,
  );
}

/** Into a running store: asked again and again, as `ledge restore --server` asks. */
async function inGuest(root: string, { dir, bucket, megabytes }: Exported): Promise<BenchRow[]> {
  const beside = await ledgeRestore(root, bucket, join(dir, "beside.db"));
  const stateDir = join(dir, "guest");
  mkdirSync(stateDir);
  const guest = await startGuest(root, stateDir, { ...bucket.variables, bootstrap_secret: SECRET });
  try {
    let [seconds, calls] = [0, 0];
    for (let restored = false; !restored; ) {
      const answer = await guest.post("/v1/backup/restore", SECRET, "{}");
      seconds += answer.seconds;
      calls += 1;
      restored = JSON.stringify(answer.body).includes('"state":"restored"');
    }
    return [
      {
        work: `restore of ${megabytes.toFixed(0)} MB of NDJSON into a running store, in the guest, in ${calls} ${calls === 1 ? "call" : "calls"}`,
        figure: megabytesPerSecond(megabytes, seconds),
        beside: `ledge restore: ${megabytesPerSecond(megabytes, beside)}`,
        ratio: seconds / beside,
      },
    ];
  } finally {
    await guest.stop();
  }
}
