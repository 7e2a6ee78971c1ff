/**
 * Restore points and what they need: which manifests of ours stand in the bucket, which objects, and which of
 * both nothing needs any more. Promise: what a removal intends stands here before it is done, and every question
 * of need is answered by the rows as they are at that moment.
 *
 * A manifest needs the base at its `base_revision` and the segments above that, up to its own revision. More may
 * lie in that range than it names (segments that were merged since); those stay as long as it does. A run of
 * before these columns has no base_revision: it needs every base.
 */

import type { Db } from "../sqlite/driver.ts";
import type { Catalogue } from "./lease.ts";

export interface TargetLineage {
  readonly target: string;
  readonly lineage: string;
}

/** A manifest of ours that stands in the bucket. */
export interface PointRow {
  readonly run: string;
  readonly manifest: string;
  readonly revision: number;
  readonly baseRevision: number | null;
  readonly madeMs: number;
  readonly doomedMs: number | null;
}

/** Every restore point that was not removed, newest first. */
export function listPoints(db: Db, { target, lineage }: TargetLineage): PointRow[] {
  return db
    .all(
      `select run, manifest, revision, base_revision, coalesce(finished_ms, started_ms), doomed_ms from backup_run
       where target=?1 and lineage=?2 and state='complete' and manifest is not null and removed_ms is null
       order by revision desc, finished_ms desc`,
      [target, lineage],
    )
    .map((row) => ({
      run: String(row[0]),
      manifest: String(row[1]),
      revision: Number(row[2]),
      baseRevision: typeof row[3] === "number" ? row[3] : null,
      madeMs: Number(row[4]),
      doomedMs: typeof row[5] === "number" ? row[5] : null,
    }));
}

export type RunState = "started" | "complete" | "abandoned" | "removed";

/** What became of each of these runs that is ours. One given up after `beforeMs` may still have a hand out: started. */
export function listRuns(db: Db, runs: readonly string[], beforeMs: number): Map<string, RunState> {
  const found = db.all(
    `select run, case when removed_ms is not null then 'removed' when state='abandoned' and finished_ms>?2 then 'started' else state end
     from backup_run where run in (select value from json_each(?1))`,
    [JSON.stringify(runs), beforeMs],
  );
  const states = new Map<string, RunState>();
  for (const [run, state] of found) {
    if (state === "started" || state === "complete" || state === "abandoned" || state === "removed")
      states.set(String(run), state);
  }
  return states;
}

/** Marks the points that are no longer wanted, and unmarks those that are wanted again. */
export function doomPoints(
  catalogue: Catalogue,
  { doomed, spared, atMs }: { doomed: readonly string[]; spared: readonly string[]; atMs: number },
): void {
  catalogue.write((db) => {
    db.all(
      "update backup_run set doomed_ms=?2 where run in (select value from json_each(?1)) and doomed_ms is null and removed_ms is null",
      [JSON.stringify(doomed), atMs],
    );
    db.all(
      "update backup_run set doomed_ms=null where run in (select value from json_each(?1)) and doomed_ms is not null and removed_ms is null",
      [JSON.stringify(spared)],
    );
  });
}

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

/** Marks the objects that no wanted point needs, and unmarks those that one needs again. */
export function doomObjects(catalogue: Catalogue, { target, lineage }: TargetLineage, atMs: number): void {
  catalogue.write((db) => {
    const wanted = "and r.doomed_ms is null";
    const own = "o.target=?1 and o.lineage=?2";
    db.all(
      `${spans(wanted)} update backup_object as o set doomed_ms=?3 where ${own} and o.doomed_ms is null and ${unneeded(wanted)}`,
      [target, lineage, atMs],
    );
    db.all(
      `${spans(wanted)} update backup_object as o set doomed_ms=null where ${own} and o.doomed_ms>0 and o.kind<>'orphan'
        and not (${unneeded(wanted)})`,
      [target, lineage],
    );
  });
}

