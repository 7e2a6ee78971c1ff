/** The statements of the lease: one row of `operation`. */
import { integerColumn, statement } from "../sqlite/statement-build.ts";
import { operation } from "./tables.ts";

const generation = { generation: integerColumn };

/** ?1 now, ?2 until when, ?3 the latest end that a lease of now can have: one beyond it is a wrong clock's, and void. */
export const acquireSql = statement(
  generation,
  `update operation set value=json_object('generation',value->>'generation'+1,'untilMs',?2)
     where name='lease' and (value->>'untilMs'<=?1 or value->>'untilMs'>?3) returning value->>'generation'`,
);

/** ?1 now, ?2 the latest end that a lease of now can have. */
export const leaseSql = statement(
  { untilMs: integerColumn, held: integerColumn, left: integerColumn },
  `select value->>'untilMs', value->>'untilMs'>?1 and value->>'untilMs'<=?2,
     value->>'untilMs'>0 and (value->>'untilMs'<=?1 or value->>'untilMs'>?2) from operation where name='lease'`,
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
