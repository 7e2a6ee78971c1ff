/**
 * The statements of a commit, as constants. All run inside one transaction: `factsSql` first, then those that apply
 * what was judged. Operations travel as one JSON text [[op, namespace, key, media type, at, size, text], …], all
 * values as one blob that SQLite cuts, so that bytes never pass through JSON.
 */
import { eq } from "drizzle-orm";
import { anySchema, lineageOf, schemasOf } from "../documents/read-parts.ts";
import { durabilityColumns, durabilityText } from "../sqlite/durability-columns.ts";
import {
  integerColumn,
  orNull,
  param,
  query,
  sqlOf,
  statement,
  textColumn,
} from "../sqlite/statement-build.ts";
import { commits, entry, lineageTable, store } from "../tables.ts";

/** The value of operation `j` out of the body: empty is x'', never null. */
const bytesOf = (body: string) => `coalesce(substr(${body},j.value->>4+1,j.value->>5),x'')`;
const sameAs = (document: string, body: string) =>
  `(${document}.media_type=j.value->>3 and ${document}.text=j.value->>6 and ${document}.value=${bytesOf(body)})`;

/** The document, where it is so short that it may be empty (lib/core/empty.ts). */
const SHORT = "iif(e.text and e.size<65,cast(e.value as text),null)";
/**
 * The policies of a namespace as the text [[scope, document], …]. In the order of bytes "0" follows "/", so the two bounds hold
 * what begins with its name and "/".
 */
const policiesOf = (namespace: string) =>
  `(select json_group_array(json_array(substr(p.key,length(${namespace})+9),cast(p.value as text))) from entry p where p.namespace='_system'
and p.key>='policy/'||${namespace}||'/' and p.key<'policy/'||${namespace}||'0')`;

/**
 * ?1 accessor or null, ?2 actor, ?3 request id or null, ?4 operations, ?5 body.
 * `repeated` says whether the actor used the request id before; namespaces [[name, document, keys, bytes, policies], …],
 * operations [[revision, lineage, size, same, short, schemas], …], when the bucket was last looked at (rows.ts), and how this
 * connection writes (durability.ts).
 */
const storeColumns = {
  lineage: store.lineage,
  revision: store.revision,
  state: store.state,
  pendingLineage: store.pendingLineage,
  pendingEpoch: store.pendingEpoch,
  pendingFirst: store.pendingFirst,
  mode: orNull(textColumn),
  token: orNull(textColumn),
  repeated: integerColumn,
};
const storeText = `select s.lineage,s.revision,s.state,s.pending_lineage,s.pending_epoch,s.pending_first,
(select cast(m.value as text) from entry m where m.namespace='_system' and m.key='mode'),
(select cast(t.value as text) from entry t where t.namespace='_auth' and t.key='token/'||?1),
exists (select 1 from commits c where c.actor=?2 and c.request_id=?3)`;
const factsColumns = { ...storeColumns, namespaces: textColumn, ops: textColumn };
const factsText = `${storeText},
(select json_group_array(json_array(n.ns,cast(e.value as text),coalesce(u.keys,0),coalesce(u.bytes,0),
''||${policiesOf("n.ns")})) from (select distinct j.value->>1 as ns from json_each(?4) j) n left join usage u on u.namespace=n.ns
left join entry e on e.namespace='_system' and e.key='namespace/'||n.ns),
(select json_group_array(json_array(e.revision,${lineageOf("e.revision")},e.size,${sameAs("e", "?5")},${SHORT},
iif(j.value->>0='put' and ${anySchema},${schemasOf("(j.value->>1)", "(j.value->>2)")},null)))
from json_each(?4) j left join entry e on e.namespace=j.value->>1 and e.key=j.value->>2)`;

export const factsSql = statement(
  { ...factsColumns, looks: textColumn, ...durabilityColumns },
  `${factsText},(select json_group_array(o.value->>'atMs') from operation o where o.name in ('look','look-asked')),
${durabilityText} from store s`,
);

/** The same for a member of a group, whose connection was asked before it. */
export const memberFactsSql = statement(factsColumns, `${factsText} from store s`);

/**
 * The same where there is one operation, without JSON: ?4 its namespace, ?5 key, ?6 media type, ?7 text, ?8 value. What
 * stands there now, and the namespace.
 */
