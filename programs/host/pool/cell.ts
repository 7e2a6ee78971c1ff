/**
 * The worker's side of the shared cell: the guard around SQLite and the ways to wait.
 * Promise: once the front has doomed this thread, it does not enter SQLite again and does nothing more; so
 * the front may end it as soon as `inSqlite` is down. (Ending a thread inside better-sqlite3 aborts Node.)
 */

import type { Guard } from "../spin/sqlite.ts";
import { CELL } from "./protocol.ts";

export class WorkerCell implements Guard {
  readonly #cell: Int32Array;
  #depth = 0;
  /** Called before this thread enters SQLite or sleeps: what it says to the front may be waited for. */
  beforeAct: () => void = () => {};
  constructor(buffer: SharedArrayBuffer) {
    this.#cell = new Int32Array(buffer);
  }

  run<T>(work: () => T): T {
    if (this.#depth === 0) {
      this.beforeAct();
      Atomics.store(this.#cell, CELL.inSqlite, 1);
      // The order matters: the front first dooms and then looks whether the flag is up.
      if (Atomics.load(this.#cell, CELL.doomed) === 1) this.#park();
    }
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) {
        Atomics.store(this.#cell, CELL.inSqlite, 0);
        if (Atomics.load(this.#cell, CELL.doomed) === 1) this.#park();
      }
    }
  }

  /** Says which request this thread is at; 0 is none. */
  setCurrent(id: number): void {
    Atomics.store(this.#cell, CELL.current, id);
  }

  isRevoked(id: number): boolean {
    return Atomics.load(this.#cell, CELL.revoked) === id;
  }

  arrivals(): number {
    return Atomics.load(this.#cell, CELL.arrivals);
  }

  /** Sleeps until the count of arrivals is another than `seen`, or the time is over. */
  waitForArrival(seen: number, timeoutMs: number | undefined): void {
    this.beforeAct();
    Atomics.wait(
      this.#cell,
      CELL.arrivals,
      seen,
      timeoutMs === undefined ? undefined : Math.max(0, timeoutMs),
    );
  }

  /** For ever: only the front's `terminate` ends it. */
  #park(): never {
    Atomics.store(this.#cell, CELL.inSqlite, 0);
    for (;;) Atomics.wait(this.#cell, CELL.doomed, 1);
  }
}
