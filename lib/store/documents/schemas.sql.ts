/** Schemas for those who judge by them: which one counts for a key, their texts, and the documents that one is for. */
import { blobColumn, integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { entry, store } from "../tables.ts";
import { above, next, schemasFrom, schemasOf } from "./read-parts.ts";

/**
 * ?1 [[namespace, key], …]. In their order: what the facts of a commit say of the covering schemas, and the key of the
 * one with the longest scope. All scopes that cover a key begin alike, so the longest text is it.
 */
export const coveringSql = statement(
  { schemas: orNull(textColumn), key: orNull(entry.key) },
  `select ${schemasOf("(j.value->>0)", "(j.value->>1)")},
(select r.key ${schemasFrom("(j.value->>0)", "(j.value->>1)")} order by length(r.key) desc limit 1)
from json_each(?1) j order by j.key`,
);

/** ?1 [key, …]. */
export const schemaTextsSql = statement(
  { key: entry.key, json: textColumn },
  `select e.key,cast(e.value as text) from json_each(?1) j cross join entry e
where e.namespace='_system' and e.key=j.value`,
);

/**
 * The documents of a namespace behind a key that the schema of a scope is for, once it is there: those that it covers, and
 * no longer scope with a schema of its own. ?1 namespace, ?2 scope, ?3 the key, ?4 how many.
 */
export const coveredSql = statement(
  {
    head: store.revision,
    key: orNull(entry.key),
    mediaType: orNull(entry.mediaType),
    size: orNull(entry.size),
  },
  `select s.revision,d.key,d.media_type,d.size from store s left join (select e.key,e.media_type,e.size from entry e
where e.namespace=?1 and e.key>?3 and e.key>=?2 and e.key<iif(substr(?2,-1)='/' or ?2='',${above("?2")},${next("?2")})
and not exists (select 1 ${schemasFrom("?1", "e.key")} and length(r.key)>length(?1)+8+length(?2))
order by e.key limit ?4) d order by d.key`,
);

/** ?1 namespace, ?2 key. */
export const coveredValueSql = statement(
  { text: integerColumn, value: blobColumn },
  "select e.text,e.value from entry e where e.namespace=?1 and e.key=?2",
);