export const oneFactsSql = statement(
  {
    ...storeColumns,
    settings: orNull(textColumn),
    keys: integerColumn,
    bytes: integerColumn,
    documentRevision: orNull(entry.revision),
    documentLineage: orNull(textColumn),
    size: orNull(entry.size),
    same: orNull(integerColumn),
    policies: textColumn,
    short: orNull(textColumn),
    schemas: orNull(textColumn),
  },
  `${storeText},
(select cast(n.value as text) from entry n where n.namespace='_system' and n.key='namespace/'||?4),
coalesce(u.keys,0),coalesce(u.bytes,0),e.revision,${lineageOf("e.revision")},e.size,
e.media_type=?6 and e.text=?7 and e.value=?8,${policiesOf("?4")},${SHORT},${schemasOf("?4", "?5")}
from store s left join usage u on u.namespace=?4 left join entry e on e.namespace=?4 and e.key=?5`,
);

/**
 * A commit of the past against the operations that were sent with its request id. ?1 actor, ?2 request id,
 * ?3 operations, ?4 body. Operations [[changed in this way, revision after it, lineage, created by it, same as after it], …].
 */
export const saidSql = statement(
  {
    revision: commits.revision,
    lineage: textColumn,
    timeMs: commits.timeMs,
    author: commits.author,
    message: commits.message,
    meta: commits.meta,
    changes: commits.changes,
    rest: commits.rest,
    ops: textColumn,
  },
  `select c.revision,(select l.lineage from lineage l where l.first_revision<=c.revision
order by l.first_revision desc limit 1),c.time_ms,c.author,c.message,c.meta,c.changes,c.rest,
(select json_group_array(json_array(x.revision=c.revision and x.op=j.value->>0 and (x.op<>'put' or ${sameAs("x", "?4")}),
iif(x.op='put',x.revision,0),iif(x.op='put',${lineageOf("x.revision")},null),
x.op='put' and x.revision=c.revision and coalesce((select m.op from change m where m.namespace=x.namespace and m.key=x.key
and m.revision<x.revision order by m.revision desc limit 1),'delete')<>'put',x.op='put' and ${sameAs("x", "?4")}))
from json_each(?3) j left join change x on x.namespace=j.value->>1 and x.key=j.value->>2 and x.revision=
(select m.revision from change m where m.namespace=j.value->>1 and m.key=j.value->>2 and m.revision<=c.revision
order by m.revision desc limit 1))
from commits c where c.actor=?1 and c.request_id=?2`,
);

/**
 * What changes of reserved documents need besides. ?1 operations. `bootstrapped` says whether a token was ever made;
 * operations [[document, oldest kept value, history of its namespace, keys of its namespace, tokens that name
 * it, whether there are rules of it, whether the namespace of a schema is there], …]; `admins` are other tokens that
 * hold the word "admin".
 */
export const settingFactsSql = statement(
  { bootstrapped: integerColumn, ops: textColumn, admins: textColumn },
  `select exists (select 1 from change where namespace='_auth'),
(select json_group_array(json_array(iif(j.value->>1 in ('_system','_auth'),cast(e.value as text),null),
iif(j.value->>0='erase',(select min(c.revision) from change c where c.namespace=j.value->>1 and c.key=j.value->>2 and c.op='put'),null),
j.value->>2 glob 'namespace/*' and exists (select 1 from change c where c.namespace=substr(j.value->>2,11)),
coalesce((select u.keys from usage u where u.namespace=substr(j.value->>2,11)),0),
json(iif(j.value->>0='delete',(select json_group_array(cast(t.value as text)) from entry t where t.namespace='_auth'
and t.key glob 'token/*' and instr(t.value,cast('"'||substr(j.value->>2,11)||'"' as blob))),'[]')),
j.value->>0='delete' and exists (select 1 from (select 'schema/' as kind union all select 'policy/' union all select 'channel/' union all select 'rollout/') k
cross join entry r where r.namespace='_system'
and r.key>=k.kind||substr(j.value->>2,11)||'/' and r.key<k.kind||substr(j.value->>2,11)||'0'),
j.value->>2 not glob 'schema/*' or exists (select 1 from entry n where n.namespace='_system'
and n.key='namespace/'||substr(j.value->>2,8,instr(substr(j.value->>2,8),'/')-1))))
from json_each(?1) j left join entry e on e.namespace=j.value->>1 and e.key=j.value->>2),
(select json_group_array(cast(t.value as text)) from entry t where t.namespace='_auth' and t.key glob 'token/*'
and instr(t.value,cast('"admin"' as blob)) and exists (select 1 from json_each(?1) j where j.value->>1='_auth')
and t.key not in (select j.value->>2 from json_each(?1) j where j.value->>1='_auth'))`,
);

