/**
 * Where this start keeps its store: a file in the data folder, or what a runtime configuration names. Promise: a libSQL
 * server that does not answer, or would lose what it acknowledges, is told before anything is begun.
 */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { isEmptyStore } from "../../lib/store/restore/rows.ts";
import { type Db, faultKind, StoreFault } from "../../lib/store/sqlite/driver.ts";
import { type LibsqlDb, openLibsqlDb } from "../../lib/store/sqlite/driver-libsql.ts";
import { type NodeDb, type NodeDbOptions, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { requireDurable } from "../../lib/store/sqlite/durability.ts";
import { heldBy, type Owned, takeStore } from "../../lib/store/sqlite/owner.ts";
import { ledgeOn, shellWord } from "../cli/called.ts";
import { type DatabaseAddress, shownAddress } from "../host/spin/databases.ts";
import { readRuntimeConfig } from "../host/spin/runtime-config.ts";
import type { StartOptions } from "./options.ts";
import { Stopped, WrongUse } from "./stopped.ts";

/** The address of the label `default`. Throws WrongUse, naming what is wrong in the file. */
export function storeAddress({ dataDir, runtimeConfigFile }: StartOptions): DatabaseAddress {
  const file = join(dataDir, "ledge.db");
  if (runtimeConfigFile === undefined) return file;
  try {
    return readRuntimeConfig(runtimeConfigFile).default ?? file;
  } catch (cause) {
    throw new WrongUse(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Makes this process the only one that starts on a data folder. Throws Stopped, naming who has it, and EACCES. */
export function ownStore(
  address: DatabaseAddress,
  { dataDir, command }: StartOptions,
): Extract<Owned, { ok: true }> {
  const file = typeof address === "string" ? address : join(dataDir, "ledge.db");
  accessSync(dirname(file), constants.W_OK);
  const owned = takeStore(file, command.replace(/ --$/, ""));
  if (owned.ok) return owned;
  throw new Stopped(
    `${heldBy(file, owned.holder)}\nStop that one first, or start here with another folder: ${command} --data DIR`,
  );
}

/** Gives a store to some work and closes it. Throws StoreFault, and what the work throws. */
export async function usingStore<T>(
  address: DatabaseAddress,
  threadFile: string,
  work: (db: Db) => T | Promise<T>,
  file: NodeDbOptions,
): Promise<T> {
  const db = openStore(address, threadFile, file);
  try {
    return await work(db);
  } finally {
    db.close();
  }
}

function openStore(address: DatabaseAddress, threadFile: string, file: NodeDbOptions): NodeDb | LibsqlDb {
  return typeof address === "string" ? openNodeDb(address, file) : openLibsqlDb({ ...address, threadFile });
}

export type MetStore = { close(): void } & (
  | { readonly isNew: true }
  /** Its history begins somewhere: `db` is open until `close`. */
  | { readonly isNew: false; readonly db: Db }
);

/**
 * Opens the store and says whether it is without a history: not there, or nothing was ever committed to it. Throws
 * Stopped for a file that is none, for a server that does not answer, and for one whose writes would not last.
 */
export function meetStore(
  address: DatabaseAddress,
  {
    threadFile,
    acceptWeak,
    dataDir,
  }: { readonly threadFile: string; readonly acceptWeak: boolean; readonly dataDir: string },
): MetStore {
  if (typeof address === "string") refuseLogAlone(address, ledgeOn(dataDir));
  if (typeof address === "string" && !existsSync(address)) return { isNew: true, close() {} };
  let db: NodeDb | LibsqlDb | undefined;
  try {
    const opened = openStore(address, threadFile, { mustExist: true });
    db = opened;
    const isNew = isWithoutHistory(opened);
    if (typeof address !== "string") refuseWeak(opened, acceptWeak);
    return { isNew, db: opened, close: () => opened.close() };
  } catch (error) {
    db?.close();
    if (!(error instanceof StoreFault)) throw error;
    // A server that does not answer is no reason to begin at all.
    if (typeof address === "string") throw new Stopped(cannotBeRead(address, error.text, ledgeOn(dataDir)));
    throw new Stopped(`The libSQL server ${shownAddress(address)} cannot be used: ${error.text}`);
  }
}

/** A new file beside the log of the one before would destroy commits that are in that log alone. Throws Stopped. */
function refuseLogAlone(file: string, ledge: string): void {
  const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeOf(file) > 0 || sizeOf(`${file}-wal`) === 0) return;
  throw new Stopped(
    `${file} is gone, and its log is there (${file}-wal), with commits that are nowhere else.
Put the file back beside its log, and start again.
If it is lost: move the log away, then  ${ledge} restore --to ${shellWord(file)}
Nothing was changed.`,
  );
}

function isWithoutHistory(db: Db): boolean {
  try {
    return isEmptyStore(db);
  } catch (error) {
    // No tables yet: nothing was committed. What else a store fails with is no reason to begin anew.
    if (error instanceof StoreFault && faultKind(error) === "no_table") return true;
    throw error;
  }
}

/** Throws Stopped where a libSQL server's writes would not last, unless that is accepted. */
function refuseWeak(db: Db, acceptWeak: boolean): void {
  const judged = requireDurable(db, { acceptWeak });
  if (!judged.ok) throw new Stopped(judged.detail);
}

/** Refuses an empty file beside a token, which was a store once. Throws Stopped. */
export function refuseTruncated(file: DatabaseAddress, { again, dataDir }: StartOptions): void {
  if (typeof file !== "string" || !existsSync(file) || statSync(file).size > 0) return;
  if (!existsSync(join(dirname(file), "admin-token"))) return;
  throw new Stopped(
    `${file} is empty, and there is a token of the store that it was.
To restore it from the bucket:          ${ledgeOn(dataDir)} restore --to ${shellWord(file)} --replace
To begin a new history on purpose:      ${again} --fresh
Nothing was changed.`,
  );
}

function cannotBeRead(file: string, said: string, ledge: string): string {
  if (!/not a database|malformed/.test(said))
    return `${file} cannot be opened: ${said}. Nothing was changed.`;
  return `${file} is damaged (${said}).
To look at it:                          sqlite3 ${shellWord(file)} 'pragma integrity_check'
To restore it from the bucket:          ${ledge} restore --to ${shellWord(file)} --replace
(docs/recovery.md says what is lost then). Nothing was changed.`;
}
