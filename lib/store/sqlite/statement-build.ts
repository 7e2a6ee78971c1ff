/**
 * Makes statements from the descriptions of the tables, at build time: only `*.sql.ts` files may use this, and what
 * they leave is plain data (build/plugins.ts). The columns of a statement say how its rows are named and typed; what
 * is plain is written by drizzle, and what drizzle cannot say (JSON, common table expressions) is text.
 */
import { type Column, type SQL, sql } from "drizzle-orm";
import type { SelectResultField } from "drizzle-orm/query-builders/select.types";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import type { SqlValue } from "./driver.ts";
import { sqlTokens } from "./sql-text.ts";
import type { Statement } from "./statement.ts";

type Columns = Readonly<Record<string, Column | SQL>>;
/** What a column gives; one whose type no value of SQLite has (a boolean) makes its row unusable. */
type RowOf<C extends Columns> = { readonly [K in keyof C]: SelectResultField<C[K]> & SqlValue };

interface Query {
  toSQL(): { sql: string; params: unknown[] };
}

/** Drizzle without a database: its statements are only ever asked for their text. */
export const query = drizzle(async () => {
  throw new Error("drizzle is asked for text, never for rows");
});

/** The parameter with this number. */
export function param(number: number): SQL {
  return sql.raw(`?${number}`);
}

/** Columns that no table has: what SQLite works out. */
export const integerColumn = sql<number>``;
export const textColumn = sql<string>``;
export const blobColumn = sql<Uint8Array>``;

/** A column of an outer join, of an aggregate over nothing, or of a subselect that may find nothing. */
export function orNull<C extends Column | SQL>(_column: C): SQL<SelectResultField<C> | null> {
  return sql`null`;
}

/** A statement and the columns of its rows, in order: of drizzle, or as text. */
export function statement<C extends Columns>(columns: C, said: Query | string): Statement<RowOf<C>> {
  return { sql: typeof said === "string" ? said : sqlOf(said), columns: Object.keys(columns) };
}

/** A statement of drizzle as text: `param`s by their numbers, all else that was given to it written out. */
export function sqlOf(said: Query): string {
  const { sql, params } = said.toSQL();
  let at = 0;
  return sqlTokens(sql)
    .map(({ start, end }) => sql.slice(start, end))
    .map((token) => (token === "?" ? literal(params[at++]) : token))
    .join("");
}

function literal(value: unknown): string {
  if (value === null || typeof value === "number") return String(value);
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  throw new Error(`a ${typeof value} is no literal of a statement`);
}
