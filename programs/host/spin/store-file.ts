/**
 * Whether the file of a store is still the one that is served, and not gone back. Promise: it is looked at by `stat` and
 * by its counter of changes, through a descriptor that is never closed: closing one that SQLite did not open would drop
 * the locks that SQLite holds on the file.
 */
import { openSync, readSync, type Stats, statSync } from "node:fs";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";

/** What has become of it, as the end of "the store's file …". */
export type FileLoss =
  | "is an older copy"
  | "is gone"
  | "is another file"
  | "was cut off"
  | "has lost its log (-wal)";

const CHANGE_COUNTER_AT = 24;

export class StoreFile {
  readonly file: string;
  #known: Pick<Stats, "dev" | "ino" | "size"> | undefined;

  #descriptor: number | undefined;
  /** The highest that was seen of the counter. */
  #changes = 0;
  readonly #counter = Buffer.alloc(4);

  readonly #log: string | undefined;
  /** The log as it was first seen: SQLite never makes another one while the file is open. */
  #knownLog: number | undefined;

  /** With `log`, the file's log is looked at, too: commits into one that was deleted are lost without an error. */
  constructor(file: string, { log = false }: { readonly log?: boolean } = {}) {
    this.file = file;
    this.#log = log ? `${file}-wal` : undefined;
    this.look();
  }

  /** Undefined while it is the same; a file that is not there yet is none that is gone. */
  look(): FileLoss | undefined {
    const now = statSync(this.file, { throwIfNoEntry: false });
    if (now === undefined) return this.#known === undefined ? undefined : "is gone";
    const before = this.#known ?? now;
    if (now.ino !== before.ino || now.dev !== before.dev) return "is another file";
    if (now.size < before.size && (now.size === 0 || isCutOff(this.file))) return "was cut off";
    this.#known = { dev: now.dev, ino: now.ino, size: now.size };
    return this.#wentBack() ? "is an older copy" : this.#lookAtLog();
  }

  /** Every transaction raises the counter in the header (sqlite.org/fileformat.html section 1.3.7), a vacuum too. */
  #wentBack(): boolean {
    this.#descriptor ??= openSync(this.file, "r");
    if (readSync(this.#descriptor, this.#counter, 0, 4, CHANGE_COUNTER_AT) < 4) return false;
    const now = this.#counter.readUInt32BE(0);
    // It begins anew after 2^32 changes.
    const back = (this.#changes - now) >>> 0;
    if (back > 0 && back < 0x8000_0000) return true;
    this.#changes = now;
    return false;
  }

  #lookAtLog(): FileLoss | undefined {
    if (this.#log === undefined) return undefined;
    const ino = statSync(this.#log, { throwIfNoEntry: false })?.ino;
    this.#knownLog ??= ino;
    return ino === this.#knownLog ? undefined : "has lost its log (-wal)";
  }
}

/** A vacuum makes a file smaller, too; then its header says so. */
function isCutOff(file: string): boolean {
  try {
    const db = openNodeDb(file, { readonly: true, mustExist: true, busyTimeoutMs: 0 });
    try {
      const [pages, bytes] = ["page_count", "page_size"].map((name) =>
        Number(db.all(`pragma ${name}`)[0]?.[0]),
      );
      return (pages ?? 0) * (bytes ?? 0) > statSync(file).size;
    } finally {
      db.close();
    }
  } catch (error) {
    // Locked by the one who vacuums it: the next look tells.
    return !/locked/.test(error instanceof Error && "text" in error ? String(error.text) : "");
  }
}
