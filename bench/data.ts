/**
 * Real documents through the commands: import and export rates, and a restore beside loading the same rows into
 * a SQLite file with plain inserts.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { asJsonObject, readRecords } from "../programs/demo-bcd/records.ts";
import { startServer } from "../programs/demo-bcd/server.ts";
import type { BenchRow } from "./rows.ts";

export async function benchData(root: string): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const data = join(dir, "data");
  const server = await startServer(root, data);
  try {
    const set = readRecords("@mdn/browser-compat-data");
    const file = join(dir, "records.json");
    const json = asJsonObject(set);
    writeFileSync(file, json);
    const megabytes = json.length / 1e6;
    const ledge = (...args: string[]) => timed(root, ["--data", data, ...args]);
    ledge("ns", "put", "bcd");
    const imported = ledge("import", file, "-n", "bcd");
    const backedUp = ledge("backup", "run");
    const exported = ledge("export", join(dir, "files"), "-n", "bcd");
    const restored = ledge("restore", "--to", join(dir, "restored.db"));
    const loaded = plainLoad(join(dir, "restored.db"), join(dir, "plain.db"));
    const documents = set.records.size;
    const perSecond = (seconds: number) =>
      `${Math.round(documents / seconds).toLocaleString("en-US")} documents/s, ${(megabytes / seconds).toFixed(1)} MB/s`;
    return [
      {
        work: `import of ${documents} documents (${megabytes.toFixed(1)} MB)`,
        figure: perSecond(imported),
        beside: `plain load: ${loaded.toFixed(1)} s`,
        ratio: imported / loaded,
      },
      {
        work: "their backup, every object read back",
        figure: `${backedUp.toFixed(1)} s, ${(megabytes / backedUp).toFixed(1)} MB/s`,
        beside: `plain load: ${loaded.toFixed(1)} s`,
        ratio: backedUp / loaded,
      },
      {
        work: "their export as files",
        figure: perSecond(exported),
        beside: `import: ${imported.toFixed(1)} s`,
        ratio: exported / imported,
      },
      {
        work: "their restore, start of the command included",
        figure: `${restored.toFixed(1)} s`,
        beside: `loading the same rows into SQLite: ${loaded.toFixed(1)} s`,
        ratio: restored / loaded,
        goal: "≤ 2 at 100 MB",
      },
    ];
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Seconds that a command took, its process start included. */
function timed(root: string, args: readonly string[]): number {
  const startedMs = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, "dist", "programs", "cli.mjs"), ...args],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`ledge ${args.join(" ")} ended with ${status}: ${stderr}`);
  return (performance.now() - startedMs) / 1000;
}

/** Seconds to insert the rows of every table of one store into a new file: what a restore cannot be faster than. */
function plainLoad(from: string, to: string): number {
  const source = new Database(from, { readonly: true });
  const tables = source
    .prepare<[], { name: string; sql: string }>(
      "select name, sql from sqlite_schema where type in ('table','index') and sql is not null and name not like 'sqlite_%'",
    )
    .all();
  const rows = tables.map(({ name, sql }) =>
    sql.startsWith("CREATE TABLE")
      ? { name, rows: source.prepare(`select * from "${name}"`).raw().all() }
      : { name, rows: [] },
  );
  source.close();
  const startedMs = performance.now();
  const db = new Database(to);
  db.pragma("synchronous = full");
  for (const { sql } of tables) db.exec(sql);
  db.exec("begin");
  for (const { name, rows: all } of rows) {
    const [first] = all;
    if (!Array.isArray(first)) continue;
    const insert = db.prepare(`insert into "${name}" values (${first.map(() => "?").join(",")})`);
    for (const row of all) insert.run(row);
  }
  db.exec("commit");
  db.close();
  return (performance.now() - startedMs) / 1000;
}
