/**
 * The driver for a libSQL server: programs and tests that open such a store from Node.
 * Promise: what driver.ts says, over the network and still synchronous; a server that does not answer is a
 * StoreFault within the deadlines. The server has WAL, and says itself how durably it writes (durability.ts).
 */

import { LibsqlConnection, type LibsqlServer } from "../libsql/connection.ts";
import type { WireValue } from "../libsql/hrana.ts";
import { SyncPoster } from "../libsql/sync-post.ts";
import type { Db, SqlRow, SqlValue } from "./driver.ts";
import { toBound, toSafeNumber } from "./node-values.ts";

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
      const { rows } = connection.execute(sql, params.map(toBound));
      return rows.map((row): SqlRow => row.map(fromWire));
    },
    close() {
      connection.close({ wait: true });
      poster.close();
    },
  };
}

function fromWire(value: WireValue): SqlValue {
  return typeof value === "bigint" ? toSafeNumber(value) : value;
}
