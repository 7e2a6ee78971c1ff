/**
 * The statements of compaction (compaction.ts). Index: change_by_revision finds what happened between two revisions, the
 * unique index of `change` what stood before it. A step costs what happened in it, however often a key was written before.
 */
import { integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { commits, store, usage } from "../tables.ts";

/** Namespaces of users with their mark, and their settings where they are still there. */
export const keptNamespacesSql = statement(
  { namespace: usage.namespace, compacted: usage.compacted, settings: orNull(textColumn) },
  `select u.namespace,u.compacted,cast(e.value as text) from usage u left join entry e on e.namespace='_system'
and e.key='namespace/'||u.namespace where substr(u.namespace,1,1)<>'_' order by u.namespace`,
);

/** ?1 the revision to go on from, ?2 the last one that may be looked at, ?3 how many. */
export const nextCommitsSql = statement(
  { revision: commits.revision, timeMs: commits.timeMs },
  "select revision,time_ms from commits where revision>?1 and revision<=?2 order by revision limit ?3",
);

/** ?1 the mark, ?2 namespaces. A mark only grows. */
export const raiseMarksSql = `update usage set compacted=?1
where compacted<?1 and namespace in (select value from json_each(?2))`;

const changedIn = `change n indexed by change_by_revision`;
const inStep = `n.revision>?1 and n.revision<=?2 and n.namespace in (select value from json_each(?3))`;

/**
 * ?1 and ?2 the step, ?3 namespaces, ?4 pins as [[namespace, revision], …]. Each change takes the one before it away, unless a
 * pin lies between the two: what was before that has gone by then, or is pinned itself.
 */
export const dropReplacedSql = `delete from change where rowid in (select p.rowid from ${changedIn} cross join change p
where ${inStep} and not exists (select 1 from json_each(?4) q where q.value->>0=n.namespace and q.value->>1>=p.revision
and q.value->>1<n.revision) and p.namespace=n.namespace and p.key=n.key and p.revision=
(select m.revision from change m where m.namespace=n.namespace and m.key=n.key and m.revision<n.revision order by m.revision desc limit 1))`;

/** The same. What ended a document has nothing to say once nothing is before it. */
export const dropEndsSql = `delete from change where rowid in (select n.rowid from ${changedIn}
where ${inStep} and n.op<>'put' and not exists
(select 1 from change m where m.namespace=n.namespace and m.key=n.key and m.revision<n.revision))`;

/** Not while a base or a replay reads the history at one revision over many ticks. */
export const mayCompactSql = statement(
  { may: integerColumn, head: store.revision },
  "select state='open' and not exists (select 1 from operation where name in ('base','replay')),revision from store",
);

export const marksSql = statement(
  { namespace: usage.namespace, compacted: usage.compacted },
  "select namespace,compacted from usage where compacted>0",
);
