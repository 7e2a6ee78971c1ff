/**
 * Where this start keeps its store: a file in the data folder, or what a runtime configuration names. Promise: a libSQL
 * server that does not answer, or would lose what it acknowledges, is told before anything is begun.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isEmptyStore } from "../../lib/store/restore/rows.ts";
import { type Db, faultKind, StoreFault } from "../../lib/store/sqlite/driver.ts";
import { openLibsqlDb } from "../../lib/store/sqlite/driver-libsql.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { requireDurable } from "../../lib/store/sqlite/durability.ts";
import { type DatabaseAddress, shownAddress } from "../host/spin/databases.ts";
import { readRuntimeConfig } from "../host/spin/runtime-config.ts";
import type { StartOptions } from "./options.ts";

/** The address of the label `default`. Throws, naming what is wrong in the file. */
export function storeAddress({ dataDir, runtimeConfigFile }: StartOptions): DatabaseAddress {
  const named = runtimeConfigFile === undefined ? {} : readRuntimeConfig(runtimeConfigFile);
  return named.default ?? join(dataDir, "ledge.db");
}

/** Gives a store to some work and closes it. Throws StoreFault, and what the work throws. */
export async function usingStore<T>(
  address: DatabaseAddress,
  threadFile: string,
  work: (db: Db) => T | Promise<T>,
  file: { readonly readonly?: boolean; readonly mustExist?: boolean } = {},
): Promise<T> {
  const db =
    typeof address === "string" ? openNodeDb(address, file) : openLibsqlDb({ ...address, threadFile });
  try {
    return await work(db);
  } finally {
    db.close();
  }
}

/** Whether there is no store, or one that nothing was ever committed to. */
export async function isWithoutHistory(address: DatabaseAddress, threadFile: string): Promise<boolean> {
  if (typeof address === "string" && !existsSync(address)) return true;
  try {
    return await usingStore(address, threadFile, isEmptyStore);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    // No tables yet: nothing was committed. What else a file fails with is the host's to meet, and no reason to begin
    // anew; a server that does not answer is no reason to begin at all.
    if (faultKind(error) === "no_table") return true;
    if (typeof address === "string") return false;
    throw new Error(`The libSQL server ${shownAddress(address)} cannot be used: ${error.text}`);
  }
}

/** Why a libSQL server's writes would not last; undefined when they do, when that is accepted, and for a file. */
export function weaknessOf(
  address: DatabaseAddress,
  threadFile: string,
  acceptWeak: boolean,
): Promise<string | undefined> {
  if (typeof address === "string") return Promise.resolve(undefined);
  return usingStore(address, threadFile, (db) => {
    const judged = requireDurable(db, { acceptWeak });
    return judged.ok ? undefined : judged.detail;
  });
}
