/**
 * The driver for a libSQL server: programs and tests that open such a store from Node.
 * Promise: what driver.ts says, over the network and still synchronous; a server that does not answer is a
 * StoreFault within the deadlines. The server has WAL, and says itself how durably it writes (durability.ts).
 */

import { LibsqlConnection, type LibsqlServer } from "../libsql/connection.ts";
import type { WireValue } from "../libsql/hrana.ts";
import { SyncPoster } from "../libsql/sync-post.ts";
import { type Db, type SqlRow, type SqlValue, StoreFault } from "./driver.ts";

export interface LibsqlDbOptions extends LibsqlServer {
  /** programs/libsql/worker.ts as JavaScript: the thread that speaks to the server. */
  readonly threadFile: string | URL;
}

export interface LibsqlDb extends Db {
  /** Rolls back what is open, and ends the thread. */
  close(): void;
}

/** Opens lazily: a server that is away is met by the first statement. */
export function openLibsqlDb({ threadFile, ...server }: LibsqlDbOptions): LibsqlDb {
  const poster = new SyncPoster(threadFile);
  const connection = new LibsqlConnection(poster, server);
  return {
    all(sql, params = []) {
      const { rows } = connection.execute(sql, params.map(toWire));
      return rows.map((row): SqlRow => row.map(fromWire));
    },
    close() {
      connection.close({ wait: true });
      poster.close();
    },
  };
}

function toWire(value: SqlValue): WireValue {
  if (value === null || typeof value === "string" || value instanceof Uint8Array) return value;
  if (typeof value !== "number") throw new TypeError(`a ${typeof value} cannot be bound to a statement`);
  if (Number.isSafeInteger(value)) return BigInt(value);
  if (Number.isNaN(value)) throw new TypeError("NaN cannot be bound to a statement");
  return value;
}

function fromWire(value: WireValue): SqlValue {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new StoreFault(`integer ${value} is past 2^53`);
  return number;
}
