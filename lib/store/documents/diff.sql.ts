/**
 * Two states compared, key by key: of one namespace at two revisions, or of two namespaces. Documents whose bytes and
 * type are the same are passed over. What is shown is found first; documents are made only of that.
 *
 * ?1 the namespace before, ?2 after, ?3 the revision before, ?4 after, ?5 where to start, ?6 whether behind that key,
 * ?7 the range's prefix or key, ?8 whether that is a whole key, ?9 limit, ?10 bytes at most, ?11 values,
 * ?12 whether keys are taken from the changes between the revisions; else all keys of both are walked through, by seeks,
 * ?13 so many at most.
 * There is always a row, perhaps without a key: it says how many keys were looked at, and the last of them.
 */
import { blobColumn, integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { above, bytesValue, documentMembers, heldBytes, next, valueMember } from "./read-parts.ts";

const start = `iif(?6,${next("?5")},?5)`;
const end = `iif(?8,${next("?7")},${above("?7")})`;

const first = (namespace: string, place: string) =>
  `select * from (select i.key from change i where i.namespace=${namespace} and ${place} and i.key<${end} order by i.key limit 1)`;
const lowest = (place: string) =>
  `(select min(key) from (${first("?1", place)} union all ${first("?2", place)}))`;

const newest = (namespace: string, revision: string) =>
  `(select c.rowid from change c where c.namespace=${namespace} and c.key=l.key and c.revision<=${revision} order by c.revision desc limit 1)`;

const document = (c: string, namespace: string) =>
  `iif(${c}.op='put','{'||${documentMembers(c, { namespace, size: `length(${c}.value)` })}||${valueMember("?11", c)},null)`;

const states =
  "left join change b on b.rowid=x.was and b.op='put' left join change a on a.rowid=x.became and a.op='put'";

export const diffSql = statement(
  {
    key: orNull(textColumn),
    found: integerColumn,
    looked: integerColumn,
    lastLooked: orNull(textColumn),
    size: orNull(integerColumn),
    entry: orNull(blobColumn),
    before: orNull(blobColumn),
    beforeBytes: orNull(blobColumn),
    after: orNull(blobColumn),
    afterBytes: orNull(blobColumn),
  },
  `with recursive walk(key) as (select ${lowest(`not ?12 and i.key>=${start}`)}
union all select ${lowest("i.key>walk.key")} from walk where walk.key is not null limit ?13),
looked(key) as materialized (select key from walk where key is not null
union all select * from (select distinct i.key from change i indexed by change_by_revision where ?12 and i.revision>min(?3,?4)
and i.revision<=max(?3,?4) and i.namespace=?1 and i.key>=${start} and i.key<${end})),
placed(key,was,became) as materialized (select l.key,${newest("?1", "?3")},${newest("?2", "?4")} from looked l),
found(key,was,became) as materialized (select x.key,b.rowid,a.rowid from placed x ${states}
where x.was is not x.became and (b.media_type is not a.media_type or b.value is not a.value) order by x.key limit ?9+1),
sized as (select x.key,x.was,x.became,row_number() over w as n,sum(iif(?11='none',0,${heldBytes("b")}+${heldBytes("a")})) over w as size
from found x ${states} window w as (order by x.key)),
shown as materialized (select key,was,became,n from sized where n=1 or n<=?9 and size<=?10),
made as materialized (select x.key,x.n,'{"result":"'||iif(x.was is null,'created',iif(x.became is null,'deleted','changed'))
||'","key":'||json_quote(x.key) as entry,${document("b", "?1")} as before,iif(b.op='put',${bytesValue("?11", "b")},null) as beforeBytes,
${document("a", "?2")} as after,iif(a.op='put',${bytesValue("?11", "a")},null) as afterBytes from shown x ${states}),
total as (select *,sum(octet_length(entry)+coalesce(octet_length(before),0)+coalesce(octet_length(after),0)
+(coalesce(length(beforeBytes),0)+coalesce(length(afterBytes),0))*4/3) over (order by n) as size from made)
select t.key,(select count(*) from found),o.looked,o.last,t.size,cast(t.entry as blob),cast(t.before as blob),t.beforeBytes,
cast(t.after as blob),t.afterBytes from (select count(*) as looked,max(key) as last from looked) o
left join total t on t.n=1 or t.size<=?10 order by t.n`,
);

/** ?1 and ?2 revisions, ?3 a limit. How many changes lie between them, counted up to the limit. */
export const changesBetweenSql = statement(
  { changes: integerColumn },
  `select count(*) from (select 1 from change indexed by change_by_revision where revision>min(?1,?2) and revision<=max(?1,?2) limit ?3)`,
);
