/** The statements of the lease: one row of `operation`. */
import { integerColumn, statement } from "../sqlite/statement-build.ts";
import { operation } from "./tables.ts";

const generation = { generation: integerColumn };

/** ?1 now, ?2 until when. */
export const acquireSql = statement(
  generation,
  `update operation set value=json_object('generation',value->>'generation'+1,'untilMs',?2)
     where name='lease' and value->>'untilMs'<=?1 returning value->>'generation'`,
);

/** ?1 now. A lease whose time has passed. */
export const leftSql = statement(
  { name: operation.name },
  "select name from operation where name='lease' and value->>'untilMs'>0 and value->>'untilMs'<=?1",
);

export const generationSql = statement(
  generation,
  "select value->>'generation' from operation where name='lease'",
);

/** ?1 generation, ?2 until when. */
export const moveEndSql = statement(
  { name: operation.name },
  "update operation set value=json_set(value,'$.untilMs',?2) where name='lease' and value->>'generation'=?1 returning name",
);
