/** The statements of pages of history: everything is pinned to a revision (export-pages.ts). */
import { asc, desc, eq, lte } from "drizzle-orm";
import {
  blobColumn,
  integerColumn,
  orNull,
  param,
  query,
  statement,
  textColumn,
} from "../sqlite/statement-build.ts";
import { change, commits, entry, lineageTable, usage } from "../tables.ts";

/** JSON text for a change; null where the value is not text and the caller has to encode it. */
const CHANGE_MEMBERS = "'namespace',c.namespace,'key',c.key,";
const CHANGE_JSON = `case when c.op='put' and c.text=1 then json_object('op','put',${CHANGE_MEMBERS}'mediaType',c.media_type,'text',cast(c.value as text))
  when c.op='delete' then json_object('op','delete',${CHANGE_MEMBERS.slice(0, -1)})
  when c.op='erase' then json_object('op','erase',${CHANGE_MEMBERS}'mediaType',c.media_type) end`;

const COMMIT_MEMBERS = `'revision',m.revision,'id',m.id,'time',m.time_ms,'actor',m.actor,'author',m.author,
  'requestId',m.request_id,'message',m.message,'meta',m.meta,'trace',m.trace,'count',m.changes,'rest',m.rest`;

const tip = { revision: commits.revision, id: commits.id };

/** ?1 revision. */
export const tipSql = statement(
  tip,
  query
    .select(tip)
    .from(commits)
    .where(lte(commits.revision, param(1)))
    .orderBy(desc(commits.revision))
    .limit(1),
);

const commitId = { id: commits.id };

/** ?1 revision. */
export const commitIdSql = statement(
  commitId,
  query
    .select(commitId)
    .from(commits)
    .where(eq(commits.revision, param(1))),
);

/** ?1 after, ?2 up to, ?3 bytes at most. Index: commits' primary key, change_by_revision. */
export const segmentEndSql = statement(
  { revision: commits.revision, commits: integerColumn },
  `select revision, n from (
      select revision, n, sum(bytes) over (order by revision rows unbounded preceding) as total from (
        select m.revision, row_number() over (order by m.revision) as n, 300 + 2*coalesce(octet_length(m.message),0) + 2*coalesce(octet_length(m.rest),0)
          + coalesce((select sum(160 + octet_length(c.key) + case c.text when 1 then 1.1 else 1.4 end * coalesce(octet_length(c.value),0))
            from change c indexed by change_by_revision where c.revision=m.revision),0) as bytes
        from commits m where m.revision>?1 and m.revision<=?2 order by m.revision limit 20000))
    where total<=?3 or n=1 order by revision desc limit 1`,
);

/** ?1 after, ?2 up to. */
export const touchedSql = statement(
  { namespace: change.namespace, binary: integerColumn },
  `select namespace, max(text=0 and op='put') from change indexed by change_by_revision
     where revision>?1 and revision<=?2 group by namespace order by namespace`,
);

const lines = { text: orNull(blobColumn) };

/** ?1 after, ?2 up to. */
export const segmentTextSql = statement(
  lines,
  `select cast(group_concat(line, char(10)) as blob) from (
        select json_object(${COMMIT_MEMBERS},'changes',json(coalesce((select json_group_array(json(j)) from (
          select ${CHANGE_JSON} as j from change c indexed by change_by_revision
          where c.revision=m.revision and c.namespace<>'_auth' order by c.namespace, c.key)),'[]'))) as line
        from commits m where m.revision>?1 and m.revision<=?2 order by m.revision limit -1)`,
);

/** ?1 after, ?2 up to. */
export const authSegmentTextSql = statement(
  lines,
  `select cast(group_concat(line, char(10)) as blob) from (
        select json_object('revision',revision,'changes',json(json_group_array(json(j)))) as line from (
          select c.revision, ${CHANGE_JSON} as j from change c indexed by change_by_revision
          where c.revision>?1 and c.revision<=?2 and c.namespace='_auth' order by c.revision, c.key limit -1)
        group by revision order by revision limit -1)`,
);

