/** The statements that fill an edge's replica of one namespace, and move it. The tables are the store's. */
import { above } from "../documents/read-parts.ts";
import { blobColumn, integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { change, commits, entry, store, usage } from "../tables.ts";

/** How far the replica is, and in which history. */
export const replicaPlaceSql = statement(
  { lineage: store.lineage, epoch: store.epoch, revision: store.revision, state: store.state },
  "select lineage,epoch,revision,state from store",
);

/** ?1 lineage, ?2 epoch, ?3 first revision: whose history it is. */
export const setHistorySql = "update store set lineage=?1,epoch=?2,first_revision=?3 where id=1";
/** ?1 state, ?2 revision. */
export const reachSql = "update store set state=?1,revision=?2 where id=1";

/** ?1 revision, ?2 id, ?3 time, ?4 actor, ?5 author, ?6 message, ?7 how many changes are here. A snapshot knows the time alone. */
export const noteCommitSql = `insert into commits (revision,id,time_ms,actor,author,message,changes)
values (?1,?2,?3,?4,?5,?6,?7) on conflict do nothing`;

/** ?1 namespace, ?2 key, ?3 revision, ?4 op, ?5 media type, ?6 text, ?7 value. */
export const noteChangeSql = `insert into change (namespace,key,revision,op,media_type,text,value)
values (?1,?2,?3,?4,?5,?6,?7) on conflict do nothing`;

/** ?1 namespace, ?2 key, ?3 revision, ?4 created revision, ?5 version, ?6 media type, ?7 text, ?8 value. */
export const setEntrySql = `insert into entry (namespace,key,revision,created_revision,version,media_type,text,size,value)
values (?1,?2,?3,?4,?5,?6,?7,length(?8),?8) on conflict (namespace,key) do update set revision=excluded.revision,
created_revision=excluded.created_revision,version=excluded.version,media_type=excluded.media_type,text=excluded.text,
size=excluded.size,value=excluded.value`;

/** ?1 namespace, ?2 key. */
export const endEntrySql = "delete from entry where namespace=?1 and key=?2";

/** A purged key: every value that it ever had goes. ?1 namespace, ?2 key. */
export const blankSql =
  "update change set op='erase',value=null,text=0 where namespace=?1 and key=?2 and op='put'";

/** ?1 namespace, ?2 key. */
export const ageSql = statement(
  { revision: entry.revision, createdRevision: entry.createdRevision, version: entry.version },
  "select revision,created_revision,version from entry where namespace=?1 and key=?2",
);

/** ?1 namespace, ?2 what the keys begin with. In order. */
export const keysBelowSql = statement(
  { key: entry.key },
  `select key from entry where namespace=?1 and key>=?2 and key<${above("?2")} order by key`,
);

/** Counts what each namespace holds again; ?1 the mark that a namespace without one gets. */
export const countUsageSql = `insert into usage (namespace,keys,bytes,compacted)
select namespace,count(*),sum(size),?1 from entry group by namespace on conflict (namespace) do update set
keys=excluded.keys,bytes=excluded.bytes`;
export const emptyUsageSql =
  "update usage set keys=0,bytes=0 where namespace not in (select namespace from entry)";
/** ?1 namespace, ?2 the mark: nothing older can be read here. */
export const markReplicaSql = `insert into usage (namespace,keys,bytes,compacted) values (?1,0,0,?2)
on conflict (namespace) do nothing`;

/** ?1 namespace. */
export const heldSql = statement(
  { keys: usage.keys, bytes: usage.bytes },
  "select keys,bytes from usage where namespace=?1",
);

/** ?1 namespace, ?2 the key behind which to go on, ?3 how many. */
export const entriesSql = statement(
  { key: entry.key, revision: entry.revision, mediaType: entry.mediaType, value: entry.value },
  "select key,revision,media_type,value from entry where namespace=?1 and key>?2 order by key limit ?3",
);

/** ?1 namespace, ?2 key. */
export const entrySql = statement(
  {
    key: entry.key,
    revision: entry.revision,
    lineage: orNull(textColumn),
    mediaType: entry.mediaType,
    value: entry.value,
    timeMs: orNull(commits.timeMs),
  },
  `select e.key,e.revision,(select l.lineage from lineage l where l.first_revision<=e.revision order by l.first_revision desc
limit 1),e.media_type,e.value,c.time_ms from entry e left join commits c on c.revision=e.revision
where e.namespace=?1 and e.key=?2`,
);

/** The value alone, as text where it is text: a reader that wants it parsed needs no copy of its bytes. ? namespace, ? key. */
export const valueSql = statement(
  { mediaType: entry.mediaType, text: orNull(textColumn), bytes: orNull(blobColumn) },
  "select media_type,iif(text,cast(value as text),null),iif(text,null,value) from entry where namespace=? and key=?",
);

/**
 * The text of a document of plain JSON, as most are: one column, and null for any other one. ? namespace, ? key.
 */
export const jsonTextSql =
  "select iif(text and media_type='application/json',cast(value as text),null) from entry where namespace=? and key=?";

/** What was done to a namespace after a revision, for whoever lost it. ?1 namespace, ?2 the revision. */
export const changesAfterSql = statement(
  {
    revision: change.revision,
    key: change.key,
    op: change.op,
    mediaType: change.mediaType,
    value: change.value,
    timeMs: commits.timeMs,
    actor: commits.actor,
    message: commits.message,
    id: commits.id,
  },
  `select c.revision,c.key,c.op,c.media_type,c.value,m.time_ms,m.actor,m.message,m.id
from change c indexed by change_by_revision join commits m on m.revision=c.revision
where c.namespace=?1 and c.revision>?2 order by c.revision,c.key`,
);

/** ?1 namespace, ?2 key. */
export const newestChangeSql = statement(
  { revision: integerColumn },
  "select coalesce(max(revision),0) from change where namespace=?1 and key=?2",
);

/** What a feed can still tell of the past goes on to a mark. ?1 revision: replaced values up to it go. */
export const forgetReplacedSql = `delete from change where revision<=?1 and exists (select 1 from change n
where n.namespace=change.namespace and n.key=change.key and n.revision>change.revision and n.revision<=?1)`;
export const forgetEndsSql = "delete from change where revision<=?1 and op<>'put'";
export const raiseReplicaMarksSql = "update usage set compacted=max(compacted,?1)";
/** Commits that nothing points at any more. ?1 revision. */
export const forgetCommitsSql = `delete from commits where revision<=?1
and not exists (select 1 from change c where c.revision=commits.revision)`;
export const commitsKeptSql = statement(
  { kept: integerColumn, revision: orNull(commits.revision), compacted: integerColumn },
  `select count(*),(select revision from commits order by revision desc limit 1 offset ?1),
coalesce((select max(compacted) from usage),0) from commits`,
);

/** Of a channel: what was there of a key goes, whichever way its pointer moves. ?1 namespace, ?2 key. */
export const forgetKeySql = "delete from change where namespace=?1 and key=?2";
/** ?1 namespace, ?2 the mark: of a channel one state is here, and no other. */
export const setMarkSql = "update usage set compacted=?2 where namespace=?1";
export const forgetIdleCommitsSql =
  "delete from commits where not exists (select 1 from change c where c.revision=commits.revision)";
