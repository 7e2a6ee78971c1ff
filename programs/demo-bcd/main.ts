/**
 * `npm run demo:bcd`: twenty thousand real documents through everything: imported, changed by importing another
 * version over them, backed up, exported as files, the database deleted, restored from the bucket, and every
 * document compared. Real components, a real bucket server, real processes; ends with exit status 1 if a single
 * document differs. `--every N` takes each N-th record only.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatFileName } from "../../lib/core/file-name.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { asJsonObject, type RecordSet, readRecords } from "./records.ts";
import { startServer } from "./server.ts";

const programs = dirname(fileURLToPath(import.meta.url));
const root = resolve(programs, "..", "..");
const { values } = parseArgs({ options: { every: { type: "string", default: "1" } } });

async function main(): Promise<void> {
  const every = Math.max(1, Number(values.every));
  const dir = mkdtempSync(join(tmpdir(), "ledge-demo-"));
  const data = join(dir, "data");
  try {
    const before = readRecords("browser-compat-data-before", every);
    const after = readRecords("@mdn/browser-compat-data", every);
    const ledge = (...args: string[]) =>
      run(process.execPath, [join(programs, "cli.mjs"), "--data", data, ...args]);
    let server = await startServer(root, data);
    await step("make the namespace", () =>
      ledge("ns", "put", "bcd", "--description", "browser compatibility"),
    );
    for (const set of [before, after]) {
      const file = join(dir, `${set.version}.json`);
      writeFileSync(file, asJsonObject(set));
      await step(`import version ${set.version}: ${set.records.size} records`, () =>
        ledge("import", file, "-n", "bcd", "--prune", "--yes", "-m", `version ${set.version}`),
      );
      await step("back up what is new", () => ledge("backup", "run"));
    }
    const tree = join(dir, "files");
    await step("export as files", () => ledge("export", tree, "-n", "bcd", "--add-extensions"));
    compareTree(join(tree, "bcd"), after);
    await server.stop();
    const database = join(data, "ledge.db");
    for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(database + suffix, { force: true });
    say("the server is stopped and the database deleted");
    await step("restore from the bucket", () => ledge("restore", "--to", database));
    compareStore(database, after);
    server = await startServer(root, data);
    const key = [...after.records.keys()][0] ?? "";
    await step("serve the restored store", () => ledge("get", `bcd/${key}`, "-o", "json"));
    await step("write to it: a new epoch", () => ledge("put", "bcd/written-after", "true"));
    await server.stop();
    say(`✓ all ${after.records.size} documents are equal, byte for byte`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function step(name: string, work: () => Promise<void>): Promise<void> {
  const startedMs = Date.now();
  await work();
  say(`${name} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
}

/** Runs a command, its talk shown as it comes; throws with its exit status when it fails. */
function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.once("error", failed);
    child.once("exit", (status) =>
      status === 0 ? done() : failed(new Error(`${args.slice(1).join(" ")} ended with ${status}`)),
    );
  });
}

function compareTree(dir: string, { records }: RecordSet): void {
  for (const [key, json] of records) {
    const path = formatFileName({ key, mediaType: "application/json" });
    if (readFileSync(join(dir, path), "utf8") !== json) throw new Error(`the file of ${key} differs`);
  }
  say(`✓ all ${records.size} files are equal`);
}

function compareStore(file: string, { records }: RecordSet): void {
  const db = openNodeDb(file, { readonly: true });
  try {
    const rows = db.all("select key, cast(value as text) from entry where namespace='bcd'");
    if (rows.length !== records.size)
      throw new Error(`${rows.length} documents were restored, ${records.size} were written`);
    for (const [key, json] of rows) {
      if (records.get(String(key)) !== json) throw new Error(`the document ${key} differs after the restore`);
    }
  } finally {
    db.close();
  }
}

function say(text: string): void {
  console.log(text);
}

mkdirSync(tmpdir(), { recursive: true });
await main();