/** ?1 after, ?2 up to. */
export const commitJsonSql = statement(
  { revision: commits.revision, json: textColumn },
  `select m.revision, json_object(${COMMIT_MEMBERS}) from commits m where m.revision>?1 and m.revision<=?2 order by m.revision`,
);

const rawChange = {
  revision: change.revision,
  namespace: change.namespace,
  key: change.key,
  json: orNull(textColumn),
  mediaType: change.mediaType,
  value: change.value,
};

/** ?1 after, ?2 up to, ?3 whether those of `_auth`. */
export const rawChangesSql = statement(
  rawChange,
  `select c.revision, c.namespace, c.key, ${CHANGE_JSON}, c.media_type, case when c.op='put' and c.text=0 then c.value end
       from change c indexed by change_by_revision
       where c.revision>?1 and c.revision<=?2 and (c.namespace='_auth')=?3 order by c.revision, c.namespace, c.key`,
);

/** ?1 after, ?2 up to, ?3 bytes at most. */
export const commitsPageSql = statement(
  { ...lines, lines: integerColumn, last: orNull(commits.revision) },
  `select cast(group_concat(line, char(10)) as blob), count(*), max(revision) from (
      select revision, line from (select revision, line, sum(octet_length(line)+1) over (order by revision rows unbounded preceding) as total,
          row_number() over (order by revision) as n from (
        select m.revision, json_object(${COMMIT_MEMBERS}) as line from commits m
        where m.revision>?1 and m.revision<=?2 order by m.revision limit 8000))
      where total<=?3 or n=1 order by revision limit -1)`,
);

/** ?1 to ?3 the place before, ?4 up to, ?5 whether those of `_auth`, ?6 bytes at most. */
export const documentsPageSql = statement(
  {
    firstNamespace: orNull(change.namespace),
    firstKey: orNull(change.key),
    firstRevision: orNull(change.revision),
    namespace: orNull(change.namespace),
    key: orNull(change.key),
    revision: orNull(change.revision),
    lines: orNull(integerColumn),
    binary: orNull(integerColumn),
    namespaces: textColumn,
  },
  `select first_namespace, first_key, first_revision, namespace, key, revision, max(n), sum(binary),
      json_group_array(distinct namespace) from (
      select namespace, key, revision, row_number() over w as n, text=0 and op='put' as binary,
        first_value(namespace) over w as first_namespace, first_value(key) over w as first_key,
        first_value(revision) over w as first_revision,
        sum(190 + octet_length(key) + case text when 1 then 1.1 else 1.4 end * coalesce(size,0)) over w as total
      from (select namespace, key, revision, op, text, octet_length(value) as size from change
        where (namespace, key, revision)>(?1, ?2, ?3) and revision<=?4 and (namespace='_auth')=?5
        order by namespace, key, revision limit 4000)
      window w as (order by namespace, key, revision rows unbounded preceding))
    where total<=?6 or n=1`,
);

/** The change that is the document at ?upTo: nothing newer of its key at or below it, and a put. */
const IS_NEWEST = `c.op='put' and not exists (select 1 from change x where x.namespace=c.namespace and x.key=c.key
  and x.revision>c.revision and x.revision<=?UP)`;
/** The last time at or below ?UP that the key was not a document, or 0: where its present life began. */
const LIFE_START = `coalesce((select max(x.revision) from change x where x.namespace=c.namespace and x.key=c.key
  and x.op<>'put' and x.revision<=?UP),0)`;
/**
 * When the document was created and how many versions it has had, at ?UP. Usually the entry says so. Where the
 * key moved on since, the entry of the same life is counted back; where that life has ended, the changes are
 * counted, which is exact unless compaction has taken some of them.
 */
const CREATED = `case when e.revision=c.revision or e.created_revision<=c.revision then e.created_revision else
  (select min(x.revision) from change x where x.namespace=c.namespace and x.key=c.key and x.op='put' and x.revision>${LIFE_START}) end`;
