/**
 * The feed. Inside, a covering walk of change_by_revision that looks at no more than
 * 20,000 commits; values are fetched by key only for what is shown.
 */
import { blobColumn, integerColumn, statement } from "../sqlite/statement-build.ts";
import { store } from "../tables.ts";
import { actorMember, isWhole, LOOKED_COMMITS, momentMembers, wordMembers } from "./commit-parts.ts";
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
 * ?1 ranges, ?2 since, ?3 namespace or null, ?4 prefix, ?5 limit in changes, ?6 values, ?7 bytes at most, ?8 ranges in
 * which replaced values are shown, too, ?9 1 where actors are shown.
 * `revision` is how far this looked; commits are joined by commas.
 */
export const feedSql = statement(
  {
    head: store.revision,
    revision: integerColumn,
    commits: blobColumn,
    shown: integerColumn,
  },
  `with ${rangesTable("?1")},${rangesTable("?8", "h")},
u(upto) as materialized (select coalesce((select revision from commits where revision>?2 order by revision
limit 1 offset ${LOOKED_COMMITS - 1}),(select revision from store))),
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
from (select m.revision,${revision}||${momentMembers}||iif(?9,${actorMember},'')||iif(${isWhole("page.shown")},${wordMembers},',"partial":true')||',"changes":['||page.body||']}' as j
from page join commits m on m.revision=page.revision order by m.revision)`,
);
