/**
 * Pages of one namespace, pinned to a revision: a walk from key to key by seeks in the unique index, so that
 * neither versions of a hot key nor keys below a delimiter are ever stepped through. Documents come out as
 * one JSON text, made and joined by SQLite.
 *
 * ?1 namespace, ?2 start, ?3 how to start (0 at it, 1 behind that key, 2 behind all keys that begin with it),
 * ?4 the range's prefix or key, ?5 whether that is a whole key, ?6 the prefix asked for, ?7 delimiter or '',
 * ?8 limit, ?9 values, ?10 bytes at most, ?11 the revision.
 * Documents are joined by commas, prefixes are a JSON array; one item more found than the limit means that there are
 * more.
 */
import { blobColumn, integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { entry, store } from "../tables.ts";
import { above, bytesValue, documentMembers, next, valueMember } from "./read-parts.ts";

const columns = {
  head: store.revision,
  documents: blobColumn,
  prefixes: textColumn,
  shown: integerColumn,
  found: integerColumn,
  last: orNull(entry.key),
  bytes: orNull(integerColumn),
};

const start = `case ?3 when 0 then ?2 when 1 then ${next("?2")} else ${above("?2")} end`;
const end = `iif(?5,${next("?4")},${above("?4")})`;
const rest = (key: string) => `substr(${key},length(?6)+1)`;
/** The common prefix that stands for a key: up to and with the first delimiter after the prefix asked for. */
const group = (key: string) =>
  `iif(?7<>'' and instr(${rest(key)},?7)>0,substr(${key},1,length(?6)+instr(${rest(key)},?7)+length(?7)-1),null)`;

const newestAt = (key: string) =>
  `(select x.revision from change x where x.namespace=?1 and x.key=${key} and x.revision<=?11 order by x.revision desc limit 1)`;

/** Without its last brace. */
const documentJson = (c: string, size: string) =>
  `'{'||${documentMembers(c, { namespace: "?1", size })}||${valueMember("?9", c)}`;

const walk = (table: string, after: string) => `k(key) as (
select * from (select i.key from ${table} i where i.namespace=?1 and i.key>=${start} and i.key<${end} order by i.key limit 1)
union all select (select i.key from ${table} i where i.namespace=?1 and i.key>=${after} and i.key<${end} order by i.key limit 1)
from k where k.key is not null)`;

/** Where the keys come from, and a document of theirs in the table `c`. */
interface Source {
  readonly keys: string;
  readonly c: string;
  readonly document: string;
  readonly from: string;
}

/** From the current documents. */
const HEAD: Source = {
  keys: walk("entry", `coalesce(${above(group("k.key"))},${next("k.key")})`),
  c: "e",
  document: documentJson("e", `e.size||',"version":'||e.version||',"createdRevision":'||e.created_revision`),
  from: "from k cross join entry e on e.namespace=?1 and e.key=k.key where k.key is not null limit ?8+1",
};

/**
 * From the history. A group is passed over once a document in it was alive then. Version and creation are given where the
 * document still lives, so that they can be counted back exactly.
 */
const PAST: Source = {
  keys: walk(
    "change",
    `coalesce(iif((select c.op from change c where c.namespace=?1 and c.key=k.key and c.revision=${newestAt("k.key")})='put',
${above(group("k.key"))},null),${next("k.key")})`,
  ),
  c: "c",
  document: documentJson(
    "c",
    `length(c.value)||coalesce((select ',"version":'||(e.version-(select count(*) from change y where y.namespace=?1
and y.key=k.key and y.revision>c.revision))||',"createdRevision":'||e.created_revision from entry e where e.namespace=?1
and e.key=k.key and e.created_revision<=c.revision),'')`,
  ),
  from: `from k cross join change c on c.namespace=?1 and c.key=k.key and c.revision=${newestAt("k.key")}
where k.key is not null and c.op='put' limit ?8+1`,
};

/**
 * Whoever names `found` twice, as for a count of its own, has SQLite walk through all keys of the range before the limit
 * is looked at: then the walk is no longer a co-routine.
 */
const page = ({ keys, document, from }: Source) => `with recursive ${keys},
found(key,grp,doc) as materialized (select k.key,${group("k.key")},iif(${group("k.key")} is null,${document}||'}',null) ${from}),
fit as (select key,grp,doc,row_number() over (order by key) as n,count(*) over () as found,
sum(coalesce(octet_length(doc),octet_length(grp))) over (order by key) as bytes from found),
shown as (select * from fit where n=1 or n<=?8 and bytes<=?10)
select (select revision from store),cast(coalesce(group_concat(doc,','),'') as blob),
json_group_array(grp) filter (where grp is not null),count(*),coalesce(max(found),0),max(key),max(bytes)
from (select * from shown where ?11 is not null order by key)`;

/** The same with the bytes of what is no text, so a row a document, without its last brace; one of nulls where there is none. */
const bytesPage = ({ keys, c, document, from }: Source) => `with recursive ${keys},
found(key,grp,doc,b) as materialized (select k.key,${group("k.key")},iif(${group("k.key")} is null,${document},null),
iif(${group("k.key")} is null,${bytesValue("?9", c)},null) ${from}),
fit as (select key,grp,doc,b,row_number() over (order by key) as n,count(*) over () as found,
sum(coalesce(octet_length(doc)+coalesce(length(b),0)*4/3,octet_length(grp))) over (order by key) as bytes from found)
select (select revision from store),cast(s.doc as blob),s.b,s.grp,coalesce(s.found,0),s.key,s.bytes
from (select 1) left join fit s on (s.n=1 or s.n<=?8 and s.bytes<=?10) and ?11 is not null order by s.key`;

/** At the head. Only good when `head` is ?11; else the head has moved on. */
export const listHeadSql = statement(columns, page(HEAD));

/** At any kept revision. */
export const listPastSql = statement(columns, page(PAST));

const bytesColumns = {
  head: store.revision,
  document: orNull(blobColumn),
  value: orNull(blobColumn),
  prefix: orNull(textColumn),
  found: integerColumn,
  key: orNull(entry.key),
  bytes: orNull(integerColumn),
};

export const listHeadBytesSql = statement(bytesColumns, bytesPage(HEAD));
export const listPastBytesSql = statement(bytesColumns, bytesPage(PAST));
