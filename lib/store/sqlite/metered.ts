/**
 * A database that counts what statements move. The guest's engine keeps the bytes of every call until its request
 * ends (componentize-js frees what crosses the boundary after the exported call), so what a request may move bounds
 * its memory.
 */
import type { Db, SqlRow } from "./driver.ts";

export interface MeteredDb extends Db {
  /** Bytes of parameters and results so far; a character counts as one. */
  movedBytes(): number;
}

export function meteredDb(db: Db): MeteredDb {
  let moved = 0;
  return {
    movedBytes: () => moved,
    all(sql, params = []) {
      const rows = db.all(sql, params);
      moved += sizeOf(params);
      for (const row of rows) moved += sizeOf(row);
      return rows;
    },
  };
}

function sizeOf(values: SqlRow): number {
  let size = 0;
  for (const value of values) if (value !== null) size += typeof value === "number" ? 8 : value.length;
  return size;
}
