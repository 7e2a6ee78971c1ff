/**
 * The statements of beacons: rows `beacon/<namespace>/<edge>` of `operation`. A namespace's lie together, in the order of edges, so no
 * index is needed. In the order of bytes "0" follows "/".
 */
import { operation } from "../catalogue/tables.ts";
import { integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";

/**
 * ?1 rows as [[name, beacon], …], ?2 now. An older word does not replace a newer one; one from the future says nothing about
 * which is newer.
 */
export const putBeaconsSql = `insert into operation (name,value) select j.value->>0,j.value->>1 from json_each(?1) j where true
on conflict (name) do update set value=excluded.value
where excluded.value->>'atMs'>=operation.value->>'atMs' or operation.value->>'atMs'>?2`;

export const nextTurnSql = `insert into operation (name,value) values ('fleet-turn','{"turn":1}')
on conflict (name) do update set value=json_object('turn',operation.value->>'turn'+1)`;

/** How often beacons have come. */
export const turnSql = statement(
  { turn: integerColumn },
  "select coalesce((select value->>'turn' from operation where name='fleet-turn'),0)",
);

const range =
  "b.name>='beacon/'||?1 and b.name<iif(?1='','beacon0','beacon/'||substr(?1,1,length(?1)-1)||'0')";
const known = `${range} and b.value->>'atMs'>?2`;

/** ?1 to all of these: "" for all, or a namespace and "/". ?2: what was not heard since is forgotten. */
export const countBeaconsSql = statement(
  { count: integerColumn },
  `select count(*) from operation b where ${range} and ?2 is not null`,
);

/** ?3 the name to go on behind, ?4 limit. */
export const beaconsSql = statement(
  { name: operation.name, value: operation.value },
  `select b.name,b.value from operation b where ${known} and b.name>?3 order by b.name limit ?4`,
);

/** ?3: who was not heard since is silent. Replicas that are alike, counted. */
export const standingsSql = statement(
  {
    namespace: textColumn,
    lineage: textColumn,
    revision: integerColumn,
    channel: orNull(textColumn),
    count: integerColumn,
    silent: integerColumn,
    refusing: integerColumn,
  },
  `select b.value->>'namespace',b.value->>'lineage',b.value->>'revision',b.value->>'channel',count(*),
sum(b.value->>'atMs'<=?3),sum(b.value->>'refusal' is not null) from operation b where ${known} group by 1,2,3,4`,
);

export const countEdgesSql = statement(
  { edges: integerColumn },
  `select count(distinct b.value->>'edge') from operation b where ${known}`,
);

/**
 * Edges of one channel, and what people say of them, as one JSON text: in a guest ten thousand rows cost more than their parsing.
 * ?3 channel.
 */
export const followersSql = statement(
  { followers: textColumn },
  `select json_group_array(json_object('beacon',json_object('edge',b.value->>'edge','atMs',b.value->>'atMs',
'lineage',b.value->>'lineage','revision',b.value->>'revision','errorRate',b.value->>'errorRate',
'refused',b.value->'refusal'->>'revision'),'edge',json(cast(e.value as text)))) from operation b
left join entry e on e.namespace='_system' and e.key='edge/'||(b.value->>'edge') where ${known} and b.value->>'channel'=?3`,
);

/** ?3 as in standingsSql, ?4 a revision, ?5 limit: who is heard and not there, or of another history. */
export const waitingSql = statement(
  { edge: textColumn, namespace: textColumn, revision: integerColumn, channel: orNull(textColumn) },
  `select b.value->>'edge',b.value->>'namespace',b.value->>'revision',b.value->>'channel' from operation b where ${known} and b.value->>'atMs'>?3
and (b.value->>'revision'<?4 or b.value->>'lineage' not in (select lineage from lineage)) order by b.name limit ?5`,
);

/**
 * ?1 and ?2 revisions, ?3 a namespace: how many commits between them changed it, and when the oldest of them was made. It looks at
 * 20,000 changes.
 */
export const lackedSql = statement(
  { commits: integerColumn, sinceMs: orNull(integerColumn) },
  `select t.commits,(select c.time_ms from commits c where c.revision=t.oldest) from
(select count(distinct x.revision) as commits,min(x.revision) as oldest from
(select i.revision,i.namespace from change i indexed by change_by_revision where i.revision>?1 and i.revision<=?2
order by i.revision limit 20000) x where x.namespace=?3) t`,
);

/** ?1: what was not heard since, and what claims to be from the future, by more than the same span: ?2. */
export const forgetSql = `delete from operation where name>='beacon/' and name<'beacon0'
and (value->>'atMs'<=?1 or value->>'atMs'>?2)`;
