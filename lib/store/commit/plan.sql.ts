/** What a plan reads besides the facts: text that stands at keys now, and how many keys a prefix has. */
import { above } from "../documents/read-parts.ts";
import { blobColumn, integerColumn, statement } from "../sqlite/statement-build.ts";

/** ?1 [[place, namespace, key], …]. Rows only of what is text. */
export const valuesNowSql = statement(
  { place: integerColumn, value: blobColumn },
  `select j.value->>0,e.value from json_each(?1) j cross join entry e
where e.namespace=j.value->>1 and e.key=j.value->>2 and e.text`,
);

/** ?1 [[namespace, prefix], …]. Nobody needs to know of more keys than twice what a commit can delete. */
export const keysHeldSql = statement(
  { place: integerColumn, keys: integerColumn },
  `select j.key,(select count(*) from (select 1 from entry e where e.namespace=j.value->>0
and e.key>=j.value->>1 and e.key<${above("(j.value->>1)")} limit 2001)) from json_each(?1) j order by j.key`,
);

/** ?1 names. When the newest of these namespaces was made, 0 where none is there. */
export const newestMadeSql = statement(
  { revision: integerColumn },
  `select coalesce(max(e.created_revision),0) from json_each(?1) j cross join entry e
where e.namespace='_system' and e.key='namespace/'||j.value`,
);
