/** JSON as SQL sees it: by bytes, so that numbers and member order stay as they were sent. */
import { blobColumn, integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";

/** ?1 JSON text as bytes of well-formed UTF-8. Columns: whether it is JSON; the place of a member given twice. */
export const judgeJsonSql = statement(
  { valid: orNull(integerColumn), twice: orNull(textColumn) },
  `select json_valid(t.j),iif(json_valid(t.j),(select coalesce(fullkey,'$') from json_tree(t.j)
where typeof(key)='text' group by parent,key having count(*)>1 limit 1),null) from (select cast(?1 as text) as j) t`,
);

/**
 * ?1 the same, ?2 names as a JSON array, ?3 a path or null, ?4 how many names at most. Columns: whether it is JSON; its
 * members by other names, as a JSON array; how many items the array at the path has.
 */
export const surveyJsonSql = statement(
  { valid: orNull(integerColumn), unknown: orNull(textColumn), count: orNull(integerColumn) },
  `select json_valid(t.j),iif(json_valid(t.j),(select json_group_array(k) from (select key as k from
json_each(t.j) where typeof(key)='text' and key not in (select value from json_each(?2)) limit ?4)),null),
iif(json_valid(t.j) and ?3 is not null,json_array_length(t.j,?3),null) from (select cast(?1 as text) as j) t`,
);

/**
 * ?1 JSON as bytes, ?2 names as a JSON array, ?3 the path of a list, ?4 how many at most. A row for each member of an
 * object in the list that has another name; the scan ends with the last one that is asked for.
 */
export const surveyItemsSql = statement(
  { index: integerColumn, name: textColumn },
  `select i.key,m.key from json_each(cast(?1 as text),?3) i join json_each(iif(i.type='object',i.value,'{}')) m
where typeof(i.key)='integer' and m.key not in (select value from json_each(?2)) limit ?4`,
);

/** The same, and the \`value\` of each change of a commit body, cut out as it stands; null where there is none. */
export const cutValuesSql = statement(
  { value: orNull(blobColumn) },
  `select cast(value->'$.value' as blob) from json_each(cast(?1 as text),'$.changes') order by key`,
);
