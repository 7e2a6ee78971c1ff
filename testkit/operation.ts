/** Rows of `operation` as tests look at them, and the lease as a test moves it. */
import type { Db } from "../lib/store/sqlite/driver.ts";

/** What a row says; empty when it is not there. */
export function rowOf(db: Db, name: string): Readonly<Record<string, unknown>> {
  const [row] = db.all("select value from operation where name=?1", [name]);
  return row === undefined ? {} : JSON.parse(String(row[0]));
}

/** How many rows have a name that begins so. */
export function countRowsOf(db: Db, beginning: string): number {
  return Number(db.all("select count(*) from operation where name glob ?1||'*'", [beginning])[0]?.[0]);
}

/** Whoever holds the lease holds it until then; 0: its time is over. */
export function endLease(db: Db, untilMs = 0): void {
  db.all("update operation set value=json_set(value,'$.untilMs',?1) where name='lease'", [untilMs]);
}

/** Another exporter takes the lease, whoever has it. */
export function stealLease(db: Db, untilMs: number): void {
  db.all(
    `update operation set value=json_object('generation',value->>'generation'+1,'untilMs',?1) where name='lease'`,
    [untilMs],
  );
}