/**
 * What a purge replaced goes without grace: all points and objects from one revision up to that of the manifest,
 * but what it and those after it need. Gives how many objects and points of these are still there.
 */
export function doomSuperseded(
  catalogue: Catalogue,
  { target, lineage }: TargetLineage,
  { from, manifest }: { from: number; manifest: string },
): number {
  return catalogue.write((db) => {
    const older = `target=?1 and lineage=?2 and state='complete' and manifest is not null and removed_ms is null and revision>=?3
      and rowid<(select rowid from backup_run where manifest=?4)`;
    db.all(`update backup_run set doomed_ms=1 where ${older}`, [target, lineage, from, manifest]);
    const kept = "and r.doomed_ms is not 1";
    const old = `o.target=?1 and o.lineage=?2 and o.revision>=?3 and o.rowid<(select x.rowid from backup_object x
      join backup_run r on r.run=x.run where r.manifest=?4 order by x.rowid limit 1)
      and ${unneeded(kept)}`;
    db.all(
      `${spans(kept)} update backup_object as o set doomed_ms=1 where coalesce(o.doomed_ms,2)>1 and ${old}`,
      [target, lineage, from, manifest],
    );
    const [row] = db.all(
      `select (select count(*) from backup_run where doomed_ms=1 and removed_ms is null and target=?1 and lineage=?2)
        + (select count(*) from backup_object where doomed_ms in (0,1) and target=?1 and lineage=?2)`,
      [target, lineage],
    );
    return Number(row?.[0] ?? 0);
  });
}

/** Whether a manifest of ours was begun with or after another. */
export function isAsNew(db: Db, { manifest, as }: { manifest: string; as: string }): boolean {
  const [row] = db.all(
    "select (select rowid from backup_run where manifest=?1)>=(select rowid from backup_run where manifest=?2)",
    [manifest, as],
  );
  return row?.[0] === 1;
}

/** Points whose time is over, oldest first. */
export function listDuePoints(db: Db, { target, lineage }: TargetLineage, beforeMs: number): PointRow[] {
  return listPoints(db, { target, lineage })
    .filter(({ doomedMs }) => doomedMs !== null && doomedMs <= beforeMs)
    .reverse();
}

/** Says that a point is being removed, before it is: from now on nothing counts on it. */
export function recordPointRemoval(
  catalogue: Catalogue,
  { run, nowMs }: { run: string; nowMs: number },
): void {
  catalogue.write((db) => db.all("update backup_run set removed_ms=?2 where run=?1", [run, nowMs]));
}

export interface DueObject {
  readonly name: string;
  readonly sizeBytes: number;
}

/** Objects whose time is over and which no point that still stands needs, wanted or not; those begun before first. */
export function listDueObjects(
  db: Db,
  { target, lineage }: TargetLineage,
  beforeMs: number,
  limit: number,
): DueObject[] {
  return db
    .all(
      `${spans("")} select o.name, o.size_bytes from backup_object o where o.target=?1 and o.lineage=?2 and o.doomed_ms<=?3
         and (o.doomed_ms=0 or ${unneeded("")}) order by o.doomed_ms, o.revision limit ?4`,
      [target, lineage, beforeMs, limit],
    )
    .map(([name, size]) => ({ name: String(name), sizeBytes: Number(size) }));
}

/** Says that an object is being removed (0), once more only if it still may be. False: it is needed again. */
export function recordObjectRemoval(
  catalogue: Catalogue,
  { target, lineage }: TargetLineage,
  name: string,
): boolean {
  return catalogue.write((db) => {
    const rows = db.all(
      `${spans("")} update backup_object as o set doomed_ms=0 where o.target=?1 and o.lineage=?2 and o.name=?3
        and o.doomed_ms is not null and (o.doomed_ms=0 or ${unneeded("")}) returning 1`,
      [target, lineage, name],
    );
    return rows.length > 0;
  });
}

/** The object is gone from the bucket. */
export function forgetObject(catalogue: Catalogue, name: string): void {
  catalogue.write((db) => db.all("delete from backup_object where name=?1 and doomed_ms=0", [name]));
}