/** Whether a namespace has changed behind a revision. ?1 namespace, ?2 the revision. By the index of revisions. */
export const movedSql = statement(
  { moved: integerColumn },
  "select exists (select 1 from change c where c.revision>?2 and c.namespace=?1)",
);

/**
 * The state that a plan is about. ?1 operations. `bases` are the revisions that stand at their keys, 0 for none; `rules`
 * is the newest change of a schema or a policy of their namespaces, 0 without any, and `made` when the newest of these was made.
 * In the order of bytes "0" follows "/", so the two bounds hold what begins with kind, namespace and "/".
 */
export const planStateSql = statement(
  { bases: textColumn, rules: integerColumn, made: integerColumn },
  `select (select json_group_array(coalesce(e.revision,0)) from json_each(?1) j
left join entry e on e.namespace=j.value->>1 and e.key=j.value->>2),
coalesce((select max(c.revision) from (select distinct j.value->>1 as ns from json_each(?1) j) n
cross join (select 'schema/' as kind union all select 'policy/') k cross join change c
where c.namespace='_system' and c.key>=k.kind||n.ns||'/' and c.key<k.kind||n.ns||'0'),0),
coalesce((select max(e.created_revision) from json_each(?1) j cross join entry e
where e.namespace='_system' and e.key='namespace/'||(j.value->>1)),0)`,
);

/** ?1 an accessor. */
export const approverSql = statement(
  { json: textColumn },
  "select cast(value as text) from entry where namespace='_auth' and key='token/'||?1",
);

/** ?1 epoch, ?2 lineage, ?3 first revision, ?4 its parent's lineage, ?5 where that was left. */
export const insertLineageSql = sqlOf(
  query.insert(lineageTable).values({
    epoch: param(1),
    lineage: param(2),
    firstRevision: param(3),
    parent: param(4),
    parentRevision: param(5),
  }),
);

export const openEpochSql = `update store set epoch=pending_epoch,lineage=pending_lineage,first_revision=pending_first,
pending_epoch=null,pending_lineage=null,pending_first=null where id=1`;

/** The commit's id is random: it proves, where revisions only order. */
export const insertCommitSql = `insert into commits
(revision,id,time_ms,actor,author,request_id,message,meta,trace,changes,rest)
values (?1,lower(hex(randomblob(8))),?2,?3,?4,?5,?6,?7,?8,?9,?10)`;

/** ?1 the altering operations, ?2 the revision, ?3 the body. */
export const insertChangesSql = `insert into change (namespace,key,revision,op,media_type,text,value)
select j.value->>1,j.value->>2,?2,j.value->>0,j.value->>3,j.value->>6,iif(j.value->>0='put',${bytesOf("?3")},null)
from json_each(?1) j`;

/** The same of one operation, without JSON: ?1 namespace, ?2 key, ?3 revision, ?4 op, ?5 media type, ?6 text, ?7 value. */
export const insertChangeSql =
  "insert into change (namespace,key,revision,op,media_type,text,value) values (?1,?2,?3,?4,?5,?6,?7)";

/** ?1 the revision. The puts become the current documents. */
export const putEntriesSql = `insert into entry
(namespace,key,revision,created_revision,version,media_type,text,size,value)
select c.namespace,c.key,c.revision,c.revision,1,c.media_type,c.text,length(c.value),c.value from change c
where c.revision=?1 and c.op='put' on conflict (namespace,key) do update set revision=excluded.revision,
version=entry.version+1,media_type=excluded.media_type,text=excluded.text,size=excluded.size,value=excluded.value`;

/** ?1 the revision. */
export const endEntriesSql = `delete from entry where rowid in (select e.rowid from change c join entry e
on e.namespace=c.namespace and e.key=c.key where c.revision=?1 and c.op<>'put')`;

/** ?1 the revision. Every value that an erased key ever had goes. */
export const eraseValuesSql = `update change set op='erase',value=null,text=0 where rowid in
(select p.rowid from change c join change p on p.namespace=c.namespace and p.key=c.key and p.op='put'
where c.revision=?1 and c.op='erase')`;

/** ?1 [[namespace, keys, bytes], …]: what each holds from now on. */
export const putUsageSql = `insert into usage (namespace,keys,bytes) select j.value->>0,j.value->>1,j.value->>2
from json_each(?1) j where true on conflict (namespace) do update set keys=excluded.keys,bytes=excluded.bytes`;

export const moveHeadSql = sqlOf(
  query
    .update(store)
    .set({ revision: param(1) })
    .where(eq(store.id, 1)),
);
