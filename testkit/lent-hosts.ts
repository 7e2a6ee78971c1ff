/**
 * Hosts over the real components, lent to one test after the other: starting one takes a second, emptying its store a
 * few milliseconds. Promise: each test gets an empty store, and no two tests of a file have one host at one time.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Db, SqlRow } from "../lib/store/sqlite/driver.ts";
import { openLibsqlDb } from "../lib/store/sqlite/driver-libsql.ts";
import { openNodeDb } from "../lib/store/sqlite/driver-node.ts";
import { type Migration, migrate } from "../lib/store/sqlite/migrate.ts";
import { inTransaction } from "../lib/store/sqlite/transaction.ts";
import type { DatabaseAddress } from "../programs/host/spin/databases.ts";
import { atFileEnd } from "./file-end.ts";
import { root, startTestHost, type TestHost } from "./host.ts";
import { testNativeEngine } from "./native.ts";
import { runSqld, writeRuntimeConfig } from "./sqld.ts";
import { committedMigrations } from "./store.ts";
import { threadFile } from "./threads.ts";

/** Whether the suite of the routes runs on the native engine, which keeps the store in WAL. */
export function isNative(): boolean {
  return process.env.LEDGE_TEST_HOST === "native";
}

interface LentHost {
  readonly host: TestHost;
  stop(): Promise<void>;
}

/** What no test has now, by the variables that it was started with. */
const idle = new Map<string, LentHost[]>();

/** A host for this test, with an empty store; `bare` leaves it to the components to make the tables. */
export async function lendHost(
  variables: Readonly<Record<string, string>>,
  { bare }: { readonly bare: boolean },
): Promise<TestHost> {
  const name = JSON.stringify(Object.entries(variables).sort());
  const waiting = idle.get(name) ?? [];
  idle.set(name, waiting);
  const lent = waiting.pop() ?? (await start(variables));
  onTestFinished(() => {
    waiting.push(lent);
  });
  await empty(lent.host.database, bare ? [] : committedMigrations());
  return lent.host;
}

async function start(variables: Readonly<Record<string, string>>): Promise<LentHost> {
  const stateDir = mkdtempSync(join(tmpdir(), "ledge-test-"));
  const server = process.env.LEDGE_TEST_STORE === "libsql" ? await runSqld() : undefined;
  const host = await startTestHost({
    stateDir,
    manifest: join(root, "spin.toml"),
    // Real sqld does not sync each commit unless it is told to.
    variables: server === undefined ? variables : { accept_weak_durability: "true", ...variables },
    ...(isNative() ? { engine: testNativeEngine() } : {}),
    freshInstances: process.env.LEDGE_TEST_FRESH === "1",
    ...(server === undefined ? {} : { runtimeConfigFile: writeRuntimeConfig(stateDir, server.url) }),
  });
  const lent: LentHost = {
    host,
    async stop() {
      idle.clear();
      await host.stop();
      await server?.end();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
  atFileEnd(() => lent.stop());
  return lent;
}

async function empty(address: DatabaseAddress, migrations: readonly Migration[]): Promise<void> {
  const db =
    typeof address === "string"
      ? openNodeDb(address, { wal: isNative() })
      : openLibsqlDb({ ...address, threadFile: threadFile("libsql-worker") });
  try {
    db.all("pragma foreign_keys = off");
    if (migrations.length > 0 && schemaOf(db) === made?.schema) return putBack(db, made);
    inTransaction(db, () => {
      for (const table of tablesOf(db)) db.all(`drop table "${table}"`);
    });
    migrate(db, migrations);
    if (migrations.length > 0) made ??= { schema: schemaOf(db), rows: rowsOf(db) };
  } finally {
    db.close();
  }
}

/** A store as the migrations make it: its rows are put back in a tenth of the time that making it takes. */
interface Made {
  readonly schema: string;
  readonly rows: ReadonlyMap<string, readonly SqlRow[]>;
}
let made: Made | undefined;

function putBack(db: Db, { rows }: Made): void {
  inTransaction(db, () => {
    for (const [table, kept] of rows) {
      db.all(`delete from "${table}"`);
      for (const row of kept) db.all(`insert into "${table}" values (${row.map(() => "?").join(",")})`, row);
    }
    // No two stores have one history.
    const lineage = randomBytes(16).toString("hex");
    for (const table of ["store", "lineage"]) db.all(`update ${table} set lineage=?`, [lineage]);
  });
}

function schemaOf(db: Db): string {
  return JSON.stringify(db.all("select name, sql from sqlite_master order by name, sql"));
}

function rowsOf(db: Db): Map<string, SqlRow[]> {
  return new Map(tablesOf(db).map((table) => [table, db.all(`select * from "${table}"`)]));
}

function tablesOf(db: Db): string[] {
  const rows = db.all("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'");
  return rows.map(([name]) => String(name));
}
