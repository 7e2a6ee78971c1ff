/**
 * The feed and the log of commits. Inside, a covering walk of change_by_revision that looks at no more than
 * 20,000 commits; values are fetched by key only for what is shown.
 */
import { blobColumn, integerColumn, orNull, statement } from "../sqlite/statement-build.ts";
import { store } from "../tables.ts";
import {
  actorMember,
  isWhole,
  LOOKED_COMMITS,
  momentMembers,
  namedActorMember,
  wordMembers,
} from "./commit-parts.ts";
import {
  above,
  inRanges,
  lives,
  namespaceJoin,
  rangesTable,
  storeText,
  tokenJoin,
  valueMember,
  viewColumns,
} from "./read-parts.ts";

const revision = `'{"revision":'||m.revision||','`;

/** Whether no other change of the key came later: one seek in the unique index, which covers it. */
const isNewest = (c: string) =>
  `not exists (select 1 from change n where n.namespace=${c}.namespace and n.key=${c}.key and n.revision>${c}.revision)`;

/** A value that has been replaced since is history, and needs that verb. */
const feedValue = `case when ?6='none' then '' when ${inRanges("c", "h")} or ${isNewest("c")} then ${valueMember("?6", "c")}
else ',"superseded":true' end`;

const changeJson = `'{"op":"'||c.op||'","namespace":'||json_quote(c.namespace)||',"key":'||json_quote(c.key)
||iif(c.op='put',',"mediaType":'||json_quote(c.media_type)||',"size":'||length(c.value)||${feedValue},'')||'}'`;

/** Whether a change is in the part of the store that was asked for, and may be seen. */
const asked = (c: string) =>
  `(?3 is null or ${c}.namespace=?3) and (?4='' or ${c}.key>=?4 and ${c}.key<${above("?4")}) and ${inRanges(c)}`;

/** What both of a page's ends need before it: nothing but the store and the caller. See view.ts. */
export const feedViewSql = statement(
  viewColumns,
  `select ${storeText},cast(n.value as text),
coalesce((select max(u.compacted) from usage u where u.namespace=?1 or ?1 is null),0),${lives}
from store s ${tokenJoin("?2")} ${namespaceJoin("?1")}`,
);

/**
 * ?1 ranges, ?2 since, ?3 namespace or null, ?4 prefix, ?5 limit in changes, ?6 values, ?7 bytes at most, ?8 the
 * newest revision to look at, or null for the head, ?9 ranges in which replaced values are shown, too, ?10 1 where actors
 * are shown.
 * `revision` is how far this looked; commits are joined by commas.
 */
export const feedSql = statement(
  {
    head: store.revision,
    revision: integerColumn,
    commits: blobColumn,
    shown: integerColumn,
  },
  `with ${rangesTable("?1")},${rangesTable("?9", "h")},
u(upto) as materialized (select min(coalesce(?8,9e15),coalesce((select revision from commits where revision>?2 order by revision
limit 1 offset ${LOOKED_COMMITS - 1}),(select revision from store)))),
i as materialized (select i.revision,i.namespace,i.key from change i indexed by change_by_revision
where i.revision>?2 and i.revision<=(select upto from u) and ${asked("i")} order by 1,2,3 limit 1001),
cut(more,last) as materialized (select count(*)>1000,max(revision) from i),
d(revision,body,shown) as materialized (select x.revision,(select group_concat(j,',') from (select ${changeJson} as j
from change c indexed by change_by_revision where c.revision=x.revision and ${asked("c")} order by c.namespace,c.key)),x.shown
from (select revision,count(*) as shown from i group by revision) x where not (select more and last=x.revision from cut)),
fit as (select revision,body,shown,row_number() over w as n,sum(shown) over w as items,sum(octet_length(body)) over w as bytes
from d window w as (order by revision)),
page as materialized (select * from fit where n=1 or items<=?5 and bytes<=?7)
select (select revision from store),
iif((select more from cut) or count(*)<(select count(*) from d),max(revision),(select min(upto,(select revision from store)) from u)),
cast(coalesce(group_concat(j,','),'') as blob),count(*)
from (select m.revision,${revision}||${momentMembers}||iif(?10,${actorMember},'')||iif(${isWhole("page.shown")},${wordMembers},',"partial":true')||',"changes":['||page.body||']}' as j
from page join commits m on m.revision=page.revision order by m.revision)`,
);

/**
 * The log, newest first. ?1 ranges, ?2 before, ?3 from, ?4 to, ?5 actor or null, ?6 request id or null, ?7 namespace
 * or null, ?8 limit, ?9 whose own commits are shown, ?10 whether all are (a root token).
 * Commits are joined by commas; the oldest looked at is null when the log ended.
 */
export const commitsSql = statement(
  {
    commits: blobColumn,
    shown: integerColumn,
    found: integerColumn,
    oldestShown: orNull(integerColumn),
    oldestLooked: orNull(integerColumn),
  },
  `with ${rangesTable("?1")},
b(low) as materialized (select (select revision from commits where revision<?2 order by revision desc limit 1 offset ${LOOKED_COMMITS - 1})),
found as materialized (select m.revision,m.id,m.time_ms,m.actor,m.author,m.request_id,m.message,m.meta,m.changes from commits m
where m.revision<?2 and m.revision>=coalesce((select low from b),0) and m.revision between ?3 and ?4
and (?5 is null or m.actor=?5) and (?6 is null or m.request_id=?6)
and (?7 is null or exists (select 1 from change x indexed by change_by_revision where x.revision=m.revision and x.namespace=?7
and (?10 or m.actor=?9 or ${inRanges("x")})))
and (?10 or m.actor=?9 or exists (select 1 from change y indexed by change_by_revision where y.revision=m.revision and ${inRanges("y")}))
order by m.revision desc limit ?8+1),
shown as (select * from found order by revision desc limit ?8)
select cast(coalesce(group_concat(j,','),'') as blob),count(*),(select count(*) from found),min(revision),(select low from b)
from (select m.revision,${revision}||${momentMembers}||${namedActorMember}||iif(?10 or m.actor=?9 or ${isWhole("0")},${wordMembers}||',"changeCount":'||m.changes
||iif(m.request_id is null,'',',"requestId":'||json_quote(m.request_id)),',"partial":true')||'}' as j
from shown m order by m.revision desc)`,
);
