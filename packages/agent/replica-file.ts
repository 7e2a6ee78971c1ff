/**
 * The files of one namespace at an edge: the replica that is served, a snapshot on its way, and a copy of the last good one.
 * Promise: what is served is exchanged by one rename; a damaged file is set aside under a name that says so, and never used
 * again. One process at a time has the folder (programs/agent sees to it).
 */
import migrations from "ledge:migrations";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { thrownText } from "../../lib/core/thrown.ts";
import { type ReplicaPlace, readReplicaPlace } from "../../lib/store/replica/replica.ts";
import { findSnapshotPart, isSnapshotJudged } from "../../lib/store/replica/rows.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { makeFolders } from "../../lib/store/sqlite/folders.ts";
import { migrate } from "../../lib/store/sqlite/migrate.ts";

export interface OpenReplica {
  readonly db: NodeDb;
  readonly place: ReplicaPlace;
}

/** What was found where a replica should be. */
export type Found =
  | { readonly kind: "good"; readonly replica: OpenReplica; readonly from: "current" | "previous" }
  | { readonly kind: "none" };

const SIDES = ["", "-wal", "-shm", "-journal"];

export class ReplicaFile {
  readonly #folder: string;
  readonly #namespace: string;
  readonly #log: (text: string) => void;

  constructor(folder: string, namespace: string, log: (text: string) => void) {
    makeFolders(folder, 0o700);
    this.#folder = folder;
    this.#namespace = namespace;
    this.#log = log;
  }

  /** The replica to serve: the current one, or where that is damaged the copy. Throws what the folder says. */
  open(): Found {
    this.#endCutExchange();
    const current = this.#openGood("current");
    if (current !== undefined) return { kind: "good", replica: current, from: "current" };
    const previous = this.#openGood("previous");
    return previous === undefined ? { kind: "none" } : { kind: "good", replica: previous, from: "previous" };
  }

  /** For a snapshot that begins: an empty one, in the place of any that was begun. Throws StoreFault. */
  openNext(): NodeDb {
    this.dropNext();
    return opened(this.#path("next"));
  }

  /**
   * The snapshot on its way that was begun from this source. What another source has begun, or a process brought to its end that
   * was killed then, is not gone on with: what was deleted since would stay.
   */
  openBegun(source: string): NodeDb | undefined {
    const file = this.#path("next");
    if (!existsSync(file)) return undefined;
    try {
      const db = opened(file);
      if (findSnapshotPart(db)?.source === source) return db;
      db.close();
    } catch {
      // It is not whole: it begins anew.
    }
    return undefined;
  }

  dropNext(): void {
    removeWhole(this.#path("next"));
  }

  /** The snapshot becomes what is served; what was served is kept as `lost` names it, or goes. Both are closed. */
  adoptNext(lost: string | undefined): void {
    const current = this.#path("current");
    if (lost !== undefined) moveWhole(current, this.#path(`lost-${lost}`));
    // Also where the file has gone aside already: a process may have been killed before its log had.
    for (const file of [current, this.#path("next")]) removeSides(file);
    renameSync(this.#path("next"), current);
    syncFolder(this.#folder);
  }

  /** The damaged file goes aside. It is closed. */
  setAside(which: "current" | "previous"): string {
    const aside = this.#path(`damaged-${new Date().toISOString().replace(/[-:.]/g, "")}`);
    moveWhole(this.#path(which), aside);
    return aside;
  }

  /** Puts a copy beside the replica, for the day that it is damaged. */
  async keepCopy(db: NodeDb): Promise<void> {
    const beside = this.#path("copying");
    removeWhole(beside);
    await db.raw.backup(beside);
    removeWhole(this.#path("previous"));
    renameSync(beside, this.#path("previous"));
    syncFolder(this.#folder);
  }

  /** What an earlier history held that the present one lost: `lineage` and `revision` as its name says. */
  lost(): { readonly file: string; readonly lineage: string; readonly revision: number }[] {
    const begin = `${this.#namespace}.lost-`;
    return readdirSync(this.#folder).flatMap((name) => {
      const match = /^([0-9a-f]{32})-(\d+)\.db$/.exec(name.startsWith(begin) ? name.slice(begin.length) : "");
      return match === null
        ? []
        : [{ file: join(this.#folder, name), lineage: match[1] ?? "", revision: Number(match[2]) }];
    });
  }

  /** An exchange that was cut after the old file went aside is done to its end. */
  #endCutExchange(): void {
    const [current, next] = [this.#path("current"), this.#path("next")];
    if (existsSync(current) || !existsSync(next)) return;
    try {
      const db = opened(next);
      const isFit = checked(db) !== undefined && isSnapshotJudged(db);
      closeReplica(db);
      if (isFit) this.adoptNext(undefined);
    } catch {
      // A snapshot that was only begun: it goes on, or anew.
    }
  }

  #openGood(which: "current" | "previous"): OpenReplica | undefined {
    const file = this.#path(which);
    if (!existsSync(file)) return undefined;
    try {
      const db = this.#opened(file);
      const place = checked(db);
      if (place !== undefined) return { db, place };
      db.close();
      this.#log(`${file} holds no whole state; it is set aside as ${this.setAside(which)}`);
    } catch (error) {
      this.#log(`${file} is damaged (${thrownText(error)}); it is set aside as ${this.setAside(which)}`);
    }
    return undefined;
  }

  /** Where nothing can be written (a full disk, a read-only file system) a copy in memory is served. */
  #opened(file: string): NodeDb {
    try {
      return opened(file);
    } catch (error) {
      if (!(error instanceof StoreFault) || !UNWRITABLE.test(error.text)) throw error;
      this.#log(`${file} cannot be written (${error.text}); what it holds is served from memory`);
      return copyInMemory(file);
    }
  }

  #path(which: string): string {
    return join(this.#folder, `${this.#namespace}${which === "current" ? "" : `.${which}`}.db`);
  }
}

/** Puts all that stands in the log into the file, so that the file alone is whole, and closes it. */
export function closeReplica(db: NodeDb): void {
  try {
    db.all("pragma wal_checkpoint(truncate)");
  } catch {
    // A file that cannot be written keeps its log beside it, and is whole with it.
  }
  db.close();
}

const UNWRITABLE = /readonly|read-only|disk is full|unable to open|disk I\/O/i;

/** The two bytes of the header that say "WAL" (sqlite.org/fileformat2.html): in memory there is none. */
const JOURNAL_BYTES = [18, 19];

function copyInMemory(file: string): NodeDb {
  const bytes = readFileSync(file);
  for (const at of JOURNAL_BYTES) bytes[at] = 1;
  return openNodeDb(bytes);
}

function opened(file: string): NodeDb {
  const db = openNodeDb(file, { wal: true });
  try {
    const made = migrate(db, migrations);
    if (!made.ok) throw new Error(`it was written by a newer version (format ${made.format})`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Closes it where it is not good. */
function checked(db: NodeDb): ReplicaPlace | undefined {
  try {
    const said = db.all("pragma quick_check(1)")[0]?.[0];
    if (said !== "ok") throw new Error(String(said));
    return readReplicaPlace(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

function removeWhole(file: string): void {
  for (const side of SIDES) rmSync(file + side, { force: true });
}

function removeSides(file: string): void {
  for (const side of SIDES.slice(1)) rmSync(file + side, { force: true });
}

/** A log belongs to its file alone: beside another one it would be played into that. */
function moveWhole(from: string, to: string): void {
  for (const side of SIDES) if (existsSync(from + side)) renameSync(from + side, to + side);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
