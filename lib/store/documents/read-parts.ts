/**
 * The pieces of SQL that the read statements share: who wrote a revision, a moment, a range of keys, and a
 * document as JSON. Text only; the *.sql.ts files put it together when a component is built.
 *
 * A libSQL server's parser takes no `order by` inside an aggregate, so what is joined is sorted in a subquery: SQLite
 * keeps that order for an aggregate which it can matter to. It does not over a `group by`, which sorts again.
 */
import { integerColumn, orNull, textColumn } from "../sqlite/statement-build.ts";
import { store } from "../tables.ts";

/** The first 8 hex digits of the lineage that made a revision; null for null. */
export const lineageOf = (revision: string) =>
  `(select substr(l.lineage,1,8) from lineage l where l.first_revision<=${revision} order by l.first_revision desc limit 1)`;

/** ISO 8601, UTC, milliseconds. */
export const timeOf = (ms: string) =>
  `strftime('%Y-%m-%dT%H:%M:%S',${ms}/1000,'unixepoch')||printf('.%03dZ',${ms}%1000)`;

/** The upper bound of the keys that begin with a text: byte ff is in no UTF-8, so nothing is left out. */
export const above = (prefix: string) => `${prefix}||cast(x'ff' as text)`;

/** The lowest key that can follow a key: keys hold no control characters. */
export const next = (key: string) => `${key}||char(1)`;

/** This history and its ancestors, for core/ancestry.ts. */
export const lives =
  "(select json_group_array(json_array(lineage,first_revision,parent_revision)) from (select * from lineage order by epoch))";

/** What every read looks at besides its documents: the store and the caller's token. */
export const storeText = "s.lineage,s.revision,s.state,s.format,cast(t.value as text)";
export const storeColumns = {
  lineage: store.lineage,
  head: store.revision,
  state: store.state,
  format: store.format,
  token: orNull(textColumn),
};
/** After them: a namespace's document, the compaction mark, and `lives`. */
export const viewColumns = {
  ...storeColumns,
  namespace: orNull(textColumn),
  compacted: integerColumn,
  lives: textColumn,
};
export const tokenJoin = (accessor: string) =>
  `left join entry t on t.namespace='_auth' and t.key='token/'||${accessor}`;
export const namespaceJoin = (namespace: string) =>
  `left join entry n on n.namespace='_system' and n.key='namespace/'||${namespace}`;

/** Type and subtype of a media type: what stands before its parameters, in lower case as it is stored. */
const essence = (type: string) => `iif(instr(${type},';'),substr(${type},1,instr(${type},';')-1),${type})`;

/** As isJsonType in core/media-type.ts: what was judged as JSON when it was written, and nothing else, is shown as such. */
const isJson = (type: string) =>
  `(${essence(type)}='application/json' or substr(${essence(type)},-5)='+json')`;

/** `,"value":…` or `,"text":…` as `values` asks (none, text, json, bytes); nothing for bytes that are not text. */
export const valueMember = (values: string, c: string) =>
  `case when ${values}='none' or not ${c}.text or ${c}.value is null then ''
when ${values}='json' and ${isJson(`${c}.media_type`)} then ',"value":'||cast(${c}.value as text)
else ',"text":'||json_quote(cast(${c}.value as text)) end`;

/** How many bytes a change or a document holds; none where there is no value. */
export const heldBytes = (c: string) => `coalesce(length(${c}.value),0)`;

/** The bytes of what is no text, where `values` asks for them: SQLite has no base64, so the caller writes it. */
export const bytesValue = (values: string, c: string) =>
  `iif(${values}='bytes' and not ${c}.text,${c}.value,null)`;

/** A document's members but for its value. `size` is the number, behind which it may bring more members. */
export const documentMembers = (c: string, { namespace, size }: { namespace: string; size: string }) =>
  `'"namespace":'||json_quote(${namespace})||',"key":'||json_quote(${c}.key)||',"revision":'||${c}.revision
||',"etag":"\\"'||${c}.revision||'-'||${lineageOf(`${c}.revision`)}||'\\"","mediaType":'||json_quote(${c}.media_type)
||',"size":'||${size}||',"modified":"'||(select ${timeOf("m.time_ms")} from commits m where m.revision=${c}.revision)||'"'`;

/** Ranges of keys from JSON [[namespace or *, from, exact], …] as a table (ns, lo, hi); g when not said. */
export const rangesTable = (ranges: string, name = "g") =>
  `${name}(ns,lo,hi) as materialized (select value->>0,value->>1,iif(value->>2,${next("(value->>1)")},${above("(value->>1)")})
from json_each(${ranges}))`;

/** Whether a change lies in one of the ranges of such a table; * is every namespace that is not reserved. */
export const inRanges = (c: string, name = "g") =>
  `exists (select 1 from ${name} g where (g.ns=${c}.namespace or g.ns='*' and substr(${c}.namespace,1,1)<>'_')
and ${c}.key>=g.lo and ${c}.key<g.hi)`;

/** Whether a scope covers a key, as core/scope.ts says it. */
export const coversText = (scope: string, key: string) =>
  `(${scope}='' or ${scope}=${key} or substr(${scope},-1)='/' and substr(${key},1,length(${scope}))=${scope})`;

/**
 * The schemas that cover a key of a namespace, by their newest revision and their number: a change of one raises the
 * first, the end of one lowers the second. Null without any. In the order of bytes "0" follows "/".
 */
export const schemasOf = (namespace: string, key: string) =>
  `(select max(r.revision)||'.'||count(*) ${schemasFrom(namespace, key)})`;

/** Looked at once a statement: a store without any does not look for each key. */
export const anySchema =
  "exists (select 1 from entry r where r.namespace='_system' and r.key>='schema/' and r.key<'schema0')";

/** The covering schemas as rows `r`. */
export const schemasFrom = (namespace: string, key: string) =>
  `from entry r where r.namespace='_system' and r.key>='schema/'||${namespace}||'/'
and r.key<'schema/'||${namespace}||'0' and ${coversText(`substr(r.key,length(${namespace})+9)`, key)}`;
