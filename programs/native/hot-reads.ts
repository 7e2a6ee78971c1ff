/**
 * Documents that are read again and again, from memory. Promise: a row is given only while nothing was committed since
 * it was read; who may read it, and whether it is what was asked for, is judged with each request as ever.
 */

import { BoundedMap } from "../../lib/core/bounded-map.ts";
import { readHeadSql } from "../../lib/store/documents/read.sql.ts";
import type { Db, SqlRow } from "../../lib/store/sqlite/driver.ts";
import type { StoreWatch } from "./store-watch.ts";

/** The same database, with the statement of a read kept in memory. */
export function hotReads(db: Db, watch: StoreWatch): Db {
  const rows = new BoundedMap<SqlRow[]>();
  watch.add(() => rows.clear());
  return {
    all(sql, params = []) {
      if (sql !== readHeadSql.sql) return db.all(sql, params);
      watch.look();
      const name = params.join("\0");
      const known = rows.get(name);
      if (known !== undefined) return known;
      const read = db.all(sql, params);
      rows.set(name, read, rowSize(read[0]));
      return read;
    },
  };
}

/** Of a row in memory: roughly, and never less than its value. */
export function rowSize(row: SqlRow | undefined): number {
  return (row ?? []).reduce<number>(
    (sum, value) => sum + (typeof value === "string" || value instanceof Uint8Array ? value.length : 8),
    200,
  );
}
