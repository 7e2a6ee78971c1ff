/**
 * A new store file takes the name of the old one. Promise: at every moment the name is the old store or the new
 * one, whole; nobody has the old one open, or what still has it refuses writes; and the old one stays beside it
 * under a name with the time. The old store is stopped first, so a crash right then leaves it at its name and
 * refusing writes: doing the same again finishes the work.
 */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import {
  isNothing,
  lockWhole,
  setState,
  stopAndRelease,
  unlock,
} from "../../../lib/store/restore/replace.ts";
import { faultKind, StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { EXIT, Failure } from "../failure.ts";
import { listOpenElsewhere } from "./open-elsewhere.ts";

/** Files that SQLite reads together with a database of that name. */
export const SIBLINGS = ["-wal", "-shm", "-journal"];
const LOCK_WAIT_MS = 2000;
/** The first bytes of every database file. */
const MAGIC = "SQLite format 3\0";

/** Refuses early, before anything is fetched, what would be refused at the end. */
export function refuseInUse(target: string): void {
  const [user] = listOpenElsewhere(target);
  if (user === undefined) return;
  throw new Failure(EXIT.refused, `${target} is open in process ${user.pid}: ${user.command}`, {
    hint: "stop it first",
  });
}

/** Puts `temporary`, complete and synced, in the place of `target`. Returns where the old file is now. */
export function replaceStore(temporary: string, target: string, nowMs: number): string {
  refuseInUse(target);
  const until = `${target}.until-${new Date(nowMs).toISOString().replaceAll(":", "-")}`;
  const held = hold(target);
  if (held === undefined) setSiblingsAside(target, until);
  try {
    refuseSiblings(target);
    linkSync(target, until);
    renameSync(temporary, target);
    syncPath(dirname(target));
  } catch (error) {
    held?.giveUp();
    throw error;
  }
  held?.release();
  return until;
}

interface Held {
  /** The old store goes on as it was. */
  giveUp(): void;
  release(): void;
}

/** Locks and stops the old store. Undefined when it cannot be opened as a database, or was cut off to nothing. */
function hold(target: string): Held | undefined {
  // SQLite would throw away the journal of a file that it cannot read; it is evidence, and stays.
  if (!looksLikeDatabase(target)) return undefined;
  let db: NodeDb | undefined;
  try {
    db = openNodeDb(target, { mustExist: true, busyTimeoutMs: LOCK_WAIT_MS });
    lockWhole(db);
    const state = stopAndRelease(db);
    if (state === undefined && isNothing(db)) {
      db.close();
      return undefined;
    }
    if (state === undefined)
      throw new Failure(EXIT.refused, `${target} is a database, but not a store of Ledge`, {
        hint: "move it away first, if that is what you mean",
      });
    // Committing gave the lock and its journal away; the second one writes nothing, so it leaves no journal.
    lockWhole(db);
    return heldBy(db, state);
  } catch (error) {
    db?.close();
    if (!(error instanceof StoreFault)) throw error;
    if (faultKind(error) === "busy")
      throw new Failure(EXIT.refused, `${target} is in use`, {
        hint: "stop what uses it first",
        cause: error,
      });
    if (/not a database|malformed|no such table|no such column/.test(error.text)) return undefined;
    throw error;
  }
}

function looksLikeDatabase(file: string): boolean {
  const head = Buffer.alloc(MAGIC.length);
  const opened = openSync(file, "r");
  try {
    return readSync(opened, head) === 0 || head.toString("latin1") === MAGIC;
  } finally {
    closeSync(opened);
  }
}

function heldBy(db: NodeDb, state: string): Held {
  return {
    giveUp() {
      unlock(db);
      setState(db, state);
      db.close();
    },
    release() {
      unlock(db);
      db.close();
    },
  };
}

/** The journal of something that is no database would be played into the new file. */
function setSiblingsAside(target: string, until: string): void {
  for (const suffix of SIBLINGS) {
    if (existsSync(`${target}${suffix}`)) renameSync(`${target}${suffix}`, `${until}${suffix}`);
  }
}

function refuseSiblings(target: string): void {
  const left = SIBLINGS.map((suffix) => `${target}${suffix}`).find((name) => existsSync(name));
  if (left !== undefined)
    throw new Failure(EXIT.refused, `${left} lies beside the store and would be played into the new file`, {
      hint: "something else has the store open: stop it first",
    });
}

/** Makes a file's bytes last, or a folder's names. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
