/**
 * `spin:sqlite/sqlite@3.0.0` over a libSQL server, as Spin 4.0.2 behaves (crates/sqlite-libsql).
 * Promise: every handle looks freshly opened, though streams are pooled for a moment; a request's end rolls back what
 * it left open; a server that does not answer is an `io` error within the deadlines, which Spin does not have.
 */

import { LibsqlConnection, type LibsqlServer } from "../../../lib/store/libsql/connection.ts";
import type { WireValue } from "../../../lib/store/libsql/hrana.ts";
import { SyncPoster } from "../../../lib/store/libsql/sync-post.ts";
import { StoreFault } from "../../../lib/store/sqlite/driver.ts";
import type { SqliteHandle, WitResult, WitValue } from "./sqlite-handle.ts";
import { statementTraits } from "./sqlite-rules.ts";

const IDLE_MAX = 4;
/** The server forgets a stream that was idle for 10 s. */
const IDLE_MS_MAX = 5000;

interface Idle {
  readonly connection: LibsqlConnection;
  readonly sinceMs: number;
}

/** The streams of one thread. */
export class LibsqlStreams {
  readonly #poster: SyncPoster;
  readonly #beforeWait: () => void;
  readonly #idle = new Map<string, Idle[]>();

  /** `beforeWait` is called before this thread sleeps on the server. */
  constructor(threadFile: string, beforeWait: () => void) {
    this.#poster = new SyncPoster(threadFile);
    this.#beforeWait = beforeWait;
  }

  waiting(): void {
    this.#beforeWait();
  }

  take(server: LibsqlServer): { connection: LibsqlConnection; fresh: boolean } {
    const idle = this.#idle.get(server.url)?.pop();
    const usable = idle !== undefined && performance.now() - idle.sinceMs < IDLE_MS_MAX;
    return usable
      ? { connection: idle.connection, fresh: false }
      : { connection: this.open(server), fresh: true };
  }

  open(server: LibsqlServer): LibsqlConnection {
    return new LibsqlConnection(this.#poster, server);
  }

  /** Keeps a stream that nothing was left on; to close another rolls back, which nobody waits for. */
  give(server: LibsqlServer, connection: LibsqlConnection, marked: boolean): void {
    const idle = this.#idle.get(server.url) ?? [];
    this.#idle.set(server.url, idle);
    if (marked || connection.inTransaction || idle.length >= IDLE_MAX) connection.close({ wait: false });
    else idle.push({ connection, sinceMs: performance.now() });
  }
}

export class LibsqlHandle implements SqliteHandle {
  readonly #streams: LibsqlStreams;
  readonly #server: LibsqlServer;
  readonly #onClose: () => void;
  #taken: { connection: LibsqlConnection; fresh: boolean } | undefined;
  #marked = false;
  #wrote = false;
  #changes = 0n;
  #rowid = 0n;

  constructor(streams: LibsqlStreams, server: LibsqlServer, onClose: () => void) {
    this.#streams = streams;
    this.#server = server;
    this.#onClose = onClose;
  }

  /** `execute` of the interface: throws the WIT error. */
  execute(sql: string, parameters: readonly WitValue[]): WitResult {
    const traits = statementTraits(sql);
    if (traits.marksConnection) this.#marked = true;
    const connection = this.#connection(traits.asksCounters);
    this.#streams.waiting();
    try {
      const result = connection.execute(sql, parameters.map(toWire));
      if (result.changes > 0n || result.rowid > 0n) {
        this.#wrote = true;
        this.#changes = result.changes;
        this.#rowid = result.rowid;
      }
      const rows = result.rows.map((row) => ({ values: row.map(toWit) }));
      return { columns: [...result.columns], rows };
    } catch (error) {
      throw { tag: "io", val: error instanceof StoreFault ? error.text : String(error) };
    }
  }

  changes(): bigint {
    return this.#changes;
  }

  lastInsertRowid(): bigint {
    return this.#rowid;
  }

  close(): void {
    if (this.#taken !== undefined) this.#streams.give(this.#server, this.#taken.connection, this.#marked);
    this.#taken = undefined;
    this.#onClose();
  }

  /** A stream of the pool counts from what was written on it before: who asks for counts first gets a fresh one. */
  #connection(asksCounters: boolean): LibsqlConnection {
    this.#taken ??= this.#streams.take(this.#server);
    if (asksCounters && !this.#taken.fresh && !this.#wrote && !this.#taken.connection.inTransaction) {
      this.#streams.give(this.#server, this.#taken.connection, false);
      this.#taken = { connection: this.#streams.open(this.#server), fresh: true };
    }
    return this.#taken.connection;
  }
}

function toWire(value: WitValue): WireValue {
  if (value.tag === "null") return null;
  // jco lowers what the small engine sends as a plain number.
  return value.tag === "integer" ? BigInt(value.val) : value.val;
}

function toWit(value: WireValue): WitValue {
  if (value === null) return { tag: "null" };
  if (typeof value === "bigint") return { tag: "integer", val: value };
  if (typeof value === "number") return { tag: "real", val: value };
  return typeof value === "string" ? { tag: "text", val: value } : { tag: "blob", val: value };
}
