import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { build } from "esbuild";
import { describe, expect, onTestFinished, test } from "vitest";
import * as backupTables from "../../../lib/store/catalogue/tables.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import * as tables from "../../../lib/store/tables.ts";
import { committedMigrations, openTestStore } from "../../../testkit/store.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "ledge-migrate-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe("migrate", () => {
  test("makes a store of the newest format, and does nothing the second time", () => {
    const db = openNodeDb(join(folder(), "a.db"));
    const all = committedMigrations();
    const newest = all.at(-1)?.version;
    expect(migrate(db, all)).toEqual({ ok: true, format: newest });
    const lineage = db.all("select lineage from store");
    expect(migrate(db, all)).toEqual({ ok: true, format: newest });
    expect(db.all("select lineage from store")).toEqual(lineage);
    db.close();
  });

  test("goes on from any older format", () => {
    const all = committedMigrations();
    for (let known = 1; known < all.length; known += 1) {
      const db = openNodeDb(join(folder(), "a.db"));
      migrate(db, all.slice(0, known));
      expect(migrate(db, all)).toEqual({ ok: true, format: all.at(-1)?.version });
      db.close();
    }
  });

  test("refuses a store newer than the code", () => {
    const { db } = openTestStore();
    db.all("update store set format=99");
    expect(migrate(db, committedMigrations())).toEqual({ ok: false, code: "store_newer", format: 99 });
  });

  test("undoes a migration that fails half-way", () => {
    const db = openNodeDb(join(folder(), "a.db"));
    const broken = [{ version: 1, name: "x", statements: ["create table a (b)", "create table a (b)"] }];
    expect(() => migrate(db, broken)).toThrow();
    expect(db.all("select name from sqlite_schema")).toEqual([]);
    db.close();
  });

  test("is safe when eight threads do it at once", async () => {
    const file = join(folder(), "a.db");
    const bundled = await build({
      stdin: {
        contents: `import { parentPort, workerData } from "node:worker_threads";
          import { openNodeDb } from "./lib/store/sqlite/driver-node.ts"; import { migrate } from "./lib/store/sqlite/migrate.ts";
          const db = openNodeDb(workerData.file, { busyTimeoutMs: 20000 });
          migrate(db, workerData.migrations); parentPort.postMessage(db.all("select lineage from store")[0][0]); db.close();`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      platform: "node",
      format: "cjs",
      external: ["better-sqlite3"],
      write: false,
    });
    const source = bundled.outputFiles[0]?.text ?? "";
    const ask = () =>
      new Promise<string>((resolve, reject) => {
        const worker = new Worker(source, {
          eval: true,
          workerData: { file, migrations: committedMigrations() },
        });
        worker.once("message", resolve);
        worker.once("error", reject);
      });
    const lineages = await Promise.all(Array.from({ length: 8 }, ask));
    expect(new Set(lineages).size).toBe(1);
  });
});

describe("the description of the tables", () => {
  test("names exactly the columns, types and nullability that the migrations make", () => {
    const { db } = openTestStore();
    const described = Object.values({ ...tables, ...backupTables }).map((table) => getTableConfig(table));
    const made = db
      .all("select name from sqlite_schema where type='table' and name not like 'sqlite_%' order by name")
      .map(([name]) => String(name));
    expect(described.map((table) => table.name).sort()).toEqual(made);
    for (const table of described) {
      const columns = db.all(
        `select name, lower(type), "notnull" or pk>0 from pragma_table_info('${table.name}') order by cid`,
      );
      expect([
        table.name,
        table.columns.map((c) => [c.name, c.getSQLType(), c.notNull || c.primary ? 1 : 0]),
      ]).toEqual([table.name, columns]);
    }
  });
});
