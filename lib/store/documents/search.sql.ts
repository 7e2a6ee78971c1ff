/** The statements of GET /v1/search: a bounded walk through documents that looks for a text in keys and in values. */
import { integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { entry, store, usage } from "../tables.ts";
import { above, next } from "./read-parts.ts";

/** What stands in a value before its first match, and behind the match, in a snippet: so many characters. */
const BEFORE = 60;
const BEHIND = 120;

const lowerValue = "lower(cast(e.value as text))";
const value = "cast(e.value as text)";

/**
 * ?1 ranges as [[namespace, first key, prefix or key, whether that is a whole key], …] in order, ?2 the text,
 * ?3 documents at most, ?4 bytes at most, ?5 hits at most. `lower` changes ASCII alone.
 *
 * The ranges are gone through in their order and each in the order of its keys, by the unique index: an `order by` here would
 * have all of them sorted before the limit is looked at. Values are looked into until there are hits enough.
 * One row a hit, and a last one without that says how far this looked.
 */
export const searchSql = statement(
  {
    head: store.revision,
    looked: integerColumn,
    more: integerColumn,
    namespace: orNull(entry.namespace),
    key: orNull(entry.key),
    isHit: integerColumn,
    revision: orNull(entry.revision),
    mediaType: orNull(entry.mediaType),
    size: orNull(entry.size),
    inKey: orNull(integerColumn),
    line: orNull(integerColumn),
    snippet: orNull(textColumn),
  },
  `with r(n,ns,lo,hi) as materialized (select key,value->>0,value->>1,iif(value->>3,${next("(value->>2)")},${above("(value->>2)")})
from json_each(?1)),
met as materialized (select r.n,e.rowid as at,e.key,e.size from r cross join entry e
where e.namespace=r.ns and e.key>=r.lo and e.key<r.hi limit ?3+1),
summed as materialized (select n,at,key,row_number() over w as i,sum(size) over w as bytes from met
window w as (order by n,key rows unbounded preceding)),
looked as materialized (select n,at,key,i from summed where i=1 or i<=?3 and bytes<=?4),
found as materialized (select l.i,l.at from looked l cross join entry e on e.rowid=l.at
where instr(lower(e.key),lower(?2))>0 or e.text and instr(${lowerValue},lower(?2))>0 limit ?5+1),
hits as (select i,at from found order by i limit ?5),
last(i) as (select iif((select count(*) from found)>?5,(select max(i) from hits),(select max(i) from looked))),
shown as (select h.i,1 as hit,e.namespace,e.key,e.revision,e.media_type,e.size,e.value,instr(lower(e.key),lower(?2))>0 as inKey,
iif(e.text,instr(${lowerValue},lower(?2)),0) as place from hits h cross join entry e on e.rowid=h.at)
select s.revision,coalesce((select i from last),0),(select count(*) from met)>coalesce((select i from last),0),
e.namespace,e.key,e.hit,e.revision,e.media_type,e.size,e.inKey,
iif(e.place>0,1+length(substr(${value},1,e.place-1))-length(replace(substr(${value},1,e.place-1),char(10),'')),null),
iif(e.place>0,substr(${value},max(1,e.place-${BEFORE}),e.place-max(1,e.place-${BEFORE})+length(?2)+${BEHIND}),null)
from store s cross join (select * from shown union all
select 1e9,0,(select ns from r where r.n=l.n),l.key,null,null,null,null,null,0 from (select 1) left join looked l on l.i=(select i from last)) e
order by e.i`,
);

/** ?1 the first one, ?2 how many at most. In order of bytes, none of Ledge's own. */
export const searchedNamespacesSql = statement(
  { namespace: usage.namespace },
  "select namespace from usage where namespace>=?1 and substr(namespace,1,1)<>'_' order by namespace limit ?2",
);
