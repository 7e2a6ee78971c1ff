/**
 * The feed. Inside, a covering walk of change_by_revision that looks at no more than
 * 20,000 commits; values are fetched by key only for what is shown.
 */
import { blobColumn, integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { store } from "../tables.ts";
import { actorMember, isWhole, LOOKED_COMMITS, momentMembers, wordMembers } from "./commit-parts.ts";
import {
  above,
  bytesValue,
  inRanges,
  lives,
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
const isShown = `(${inRanges("c", "h")} or ${isNewest("c")})`;
const feedValue = `case when ?6='none' then '' when ${isShown} then ${valueMember("?6", "c")}
else ',"superseded":true' end`;

/** Without its last brace. */
const changeJson = `'{"op":"'||c.op||'","namespace":'||json_quote(c.namespace)||',"key":'||json_quote(c.key)
||iif(c.op='put',',"mediaType":'||json_quote(c.media_type)||',"size":'||length(c.value)||${feedValue},'')`;
const changeBytes = `iif(c.op='put' and ${isShown},${bytesValue("?6", "c")},null)`;

/** Whether a change is in the part of the store that was asked for, and may be seen. */
const asked = (c: string) =>
  `(?3 is null or ${c}.namespace in (select ns from n)) and (?4='' or ${c}.key>=?4 and ${c}.key<${above("?4")}) and ${inRanges(c)}`;

/** ?1 the namespaces as a JSON array, or null for all; ?2 accessor. See view.ts. */
export const feedViewSql = statement(
  { ...viewColumns, named: textColumn },
  `with n(name,document) as materialized (select j.value,cast(e.value as text) from json_each(?1) j
left join entry e on e.namespace='_system' and e.key='namespace/'||j.value)
select ${storeText},(select iif(sum(coalesce(document->>'public',0))=count(*),'{"public":true}',null) from n),
coalesce((select max(u.compacted) from usage u where ?1 is null or u.namespace in (select name from n)),0),${lives},
(select json_group_array(json_array(name,document)) from n) from store s ${tokenJoin("?2")}`,
);

const commitJson = `${revision}||${momentMembers}||iif(?9,${actorMember},'')||iif(${isWhole("page.shown")},${wordMembers},',"partial":true')||',"changes":['`;

/** What can be shown of changes, and what it adds up to: the size of a commit, and what a page is made of. */
const page = (
  changes: string,
  { body, bytes }: { body: string; bytes: string },
) => `with ${rangesTable("?1")},
${rangesTable("?8", "h")},n(ns) as materialized (select value from json_each(?3)),
u(upto) as materialized (select coalesce((select revision from commits where revision>?2 order by revision
limit 1 offset ${LOOKED_COMMITS - 1}),(select revision from store))),
i as materialized (select i.revision,i.namespace,i.key from change i indexed by change_by_revision
where i.revision>?2 and i.revision<=(select upto from u) and ${asked("i")} order by 1,2,3 limit 1001),
cut(more,last) as materialized (select count(*)>1000,max(revision) from i),
d(revision,body,shown) as materialized (select x.revision,(select ${body} from (select ${changes}
from change c indexed by change_by_revision where c.revision=x.revision and ${asked("c")} order by c.namespace,c.key)),x.shown
from (select revision,count(*) as shown from i group by revision) x where not (select more and last=x.revision from cut)),
fit as (select revision,body,shown,row_number() over w as n,sum(shown) over w as items,sum(${bytes}) over w as bytes
from d window w as (order by revision)),
page as materialized (select * from fit where n=1 or items<=?5 and bytes<=?7)`;

/** How far it looked, of a page of so many commits up to a last one. */
const lookedUpTo = (
  count: string,
  last: string,
) => `iif((select more from cut) or ${count}<(select count(*) from d),${last},
(select min(upto,(select revision from store)) from u))`;

/**
 * ?1 ranges, ?2 since, ?3 namespaces as a JSON array or null, ?4 prefix, ?5 limit in changes, ?6 values, ?7 bytes at most,
 * ?8 ranges in which replaced values are shown, too, ?9 1 where actors are shown.
 * `revision` is how far this looked; commits are joined by commas.
 */
export const feedSql = statement(
  {
    head: store.revision,
    revision: integerColumn,
    commits: blobColumn,
    shown: integerColumn,
  },
  `${page(`${changeJson}||'}' as j`, { body: "group_concat(j,',')", bytes: "octet_length(body)" })}
select (select revision from store),${lookedUpTo("count(*)", "max(revision)")},cast(coalesce(group_concat(j,','),'') as blob),count(*)
from (select m.revision,${commitJson}||page.body||']}' as j
from page join commits m on m.revision=page.revision order by m.revision)`,
);

/**
 * The same with the bytes of what is no text, so a row a change: the first of a commit brings its facts, up to the list of
 * its changes, and each change is without its last brace. A page without commits is one row of nulls.
 */
export const feedBytesSql = statement(
  {
    head: store.revision,
    revision: integerColumn,
    shown: integerColumn,
    commit: orNull(blobColumn),
    change: orNull(blobColumn),
    bytes: orNull(blobColumn),
  },
  `${page(`octet_length(${changeJson})+coalesce(length(${changeBytes}),0)*4/3 as size`, { body: "sum(size)", bytes: "body" })}
select (select revision from store),${lookedUpTo("o.shown", "o.last")},o.shown,
iif(row_number() over (partition by m.revision order by c.namespace,c.key)=1,cast(${commitJson} as blob),null),
cast(${changeJson} as blob),${changeBytes}
from (select count(*) as shown,max(revision) as last from page) o left join page on true
left join commits m on m.revision=page.revision
left join change c indexed by change_by_revision on c.revision=m.revision and ${asked("c")}
order by m.revision,c.namespace,c.key`,
);
