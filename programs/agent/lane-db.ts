/**
 * The database that the read handlers see of a lane: its replica, with the tokens that this agent accepts in the place of
 * those of a store, and rows that are read again and again from memory. Promise: what is kept is of the state that is
 * served now.
 */
import { BoundedMap } from "../../lib/core/bounded-map.ts";
import { feedViewSql } from "../../lib/store/documents/feed.sql.ts";
import { readHeadSql, readPastSql, viewSql } from "../../lib/store/documents/read.sql.ts";
import type { Db, SqlRow, SqlValue } from "../../lib/store/sqlite/driver.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import { rowSize } from "../native/hot-reads.ts";

/** Where a statement has the caller's accessor among its parameters, and his token among its columns. */
interface TokenPlace {
  readonly accessor: number;
  readonly token: number;
}

const TOKENS: ReadonlyMap<string, TokenPlace> = new Map(
  [
    { statement: readHeadSql, accessor: 2 },
    { statement: readPastSql, accessor: 2 },
    { statement: viewSql, accessor: 1 },
    { statement: feedViewSql, accessor: 1 },
  ].map(({ statement, accessor }) => [
    statement.sql,
    { accessor, token: statement.columns.indexOf("token") },
  ]),
);
const HEAD_AT = readHeadSql.columns.indexOf("head");

/** `documentOf` gives a token's document by its accessor, as JSON text. */
export function laneDb(lane: Lane, documentOf: (accessor: string) => string | undefined): Db {
  const rows = new BoundedMap<SqlRow[]>();
  let moves = -1;
  const fromReplica = (sql: string, params: readonly SqlValue[]): SqlRow[] => {
    if (sql !== readHeadSql.sql) return lane.read((db) => db.all(sql, params));
    if (moves !== lane.moves) rows.clear();
    moves = lane.moves;
    const name = params.join("\0");
    const known = rows.get(name);
    // What happened elsewhere moves the head alone.
    if (known !== undefined) return known.map((row) => row.with(HEAD_AT, lane.replica?.place.revision ?? 0));
    const read = lane.read((db) => db.all(sql, params));
    rows.set(name, read, rowSize(read[0]));
    return read;
  };
  return {
    all(sql, params = []) {
      const read = fromReplica(sql, params);
      const place = TOKENS.get(sql);
      if (place === undefined) return read;
      const accessor = params[place.accessor];
      const document = typeof accessor === "string" ? (documentOf(accessor) ?? null) : null;
      return read.map((row) => row.with(place.token, document));
    },
  };
}
