/** The statements of restore points and of what they need (points.ts says how). */
import { and, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import {
  integerColumn,
  orNull,
  param,
  query,
  sqlOf,
  statement,
  textColumn,
} from "../sqlite/statement-build.ts";
import { backupObject, backupRun } from "./tables.ts";

/** A run of ours whose manifest stands in the bucket, of the place ?1, ?2. */
const standingRun = and(
  eq(backupRun.target, param(1)),
  eq(backupRun.lineage, param(2)),
  eq(backupRun.state, "complete"),
  isNotNull(backupRun.manifest),
  isNull(backupRun.removedMs),
);

const point = {
  run: backupRun.run,
  manifest: sql<string>`${backupRun.manifest}`,
  revision: sql<number>`${backupRun.revision}`,
  baseRevision: backupRun.baseRevision,
  madeMs: sql<number>`coalesce(${backupRun.finishedMs}, ${backupRun.startedMs})`,
  doomedMs: backupRun.doomedMs,
};

/** ?1 target, ?2 lineage. Every point that was not removed, newest first. */
export const pointsSql = statement(
  point,
  query
    .select(point)
    .from(backupRun)
    .where(standingRun)
    .orderBy(desc(backupRun.revision), desc(backupRun.finishedMs)),
);

/** ?1 runs, ?2 and ?3 the moments between which one that was given up counts as started. */
export const runsSql = statement(
  { run: backupRun.run, state: sql<"started" | "complete" | "abandoned" | "removed">`` },
  `select run, case when removed_ms is not null then 'removed' when state='abandoned' and finished_ms>?2 and finished_ms<=?3 then 'started' else state end
     from backup_run where run in (select value from json_each(?1))`,
);

/** ?1 runs, ?2 now, ?3 the moment after which a mark is void. */
export const doomPointsSql =
  "update backup_run set doomed_ms=?2 where run in (select value from json_each(?1)) and (doomed_ms is null or doomed_ms>?3) and removed_ms is null";

/** ?1 runs. */
export const sparePointsSql =
  "update backup_run set doomed_ms=null where run in (select value from json_each(?1)) and doomed_ms is not null and removed_ms is null";

/** Points that stand in the bucket, `point` narrowing them down: the condition on a row `r` of backup_run. */
const standing = (point: string) =>
  `r.state='complete' and r.manifest is not null and r.removed_ms is null ${point}`;

/**
 * What stands before a statement that asks `unneeded` of the place ?1, ?2: which base is in the making, and from which
 * base up to which revision the points reach. One row a base, so that an object is compared with a handful of these and not with every point:
 * there are tens of thousands of both, and the store takes no commit meanwhile.
 */
const spans = (point: string) =>
  `with making as materialized (select value->>'lineage' as lineage, value->>'revision' as revision from operation
    where name='base'), span as materialized (select r.base_revision as base, max(r.revision) as top from backup_run r
    where r.target=?1 and r.lineage=?2 and ${standing(point)} group by r.base_revision) `;

/**
 * Objects that no point needs: the condition on a row `o` of backup_object, behind `spans` of the same points. An
 * orphan was never noted by the run that wrote it, so no manifest can name it.
 */
const unneeded = (point: string) =>
  `not case when o.kind='orphan' then 0 when o.kind like 'proof%' then exists (select 1 from backup_run r
      where r.target=o.target and r.lineage=o.lineage and r.revision=o.revision and ${standing(point)})
    when o.kind like 'base%' then exists (select 1 from span where coalesce(base,o.revision)=o.revision)
    else exists (select 1 from span where coalesce(base,0)<o.revision and top>=o.revision) end
  and not exists (select 1 from making b where o.kind like 'base%' and b.lineage=o.lineage and b.revision=o.revision)
  and not exists (select 1 from backup_run w where w.run=o.run and w.state='started')`;

const wanted = "and r.doomed_ms is null";
const own = "o.target=?1 and o.lineage=?2";

/** ?1 target, ?2 lineage, ?3 now, ?4 the moment after which a mark is void. */
export const doomObjectsSql = `${spans(wanted)} update backup_object as o set doomed_ms=?3 where ${own} and (o.doomed_ms is null or o.doomed_ms>?4) and ${unneeded(wanted)}`;

/** ?1 target, ?2 lineage. */
export const spareObjectsSql = `${spans(wanted)} update backup_object as o set doomed_ms=null where ${own} and o.doomed_ms>0 and o.kind<>'orphan'
        and not (${unneeded(wanted)})`;

/** ?1 target, ?2 lineage, ?3 from, ?4 manifest. */
export const doomSupersededPointsSql = `update backup_run set doomed_ms=1 where target=?1 and lineage=?2 and state='complete' and manifest is not null and removed_ms is null and revision>=?3
      and rowid<(select rowid from backup_run where manifest=?4)`;

const kept = "and r.doomed_ms is not 1";

/** The same. */
export const doomSupersededObjectsSql = `${spans(kept)} update backup_object as o set doomed_ms=1 where coalesce(o.doomed_ms,2)>1
      and ${own} and o.revision>=?3 and o.rowid<(select x.rowid from backup_object x
      join backup_run r on r.run=x.run where r.manifest=?4 order by x.rowid limit 1)
      and ${unneeded(kept)}`;

/** ?1 target, ?2 lineage. */
export const supersededSql = statement(
  { left: integerColumn },
  `select (select count(*) from backup_run where doomed_ms=1 and removed_ms is null and target=?1 and lineage=?2)
        + (select count(*) from backup_object where doomed_ms in (0,1) and target=?1 and lineage=?2)`,
);

/** ?1 a manifest, ?2 another. */
export const asNewSql = statement(
  { asNew: orNull(integerColumn) },
  "select (select rowid from backup_run where manifest=?1)>=(select rowid from backup_run where manifest=?2)",
);

/** ?1 run, ?2 now. */
export const removePointSql = sqlOf(
  query
    .update(backupRun)
    .set({ removedMs: param(2) })
    .where(eq(backupRun.run, param(1))),
);

/** ?1 target, ?2 lineage, ?3 the moment before which their time was over, ?4 how many at most. */
export const dueObjectsSql = statement(
  { name: backupObject.name, sizeBytes: backupObject.sizeBytes },
  `${spans("")} select o.name, o.size_bytes from backup_object o where ${own} and o.doomed_ms<=?3
         and (o.doomed_ms=0 or ${unneeded("")}) order by o.doomed_ms, o.revision limit ?4`,
);

/** ?1 target, ?2 lineage, ?3 name. */
export const removeObjectSql = statement(
  { name: backupObject.name },
  `${spans("")} update backup_object as o set doomed_ms=0 where ${own} and o.name=?3
        and o.doomed_ms is not null and (o.doomed_ms=0 or ${unneeded("")}) returning name`,
);

/** ?1 name. */
export const forgetObjectSql = sqlOf(
  query.delete(backupObject).where(and(eq(backupObject.name, param(1)), eq(backupObject.doomedMs, 0))),
);

/** ?1 the moment before which they ended. */
export const forgetRunsSql = `delete from backup_run where finished_ms<?1 and state<>'started' and (removed_ms<?1 or manifest is null)
        and not exists (select 1 from backup_object o where o.run=backup_run.run)`;

/** ?1 name, ?2 run, ?3 target, ?4 lineage, ?5 revision, ?6 now. */
export const addOrphanSql = `insert or ignore into backup_object (name, run, target, lineage, kind, revision, size_bytes, sha256, written_ms, doomed_ms)
         values (?1,?2,?3,?4,'orphan',?5,0,'',?6,?6)`;

/** ?1 target, ?2 lineage, ?3 manifests that are there, ?4 now. */
export const losePointsSql = `update backup_run set removed_ms=?4 where target=?1 and lineage=?2 and state='complete' and removed_ms is null
        and manifest not in (select value from json_each(?3))`;

/** ?1 names. */
export const unknownNamesSql = statement(
  { name: textColumn },
  "select value from json_each(?1) where not exists (select 1 from backup_object where name=value)",
);

const given = "and r.run not in (select value from json_each(?3))";

/** ?1 target, ?2 lineage, ?3 runs. */
export const unneededSql = statement(
  { objects: integerColumn, bytes: integerColumn },
  `${spans(given)} select count(*), coalesce(sum(o.size_bytes),0) from backup_object o where ${own}
      and ${unneeded(given)}`,
);

/** ?1 target, ?2 lineage. */
export const doomedSql = statement(
  { points: integerColumn, objects: integerColumn, bytes: integerColumn },
  `select (select count(*) from backup_run where target=?1 and lineage=?2 and doomed_ms is not null and removed_ms is null),
       count(*), coalesce(sum(size_bytes),0) from backup_object where target=?1 and lineage=?2 and doomed_ms is not null`,
);

/** ?1 lineage, ?2 revisions. */
export const pointProofsSql = statement(
  { revision: backupObject.revision, replay: integerColumn },
  `select revision, max(kind='proof-replay') from backup_object where lineage=?1
      and revision in (select value from json_each(?2)) and kind in ('proof-replay','proof-continued') group by revision`,
);
