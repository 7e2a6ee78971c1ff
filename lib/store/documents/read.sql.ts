/**
 * One document, with the store, the caller's token and the namespace, in one statement: the hot path.
 * All look-ups are by key: entry and change by their unique index, lineage by its own.
 */
import { integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { change, commits, entry } from "../tables.ts";
import {
  lineageOf,
  lives,
  namespaceJoin,
  storeColumns,
  storeText,
  tokenJoin,
  viewColumns,
} from "./read-parts.ts";

/**
 * Now. ?1 namespace, ?2 key, ?3 accessor, ?4 the revision whose bytes the caller has (-1: none are wanted). */
export const readHeadSql = statement(
  {
    ...storeColumns,
    namespace: orNull(textColumn),
    documentRevision: orNull(entry.revision),
    documentLineage: orNull(textColumn),
    mediaType: orNull(entry.mediaType),
    size: orNull(entry.size),
    bytes: orNull(entry.value),
    timeMs: orNull(commits.timeMs),
  },
  `select ${storeText},cast(n.value as text),e.revision,${lineageOf("e.revision")},e.media_type,
e.size,iif(e.revision=?4 or ?4=-1,null,e.value),c.time_ms
from store s left join entry e on e.namespace=?1 and e.key=?2 ${tokenJoin("?3")} ${namespaceJoin("?1")}
left join commits c on c.revision=e.revision`,
);

/** At revision ?5. */
export const readPastSql = statement(
  {
    ...storeColumns,
    namespace: orNull(textColumn),
    documentRevision: orNull(change.revision),
    documentLineage: orNull(textColumn),
    mediaType: orNull(change.mediaType),
    size: orNull(integerColumn),
    bytes: orNull(change.value),
    timeMs: orNull(commits.timeMs),
    isPut: orNull(integerColumn),
    compacted: integerColumn,
    lives: textColumn,
  },
  `select ${storeText},cast(n.value as text),c.revision,${lineageOf("c.revision")},c.media_type,
length(c.value),iif(c.revision=?4 or ?4=-1,null,c.value),m.time_ms,c.op='put',
coalesce((select u.compacted from usage u where u.namespace=?1),0),${lives}
from store s left join change c on c.namespace=?1 and c.key=?2 and c.revision=(select x.revision from change x
where x.namespace=?1 and x.key=?2 and x.revision<=?5 order by x.revision desc limit 1)
${tokenJoin("?3")} ${namespaceJoin("?1")} left join commits m on m.revision=c.revision`,
);

/**
 * No document: what lists, the feed and the writers' refusals begin with. ?1 namespace, ?2 accessor. */
export const viewSql = statement(
  viewColumns,
  `select ${storeText},cast(n.value as text),
coalesce((select u.compacted from usage u where u.namespace=?1),0),${lives}
from store s ${tokenJoin("?2")} ${namespaceJoin("?1")}`,
);
