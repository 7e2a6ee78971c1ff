/**
 * Documents that are read again and again, from memory. Promise: a row is given only while nothing was committed since
 * it was read; who may read it, and whether it is what was asked for, is judged with each request as ever.
 *
 * The threads of this engine count their commits before anybody hears of them (`counted`). A commit of another process
 * is found by SQLite's own counter, which is looked at again after a few milliseconds.
 */
import { readHeadSql } from "../../lib/store/documents/read.sql.ts";
import type { Db, SqlRow } from "../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";

const ROWS_MAX = 4096;
const ROW_BYTES_MAX = 65_536;
const BYTES_MAX = 33_554_432;
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

/** The same database, with the statement of a read kept in memory. */
export function hotReads(db: Db, commits: Commits): Db {
  const rows = new Map<string, SqlRow[]>();
  let bytes = 0;
  let at = Atomics.load(commits, 0);
  const clear = () => {
    rows.clear();
    bytes = 0;
  };
  const versionOf = () => db.all("pragma data_version")[0]?.[0];
  let version = versionOf();
  let lookedMs = performance.now();
  /** Gives up what is kept where somebody has committed. */
  const look = () => {
    const now = Atomics.load(commits, 0);
    const known = now === at;
    if (known && performance.now() - lookedMs < LOOK_MS) return;
    const other = versionOf();
    if (!known || other !== version) clear();
    at = now;
    version = other;
    lookedMs = performance.now();
  };
  return {
    all(sql, params = []) {
      if (sql !== readHeadSql.sql) return db.all(sql, params);
      look();
      const name = params.join("\0");
      const known = rows.get(name);
      if (known !== undefined) return known;
      const read = db.all(sql, params);
      const size = sizeOf(read[0]);
      if (size > ROW_BYTES_MAX) return read;
      if (rows.size >= ROWS_MAX || bytes + size > BYTES_MAX) clear();
      rows.set(name, read);
      bytes += size;
      return read;
    },
  };
}

/** Roughly, and never less than its value. */
function sizeOf(row: SqlRow | undefined): number {
  return (row ?? []).reduce<number>(
    (sum, value) => sum + (typeof value === "string" || value instanceof Uint8Array ? value.length : 8),
    200,
  );
}
