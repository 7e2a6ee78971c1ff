/** The real components on a host of their own, over a store file that a test fills, looks into and changes. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type NodeDb, openNodeDb } from "../lib/store/sqlite/driver-node.ts";
import { migrate } from "../lib/store/sqlite/migrate.ts";
import type { HostOptions } from "../programs/host/options.ts";
import { LEDGE_MANIFEST, openTestHost, type TestHost, testFolder } from "./host.ts";
import { committedMigrations } from "./store.ts";

export interface ServedStore {
  readonly db: NodeDb;
  readonly host: TestHost;
  readonly stateDir: string;
}

/** `prepare` fills the migrated store before the host starts. Host and store are closed after the test. */
export async function openServedStore(
  prepare: (db: NodeDb) => void,
  options: Partial<HostOptions> = {},
): Promise<ServedStore> {
  const stateDir = options.stateDir ?? testFolder();
  const db = openNodeDb(join(stateDir, "ledge.db"));
  onTestFinished(() => db.close());
  migrate(db, committedMigrations());
  prepare(db);
  const host = await openTestHost({ manifest: LEDGE_MANIFEST, ...options, stateDir });
  return { db, host, stateDir };
}
