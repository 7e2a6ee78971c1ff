/** Reading and writing one row of `operation` (rows.ts has names and shapes). What is read fits its shape. */
import type * as z from "zod/mini";
import type { Db } from "../sqlite/driver.ts";

export interface Row<T> {
  readonly name: string;
  readonly schema: z.ZodMiniType<T>;
}

export type RowValue<R> = R extends Row<infer T> ? T : never;

export function row<T>(name: string, schema: Row<T>["schema"]): Row<T> {
  return { name, schema };
}

/** What a row says; undefined when it is not there. Throws StoreFault. */
export function findRow<T>(db: Db, row: Row<T>): T | undefined {
  return findWithBlock(db, row)?.value;
}

/** The same with the row's bytes. */
export function findWithBlock<T>(db: Db, row: Row<T>): { value: T; block: Uint8Array } | undefined {
  const [found] = db.all("select value, block from operation where name=?1", [row.name]);
  if (found === undefined) return undefined;
  const block = found[1] instanceof Uint8Array ? found[1] : new Uint8Array(0);
  return { value: row.schema.parse(JSON.parse(String(found[0]))), block };
}

/** Writes a row, whatever it said before. */
export function putRow<T>(db: Db, { name }: Row<T>, value: T, block: Uint8Array | null = null): void {
  db.all("insert or replace into operation (name, value, block) values (?1,?2,?3)", [
    name,
    JSON.stringify(value),
    block,
  ]);
}

/** Writes a row if it is not there. */
export function addRow<T>(db: Db, { name }: Row<T>, value: T): void {
  db.all("insert or ignore into operation (name, value) values (?1,?2)", [name, JSON.stringify(value)]);
}

export function dropRow(db: Db, { name }: Row<unknown>): void {
  db.all("delete from operation where name=?1", [name]);
}

/** Forgets the base and the replay in the making. */
export function dropUnfinished(db: Db): void {
  db.all("delete from operation where name in ('base','replay')");
}
