/** The statements of purges on their way through the bucket. */
import { and, eq, min } from "drizzle-orm";
import { integerColumn, param, query, sqlOf, statement } from "../sqlite/statement-build.ts";
import { change } from "../tables.ts";
import { operation } from "./tables.ts";

const first = { revision: min(change.revision) };

/** ?1 namespace, ?2 key. */
export const firstValueSql = statement(
  first,
  query
    .select(first)
    .from(change)
    .where(and(eq(change.namespace, param(1)), eq(change.key, param(2)), eq(change.op, "put"))),
);

/** ?1 name, ?2 value. */
export const insertPurgeSql = sqlOf(query.insert(operation).values({ name: param(1), value: param(2) }));

const purges = "from operation where name>='purge/' and name<'purge0'";

export const purgeMarkSql = statement(
  { revision: integerColumn },
  `select coalesce(max(value->>'revision'),0) ${purges}`,
);

/** ?1 name, ?2 manifest. */
export const purgeWrittenSql = "update operation set value=json_set(value,'$.manifest',?2) where name=?1";

/** ?1 name, ?2 now. */
export const purgeDoneSql = "update operation set value=json_set(value,'$.doneMs',?2) where name=?1";

export const undonePurgesSql = statement(
  { value: operation.value },
  `select value ${purges} and value->>'doneMs' is null order by name`,
);
