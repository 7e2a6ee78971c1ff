/**
 * What every write begins with, from memory: the store, the caller's token and the namespace. Promise: it is what the
 * store said after the last commit that could change any of it, and its head is no older than what this process has
 * acknowledged; whether the write may be done is judged again in its transaction.
 */

import { BoundedMap } from "../../lib/core/bounded-map.ts";
import type { CommitOutcome } from "../../lib/core/commit/verdict.ts";
import { viewSql } from "../../lib/store/documents/read.sql.ts";
import type { Db, SqlRow } from "../../lib/store/sqlite/driver.ts";
import type { StoreWatch } from "./store-watch.ts";

const HEAD_AT = viewSql.columns.indexOf("head");
/** More than any view's. */
const ROW_BYTES = 2000;

export interface KeptViews {
  /** The same database, with its views kept. */
  readonly db: Db;
  /** Before anybody hears of these commits. */
  reached(outcomes: readonly CommitOutcome[]): void;
}

/** `watch` is for the store's rules. */
export function keptViews(db: Db, watch: StoreWatch): KeptViews {
  const rows = new BoundedMap<SqlRow>();
  let head = 0;
  watch.add(() => {
    rows.clear();
    head = 0;
  });
  return {
    db: {
      all(sql, params = []) {
        if (sql !== viewSql.sql) return db.all(sql, params);
        watch.look();
        const name = params.join("\0");
        const known = rows.get(name);
        if (known !== undefined) return [known.with(HEAD_AT, Math.max(head, Number(known[HEAD_AT])))];
        const [row = []] = db.all(sql, params);
        rows.set(name, row, ROW_BYTES);
        return [row];
      },
    },
    reached(outcomes) {
      for (const outcome of outcomes) if (outcome.ok) head = Math.max(head, outcome.revision);
    },
  };
}
