/**
 * One document, with the store, the caller's token and the namespace, in one statement: the hot path.
 * All look-ups are by key: entry and change by their unique index, lineage by its own.
 */
import { lineageOf, lives, namespaceJoin, storeColumns, tokenJoin } from "./read-parts.ts";

/**
 * Now. ?1 namespace, ?2 key, ?3 accessor, ?4 the revision whose bytes the caller has (-1: none are wanted).
 * Columns: the store's 0 to 4, 5 namespace document, 6 revision, 7 lineage of it, 8 media type, 9 size, 10
 * bytes, 11 time.
 */
export const readHeadSql = `select ${storeColumns},cast(n.value as text),e.revision,${lineageOf("e.revision")},e.media_type,
e.size,iif(e.revision=?4 or ?4=-1,null,e.value),c.time_ms
from store s left join entry e on e.namespace=?1 and e.key=?2 ${tokenJoin("?3")} ${namespaceJoin("?1")}
left join commits c on c.revision=e.revision`;

/** At revision ?5. Columns as above, then 12 whether it is a put, 13 the compaction mark, 14 the lives. */
export const readPastSql = `select ${storeColumns},cast(n.value as text),c.revision,${lineageOf("c.revision")},c.media_type,
length(c.value),iif(c.revision=?4 or ?4=-1,null,c.value),m.time_ms,c.op='put',
coalesce((select u.compacted from usage u where u.namespace=?1),0),${lives}
from store s left join change c on c.namespace=?1 and c.key=?2 and c.revision=(select x.revision from change x
where x.namespace=?1 and x.key=?2 and x.revision<=?5 order by x.revision desc limit 1)
${tokenJoin("?3")} ${namespaceJoin("?1")} left join commits m on m.revision=c.revision`;

/**
 * No document: what lists, the feed and the writers' refusals begin with. ?1 namespace, ?2 accessor.
 * Columns: the store's 0 to 4, 5 namespace document, 6 the compaction mark, 7 the lives.
 */
export const viewSql = `select ${storeColumns},cast(n.value as text),
coalesce((select u.compacted from usage u where u.namespace=?1),0),${lives}
from store s ${tokenJoin("?2")} ${namespaceJoin("?1")}`;
