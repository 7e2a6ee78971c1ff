/**
 * Statements as plain data, and their rows by the names of their columns. What they say, and the type of their rows,
 * was made at build time (statement-build.ts): here is only the loop that gives names to values.
 */
import type { Db, SqlRow, SqlValue } from "./driver.ts";

export interface Statement<Row extends NamedRow> {
  readonly sql: string;
  /** The names of a row's values, in order. */
  readonly columns: readonly string[];
  /** Never there: it carries the type. */
  readonly row?: Row;
}

export type NamedRow = Readonly<Record<string, SqlValue>>;

/** Every row. Throws StoreFault. */
export function rowsOf<Row extends NamedRow>(
  db: Db,
  { sql, columns }: Statement<Row>,
  params?: readonly SqlValue[],
): Row[] {
  return db.all(sql, params).map((values) => named<Row>(columns, values));
}

/** The first row; undefined when there is none. Throws StoreFault. */
export function firstOf<Row extends NamedRow>(
  db: Db,
  { sql, columns }: Statement<Row>,
  params?: readonly SqlValue[],
): Row | undefined {
  const values = db.all(sql, params)[0];
  return values === undefined ? undefined : named<Row>(columns, values);
}

/** The row of a statement that always has one: an aggregate, or one of `store`. Throws StoreFault. */
export function onlyOf<Row extends NamedRow>(
  db: Db,
  statement: Statement<Row>,
  params?: readonly SqlValue[],
): Row {
  const row = firstOf(db, statement, params);
  if (row === undefined) throw new Error("a statement that always has a row gave none");
  return row;
}

/** A test counts the columns against the statement's own, and the type was made from them. */
function named<Row extends NamedRow>(columns: readonly string[], values: SqlRow): Row;
function named(columns: readonly string[], values: SqlRow): NamedRow {
  const row: Record<string, SqlValue> = {};
  for (let at = 0; at < columns.length; at += 1) row[columns[at] ?? ""] = values[at] ?? null;
  return row;
}
