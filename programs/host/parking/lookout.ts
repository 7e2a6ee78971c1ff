/**
 * How far the store is, looked at from the main thread while somebody waits. Promise: a look never blocks on a lock;
 * a store that cannot be looked at now is looked at again.
 */
import { changedAfterSql, reachedSql } from "../../../lib/store/catalogue/exported.sql.ts";
import { type Reached, reachedFromRow } from "../../../lib/store/catalogue/exported.ts";
import type { LibsqlServer } from "../../../lib/store/libsql/connection.ts";
import { closeBody, cursorBody, readCursor } from "../../../lib/store/libsql/hrana.ts";
import { StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import type { DatabaseAddress } from "../spin/databases.ts";

export interface Lookout {
  /** From one look to the next. */
  readonly everyMs: number;
  /** Undefined when it cannot be told now. Never rejects. */
  look(): Promise<Reached | undefined>;
  /** The namespaces that were changed after a revision; undefined when that cannot be told: then all may be. */
  changedAfter(revision: number): readonly string[] | undefined;
  /** Nobody waits any more; the next look opens again. */
  close(): void;
}

const FILE_MS = 5;
const SERVER_MS = 1000;
const ANSWER_MS = 5000;

export function openLookout(address: DatabaseAddress): Lookout {
  return typeof address === "string" ? fileLookout(address) : serverLookout(address);
}

function fileLookout(file: string): Lookout {
  let db: NodeDb | undefined;
  let version: unknown;
  let reached: Reached | undefined;
  const close = () => {
    db?.close();
    db = undefined;
    version = undefined;
  };
  return {
    everyMs: FILE_MS,
    async look() {
      try {
        db ??= openNodeDb(file, { readonly: true, mustExist: true, busyTimeoutMs: 0 });
        // It changes with every commit of another connection.
        const now = db.all("pragma data_version")[0]?.[0];
        if (version !== now) reached = reachedFromRow(db.all(reachedSql.sql)[0]);
        version = now;
        return reached;
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error;
        // A writer is at its commit, or there is no store yet; the next look tells.
        close();
        return undefined;
      }
    },
    changedAfter(revision) {
      try {
        return db?.all(changedAfterSql.sql, [revision]).map(([namespace]) => String(namespace));
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error;
        return undefined;
      }
    },
    close,
  };
}

function serverLookout(server: LibsqlServer): Lookout {
  return {
    everyMs: SERVER_MS,
    async look() {
      try {
        const { status, body } = await post(server, "/v3/cursor", cursorBody(null, reachedSql.sql, []));
        const { baton, outcome } = readCursor(status, body);
        if (baton !== null) await post(server, "/v3/pipeline", closeBody(baton));
        return outcome instanceof StoreFault ? undefined : reachedFromRow(outcome.rows[0]);
      } catch {
        // The server is away. Those who wait are told at the end of their time.
        return undefined;
      }
    },
    changedAfter: () => undefined,
    close: () => {},
  };
}

async function post({ url, token }: LibsqlServer, route: string, body: string) {
  const headers = {
    "content-type": "application/json",
    ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
  };
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await fetch(`${url.replace(/\/+$/, "")}${route}`, { method: "POST", headers, body, signal });
  return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) };
}
