/**
 * The journal of a store that this process owns: WAL, in which readers never wait for the writer and a group of commits
 * costs one sync; the rollback journal where WAL would not be safe. docs/architecture.md says what follows from it.
 */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { type Commits, counted } from "./store-watch.ts";

/** By statfs(2): NFS, SMB, SMB2, CIFS, 9P, FUSE, Ceph, AFS. */
const NETWORK = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x01021997, 0x65735546, 0x00c36400, 0x5346414f,
]);
/** What the log is cut to when it begins anew; a reader that keeps an old state may make it longer for a while. */
const LOG_BYTES_MAX = 67_108_864;

/** WAL keeps its index in memory that all connections share, which a network file system does not give. */
export function isNetworkFileSystem(type: number): boolean {
  return NETWORK.has(type >>> 0);
}

/** Whether this file may be kept in WAL. Throws when its folder cannot be looked at. */
export function mayUseWal(file: string): boolean {
  return !isNetworkFileSystem(statfsSync(dirname(file)).type);
}

/** A connection that leaves checkpoints to the writer, and counts its commits. Throws StoreFault. */
export function openBeside(file: string, { wal, commits }: { wal: boolean; commits: Commits }): NodeDb {
  const db = openNodeDb(file, { wal });
  db.all("pragma wal_autocheckpoint = 0");
  return counted(db, commits);
}

/** The writer's own connection. Throws StoreFault. */
export function openWriting(file: string, { wal, commits }: { wal: boolean; commits: Commits }): NodeDb {
  const db = openNodeDb(file, { wal });
  db.all(`pragma journal_size_limit = ${LOG_BYTES_MAX}`);
  return counted(db, commits);
}

/** Puts the file back to the rollback journal and closes it. Gives what prevented that; undefined when all is well. */
export function closeWriting(db: NodeDb): string | undefined {
  try {
    const journal = db.all("pragma journal_mode = delete")[0]?.[0];
    return journal === "delete" ? undefined : `the store's file stayed in ${journal} mode`;
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return /readonly/.test(error.text)
      ? "the store's file is not where it was, so it stays in WAL mode; keep its log (-wal) beside it"
      : `the store's file stayed in WAL mode, since another process has it open (${error.text})`;
  } finally {
    db.close();
  }
}
