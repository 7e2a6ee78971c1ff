/** Reading and writing one row of `operation` (rows.ts has names and shapes). What is read fits its shape. */
import type * as z from "zod/mini";
import type { Db } from "../sqlite/driver.ts";
import { firstOf } from "../sqlite/statement.ts";
import { addRowSql, dropRowSql, dropUnfinishedSql, findRowSql, putRowSql } from "./operation.sql.ts";

export interface Row<T> {
  readonly name: string;
  readonly schema: z.ZodMiniType<T>;
}

export type RowValue<R> = R extends Row<infer T> ? T : never;

/* @__NO_SIDE_EFFECTS__ */
export function row<T>(name: string, schema: Row<T>["schema"]): Row<T> {
  return { name, schema };
}

/** What a row says; undefined when it is not there. Throws StoreFault. */
export function findRow<T>(db: Db, row: Row<T>): T | undefined {
  return findWithBlock(db, row)?.value;
}

/** The same with the row's bytes. */
export function findWithBlock<T>(db: Db, row: Row<T>): { value: T; block: Uint8Array } | undefined {
  const found = firstOf(db, findRowSql, [row.name]);
  if (found === undefined) return undefined;
  return { value: row.schema.parse(JSON.parse(found.value)), block: found.block ?? new Uint8Array(0) };
}

/** Writes a row, whatever it said before. */
export function putRow<T>(db: Db, { name }: Row<T>, value: T, block: Uint8Array | null = null): void {
  db.all(putRowSql, [name, JSON.stringify(value), block]);
}

/** Writes a row if it is not there. */
export function addRow<T>(db: Db, { name }: Row<T>, value: T): void {
  db.all(addRowSql, [name, JSON.stringify(value)]);
}

export function dropRow(db: Db, { name }: Row<unknown>): void {
  db.all(dropRowSql, [name]);
}

/** Forgets the base and the replay in the making. */
export function dropUnfinished(db: Db): void {
  db.all(dropUnfinishedSql);
}
