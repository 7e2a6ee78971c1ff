/**
 * Whether the file of a store is still the one that is served. Promise: it is looked at by `stat`, and read through
 * SQLite alone: closing a file that was opened in another way would drop the locks that SQLite holds on it.
 */
import { type Stats, statSync } from "node:fs";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";

/** What has become of it, as the end of "the store's file …". */
export type FileLoss = "is gone" | "is another file" | "was cut off" | "has lost its log (-wal)";

export class StoreFile {
  readonly file: string;
  #known: Pick<Stats, "dev" | "ino" | "size"> | undefined;

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
    return this.#lookAtLog();
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