const VERSION = `case when e.revision=c.revision then e.version when e.created_revision<=c.revision then e.version -
  (select count(*) from change x where x.namespace=c.namespace and x.key=c.key and x.op='put' and x.revision>?UP) else
  (select count(*) from change x where x.namespace=c.namespace and x.key=c.key and x.op='put' and x.revision>${LIFE_START} and x.revision<=?UP) end`;

/** Head of every statement over a page: the changes between two places, with their entries and ages. */
function agedChanges(columns: string): string {
  const text = `select c.namespace, c.key, c.revision, c.op, c.media_type, c.text, c.value,
      case when newest then ${CREATED} end as created, case when newest then ${VERSION} end as version
    from (select c.*, ${IS_NEWEST} as newest from change c
      where (c.namespace, c.key, c.revision)>=(?1, ?2, ?3) and (c.namespace, c.key, c.revision)<=(?4, ?5, ?6)
        and c.revision<=?7 and (c.namespace='_auth')=?8 order by c.namespace, c.key, c.revision limit -1) c
    left join entry e on e.namespace=c.namespace and e.key=c.key
    order by c.namespace, c.key, c.revision limit -1`;
  return `select ${columns} from (${text.replaceAll("?UP", "?7")}) c`;
}

const BASE_MEMBERS = "'namespace',c.namespace,'key',c.key,'revision',c.revision,'op',c.op";
const BASE_CHANGE_JSON = `case when c.op='delete' then json_object(${BASE_MEMBERS})
  when c.op='erase' then json_object(${BASE_MEMBERS},'mediaType',c.media_type)
  when c.text=0 then null
  when c.version is null then json_object(${BASE_MEMBERS},'mediaType',c.media_type,'text',cast(c.value as text))
  else json_object(${BASE_MEMBERS},'created',c.created,'version',c.version,'mediaType',c.media_type,'text',cast(c.value as text)) end`;

/** ?1 to ?3 first place, ?4 to ?6 last one, ?7 up to, ?8 whether those of `_auth`. Index: change's unique one, entry's. */
export const documentsTextSql = statement(
  lines,
  agedChanges(`cast(group_concat(${BASE_CHANGE_JSON}, char(10)) as blob)`),
);

/** The same, one by one. */
export const rawDocumentsSql = statement(
  { ...rawChange, created: orNull(entry.createdRevision), version: orNull(entry.version) },
  agedChanges(`c.revision, c.namespace, c.key, ${BASE_CHANGE_JSON}, c.media_type,
    case when c.op='put' and c.text=0 then c.value end, c.created, c.version`),
);

/** ?1 up to. */
export const namespaceSizesSql = statement(
  { namespace: usage.namespace, compacted: usage.compacted },
  `select u.namespace, u.compacted from usage u where u.compacted>0 or exists
        (select 1 from change c where c.namespace=u.namespace and c.revision<=?1) order by u.namespace`,
);

export const historyStartSql = statement(
  { revision: integerColumn },
  "select coalesce(max(compacted),0) from usage",
);

export const storeBytesSql = statement(
  { bytes: integerColumn },
  "select coalesce(sum(bytes + 200*keys),0) from usage",
);

/** ?1 bytes. Stops at the row that goes beyond them. */
export const historyLargerSql = statement(
  { larger: integerColumn },
  `select exists(select 1 from (select sum(190 + octet_length(key) + coalesce(octet_length(value),0))
      over (order by rowid rows unbounded preceding) as total from change) where total>?1)`,
);

const ancestry = {
  epoch: lineageTable.epoch,
  lineage: lineageTable.lineage,
  firstRevision: lineageTable.firstRevision,
  parent: lineageTable.parent,
  parentRevision: lineageTable.parentRevision,
};

export const ancestrySql = statement(
  ancestry,
  query.select(ancestry).from(lineageTable).orderBy(asc(lineageTable.epoch)),
);
