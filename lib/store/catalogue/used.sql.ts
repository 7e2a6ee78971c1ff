/** The statement of used.ts. */
import { statement, textColumn } from "../sqlite/statement-build.ts";

/** ?1 accessors as a JSON array. */
export const usedSql = statement(
  { accessor: textColumn, day: textColumn },
  `select j.key,j.value from operation o cross join json_each(o.value) j where o.name='tokens-used'
and j.key in (select value from json_each(?1))`,
);
