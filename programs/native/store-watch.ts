/**
 * Whether anything was committed to the store. Promise: what is kept of it in memory is given up before anybody can know of
 * a commit of this process, and a few milliseconds after one of another.
 *
 * The threads of this engine count their commits before anybody hears of them (`counted`). A commit of another process is
 * found by SQLite's own counter, which is looked at again after a few milliseconds.
 */
import type { Db } from "../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";

const LOOK_MS = 5;

/** Counts what was committed by this process: one place of shared memory for all threads. */
export type Commits = Int32Array<SharedArrayBuffer>;

export function noCommits(): Commits {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** A connection whose statements count, but those that only read or begin. */
export function counted(db: NodeDb, commits: Commits): NodeDb {
  return {
    ...db,
    all(sql, params) {
      const rows = db.all(sql, params);
      if (!/^\s*(select|begin|savepoint|pragma)\b/i.test(sql)) Atomics.add(commits, 0, 1);
      return rows;
    },
  };
}

export class StoreWatch {
  readonly #db: Db;
  readonly #commits: Commits;
  readonly #givingUp: (() => void)[] = [];
  #at: number;
  #version: unknown;
  #lookedMs = performance.now();

  constructor(db: Db, commits: Commits) {
    this.#db = db;
    this.#commits = commits;
    this.#at = Atomics.load(commits, 0);
    this.#version = this.#versionOf();
  }

  /** `giveUp` empties what is kept: it runs when somebody has committed. */
  add(giveUp: () => void): void {
    this.#givingUp.push(giveUp);
  }

  /** Before anything that is kept is used, and before anything is read to be kept. */
  look(): void {
    const now = Atomics.load(this.#commits, 0);
    const known = now === this.#at;
    if (known && performance.now() - this.#lookedMs < LOOK_MS) return;
    const other = this.#versionOf();
    if (!known || other !== this.#version) for (const giveUp of this.#givingUp) giveUp();
    this.#at = now;
    this.#version = other;
    this.#lookedMs = performance.now();
  }

  #versionOf(): unknown {
    return this.#db.all("pragma data_version")[0]?.[0];
  }
}
