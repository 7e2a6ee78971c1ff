/** A store file that is about to be replaced: it refuses writes from the moment on that nobody else is in it. */

import type { Db } from "../sqlite/driver.ts";
import { firstOf } from "../sqlite/statement.ts";
import { setStateSql, stateSql } from "./replace.sql.ts";

/** Takes the lock that nobody else may hold at the same time. A journal that was left is played back by it. */
export function lockWhole(db: Db): void {
  db.all("begin exclusive");
}

/** Gives the lock back; what was not committed is undone. */
export function unlock(db: Db): void {
  db.all("rollback");
}

/** Under the lock: stops the store and commits. Returns its state before; undefined when it is no store of ours. */
export function stopAndRelease(db: Db): string | undefined {
  const [table] = db.all("select 1 from sqlite_master where type='table' and name='store'");
  if (table === undefined) return undefined;
  const row = firstOf(db, stateSql);
  setState(db, "stopped");
  db.all("commit");
  return row?.state ?? "open";
}

/** A database without any table: a file that was cut off to nothing is one. */
export function isNothing(db: Db): boolean {
  return db.all("select 1 from sqlite_master limit 1").length === 0;
}

/** The replacing was given up. */
export function setState(db: Db, state: string): void {
  db.all(setStateSql, [state]);
}