/** Forgets runs that ended before a moment and have left nothing in the bucket. Index: backup_object_by_run. */
export function forgetRuns(catalogue: Catalogue, beforeMs: number): void {
  catalogue.write((db) =>
    db.all(
      `delete from backup_run where finished_ms<?1 and state<>'started' and (removed_ms<?1 or manifest is null)
        and not exists (select 1 from backup_object o where o.run=backup_run.run)`,
      [beforeMs],
    ),
  );
}

/** Enters objects that a run of ours left behind without noting them. */
export function recordOrphans(
  catalogue: Catalogue,
  { target, lineage }: TargetLineage,
  orphans: readonly { readonly name: string; readonly run: string; readonly revision: number }[],
  nowMs: number,
): void {
  catalogue.write((db) => {
    for (const { name, run, revision } of orphans) {
      db.all(
        `insert or ignore into backup_object (name, run, target, lineage, kind, revision, size_bytes, sha256, written_ms, doomed_ms)
         values (?1,?2,?3,?4,'orphan',?5,0,'',?6,?6)`,
        [name, run, target, lineage, revision, nowMs],
      );
    }
  });
}

/** The bucket lost some of our manifests: those that are not among the present ones are no restore points. */
export function recordLostPoints(
  catalogue: Catalogue,
  { target, lineage }: TargetLineage,
  { present, nowMs }: { present: readonly string[]; nowMs: number },
): void {
  catalogue.write((db) =>
    db.all(
      `update backup_run set removed_ms=?4 where target=?1 and lineage=?2 and state='complete' and removed_ms is null
        and manifest not in (select value from json_each(?3))`,
      [target, lineage, JSON.stringify(present), nowMs],
    ),
  );
}

/** Which of these names do not stand in the catalogue. */
export function listUnknownNames(db: Db, names: readonly string[]): Set<string> {
  const rows = db.all(
    "select value from json_each(?1) where not exists (select 1 from backup_object where name=value)",
    [JSON.stringify(names)],
  );
  return new Set(rows.map(([name]) => String(name)));
}

/** How many objects no point but these runs' needs, and how many bytes. */
export function readUnneeded(
  db: Db,
  { target, lineage }: TargetLineage,
  runs: readonly string[],
): { objects: number; bytes: number } {
  const kept = "and r.run not in (select value from json_each(?3))";
  const [row] = db.all(
    `${spans(kept)} select count(*), coalesce(sum(o.size_bytes),0) from backup_object o where o.target=?1 and o.lineage=?2
      and ${unneeded(kept)}`,
    [target, lineage, JSON.stringify(runs)],
  );
  return { objects: Number(row?.[0]), bytes: Number(row?.[1]) };
}

/** How many points and objects wait for their removal, and how many bytes. */
export function readDoomed(
  db: Db,
  { target, lineage }: TargetLineage,
): { points: number; objects: number; bytes: number } {
  const [row] = db.all(
    `select (select count(*) from backup_run where target=?1 and lineage=?2 and doomed_ms is not null and removed_ms is null),
       count(*), coalesce(sum(size_bytes),0) from backup_object where target=?1 and lineage=?2 and doomed_ms is not null`,
    [target, lineage],
  );
  return { points: Number(row?.[0]), objects: Number(row?.[1]), bytes: Number(row?.[2]) };
}

/** The best proof of the restore points at each of these revisions; one look for all, since it reads every object. */
export function listPointProofs(
  db: Db,
  { lineage, revisions }: { lineage: string; revisions: readonly number[] },
): Map<number, "replay" | "continued"> {
  const rows = db.all(
    `select revision, max(kind='proof-replay') from backup_object where lineage=?1
      and revision in (select value from json_each(?2)) and kind in ('proof-replay','proof-continued') group by revision`,
    [lineage, JSON.stringify(revisions)],
  );
  return new Map(rows.map(([revision, replay]) => [Number(revision), replay === 1 ? "replay" : "continued"]));
}
