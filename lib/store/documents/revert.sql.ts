/**
 * What stood at keys before, and what stands there now, for a revert. `?at` is the newest revision that counts as now, so
 * that a page of statements sees one state, and a repeated request the state of its first time. Values are fetched
 * only for what is put back.
 */
import { blobColumn, integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { change, commits } from "../tables.ts";
import { above, next } from "./read-parts.ts";

const newest = (k: string, bound: string) =>
  `(select m.revision from change m where m.namespace=${k}.namespace and m.key=${k}.key and m.revision<=${bound}
order by m.revision desc limit 1)`;

const columns = {
  namespace: change.namespace,
  key: change.key,
  /** The oldest change that is undone, and the newest of other commits that came after it. */
  first: integerColumn,
  later: orNull(integerColumn),
  compacted: integerColumn,
  /** What stands there: 0 for nothing. */
  base: integerColumn,
  /** What stood there: `put`, or `erase` where a purge took the value; null for nothing. */
  wasOp: orNull(textColumn),
  wasRevision: orNull(integerColumn),
  mediaType: orNull(change.mediaType),
  text: orNull(integerColumn),
  size: orNull(integerColumn),
  same: integerColumn,
};
/** Of keys `k` with their `was`: the revision whose state comes back. */
const compared = (at: string) => `select k.namespace,k.key,k.first,k.later,
coalesce((select u.compacted from usage u where u.namespace=k.namespace),0),iif(n.op='put',n.revision,0),
nullif(w.op,'delete'),w.revision,w.media_type,w.text,length(w.value),
iif(w.op='put',coalesce(n.op='put' and n.media_type=w.media_type and n.text=w.text and n.value=w.value,0),
coalesce(n.op,'')<>'put') as same
from k left join change n on n.namespace=k.namespace and n.key=k.key and n.revision=${newest("k", at)}
left join change w on w.namespace=k.namespace and w.key=k.key and w.revision=${newest("k", "k.was")}`;

/** ?1 revisions as a JSON array, ?2 now, ?3 how many at most. Every key that the commits changed. */
export const undoneKeysSql = statement(
  columns,
  `with c(revision) as materialized (select value from json_each(?1)),
k as materialized (select x.namespace,x.key,x.first,x.first-1 as was,(select max(l.revision) from change l
where l.namespace=x.namespace and l.key=x.key and l.revision>x.first and l.revision<=?2
and l.revision not in (select revision from c)) as later
from (select h.namespace,h.key,min(h.revision) as first from c cross join change h indexed by change_by_revision
where h.revision=c.revision group by 1,2 order by 1,2 limit ?3) x)
${compared("?2")} order by 1,2`,
);

/**
 * ?1 namespace, ?2 the key or the prefix, ?3 whether it is a key, ?4 the revision to go back to, ?5 now, ?6 how many at
 * most. Only keys at which something else stands.
 */
export const changedKeysSql = statement(
  columns,
  `with k as materialized (select distinct ?1 as namespace,h.key,0 as first,null as later,?4 as was
from change h indexed by change_by_revision where h.revision>?4 and h.revision<=?5 and h.namespace=?1
and h.key>=?2 and h.key<iif(?3,${next("?2")},${above("?2")}))
select * from (${compared("?5")}) where not same order by 1,2 limit ?6`,
);

/** ?1 [[namespace, key, revision], …]: the values that stood there, in that order. */
export const valuesAtSql = statement(
  { value: blobColumn },
  `select c.value from json_each(?1) j cross join change c on c.namespace=j.value->>0 and c.key=j.value->>1
and c.revision=j.value->>2 order by j.key`,
);

/** ?1 revisions as a JSON array: whether all that these commits changed is still kept. */
export const keptWholeSql = statement(
  { whole: integerColumn },
  `select not exists (select 1 from json_each(?1) r left join commits c on c.revision=r.value where c.revision is null
or c.changes>(select count(*) from change h indexed by change_by_revision where h.revision=c.revision))`,
);

/** ?1 actor, ?2 request id. */
export const saidBeforeSql = statement(
  { revision: commits.revision },
  "select revision from commits where actor=?1 and request_id=?2",
);
