/** JSON as SQL sees it: by bytes, so that numbers and member order stay as they were sent. */

/** ?1 JSON text as bytes of well-formed UTF-8. Columns: whether it is JSON; the place of a member given twice. */
export const judgeJsonSql = `select json_valid(t.j),iif(json_valid(t.j),(select coalesce(fullkey,'$') from json_tree(t.j)
where parent is not null group by parent,key having count(*)>1 limit 1),null) from (select cast(?1 as text) as j) t`;

/** The same, and the \`value\` of each change of a commit body, cut out as it stands; null where there is none. */
export const cutValuesSql = `select cast(value->'$.value' as blob) from json_each(cast(?1 as text),'$.changes') order by key`;
