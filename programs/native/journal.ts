/**
 * The journal of a store that this process owns: WAL, in which readers never wait for the writer and a group of commits
 * costs one sync; the rollback journal where WAL would not be safe. Design of the whole: docs/architecture.md.
 */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";

/** Magic numbers of statfs(2): NFS, SMB, SMB2, CIFS, 9P, FUSE, Ceph, AFS. WAL needs memory shared between processes. */
const NETWORK = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x01021997, 0x65735546, 0x00c36400, 0x5346414f,
]);

/** Whether a file may be kept in WAL: not on a network file system, where its memory is not shared. */
export function mayUseWal(file: string): boolean {
  return !NETWORK.has(statfsSync(dirname(file)).type >>> 0);
}

/** A connection that leaves checkpoints to the writer. Throws StoreFault. */
export function openBeside(file: string): NodeDb {
  const db = openNodeDb(file, { wal: mayUseWal(file) });
  db.all("pragma wal_autocheckpoint = 0");
  return db;
}

/** The writer's own connection. Throws StoreFault. */
export function openWriting(file: string): NodeDb {
  return openNodeDb(file, { wal: mayUseWal(file) });
}

/** Puts the file back to the rollback journal and closes it. Gives what prevented that; undefined when all is well. */
export function closeWriting(db: NodeDb): string | undefined {
  try {
    const journal = db.all("pragma journal_mode = delete")[0]?.[0];
    return journal === "delete" ? undefined : `the store's file stayed in ${journal} mode`;
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return `the store's file stayed in WAL mode, since another process has it open (${error.text})`;
  } finally {
    db.close();
  }
}
