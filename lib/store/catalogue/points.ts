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
import { firstOf, onlyOf, rowsOf } from "../sqlite/statement.ts";
import { dropStaleDamageSql } from "./damage.sql.ts";
import type { Catalogue } from "./lease.ts";
import {
  addOrphanSql,
  asNewSql,
  doomedSql,
  doomObjectsSql,
  doomPointsSql,
  doomSupersededObjectsSql,
  doomSupersededPointsSql,
  dueObjectsSql,
  forgetObjectSql,
  forgetRunsSql,
  losePointsSql,
  pointProofsSql,
  pointsSql,
  removeObjectSql,
  removePointSql,
  runsSql,
  spareObjectsSql,
  sparePointsSql,
  supersededSql,
  unknownNamesSql,
  unneededSql,
} from "./points.sql.ts";

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
  return rowsOf(db, pointsSql, [target, lineage]);
}

export type RunState = "started" | "complete" | "abandoned" | "removed";

/**
 * What became of each of these runs that is ours. One given up after `afterMs` may still have a hand out: started; but
 * not one that a wrong clock says was given up after `voidAfterMs`.
 */
export function listRuns(
  db: Db,
  runs: readonly string[],
  { afterMs, voidAfterMs }: { readonly afterMs: number; readonly voidAfterMs: number },
): Map<string, RunState> {
  const found = rowsOf(db, runsSql, [JSON.stringify(runs), afterMs, voidAfterMs]);
  return new Map(found.map(({ run, state }) => [run, state]));
}

/** The moment that a mark bears. Marks that lie after `voidAfterMs` are a wrong clock's, and made anew. */
export interface Mark {
  readonly atMs: number;
  readonly voidAfterMs: number;
}

/** Marks the points that are no longer wanted, and unmarks those that are wanted again. */
export function doomPoints(
  catalogue: Catalogue,
  {
    doomed,
    spared,
    mark: { atMs, voidAfterMs },
  }: { doomed: readonly string[]; spared: readonly string[]; mark: Mark },
): void {
  catalogue.write((db) => {
    db.all(doomPointsSql, [JSON.stringify(doomed), atMs, voidAfterMs]);
    db.all(sparePointsSql, [JSON.stringify(spared)]);
  });
}

/** Marks the objects that no wanted point needs, and unmarks those that one needs again. */
export function doomObjects(
  catalogue: Catalogue,
  { target, lineage }: TargetLineage,
  { atMs, voidAfterMs }: Mark,
): void {
  catalogue.write((db) => {
    db.all(doomObjectsSql, [target, lineage, atMs, voidAfterMs]);
    db.all(spareObjectsSql, [target, lineage]);
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
    db.all(doomSupersededPointsSql, [target, lineage, from, manifest]);
    db.all(doomSupersededObjectsSql, [target, lineage, from, manifest]);
    return onlyOf(db, supersededSql, [target, lineage]).left;
  });
}

/** Whether a manifest of ours was begun with or after another. */
export function isAsNew(db: Db, { manifest, as }: { manifest: string; as: string }): boolean {
  return firstOf(db, asNewSql, [manifest, as])?.asNew === 1;
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
  catalogue.write((db) => {
    db.all(removePointSql, [run, nowMs]);
    db.all(dropStaleDamageSql);
  });
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
  return rowsOf(db, dueObjectsSql, [target, lineage, beforeMs, limit]);
}

/** Says that an object is being removed (0), once more only if it still may be. False: it is needed again. */
export function recordObjectRemoval(
  catalogue: Catalogue,
  { target, lineage }: TargetLineage,
  name: string,
): boolean {
  return catalogue.write((db) => firstOf(db, removeObjectSql, [target, lineage, name]) !== undefined);
}

/** The object is gone from the bucket. */
export function forgetObject(catalogue: Catalogue, name: string): void {
  catalogue.write((db) => {
    db.all(forgetObjectSql, [name]);
    db.all(dropStaleDamageSql);
  });
}

/** Forgets runs that ended before a moment and have left nothing in the bucket. Index: backup_object_by_run. */
export function forgetRuns(catalogue: Catalogue, beforeMs: number): void {
  catalogue.write((db) => db.all(forgetRunsSql, [beforeMs]));
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
      db.all(addOrphanSql, [name, run, target, lineage, revision, nowMs]);
    }
  });
}

/** The bucket lost some of our manifests: those that are not among the present ones are no restore points. */
export function recordLostPoints(
  catalogue: Catalogue,
  { target, lineage }: TargetLineage,
  { present, nowMs }: { present: readonly string[]; nowMs: number },
): void {
  catalogue.write((db) => {
    db.all(losePointsSql, [target, lineage, JSON.stringify(present), nowMs]);
    db.all(dropStaleDamageSql);
  });
}

/** Which of these names do not stand in the catalogue. */
export function listUnknownNames(db: Db, names: readonly string[]): Set<string> {
  const rows = rowsOf(db, unknownNamesSql, [JSON.stringify(names)]);
  return new Set(rows.map(({ name }) => name));
}

/** How many objects no point but these runs' needs, and how many bytes. */
export function readUnneeded(
  db: Db,
  { target, lineage }: TargetLineage,
  runs: readonly string[],
): { objects: number; bytes: number } {
  return onlyOf(db, unneededSql, [target, lineage, JSON.stringify(runs)]);
}

/** How many points and objects wait for their removal, and how many bytes. */
export function readDoomed(
  db: Db,
  { target, lineage }: TargetLineage,
): { points: number; objects: number; bytes: number } {
  return onlyOf(db, doomedSql, [target, lineage]);
}

/** The best proof of the restore points at each of these revisions; one look for all, since it reads every object. */
export function listPointProofs(
  db: Db,
  { lineage, revisions }: { lineage: string; revisions: readonly number[] },
): Map<number, "replay" | "continued"> {
  const rows = rowsOf(db, pointProofsSql, [lineage, JSON.stringify(revisions)]);
  return new Map(rows.map(({ revision, replay }) => [revision, replay === 1 ? "replay" : "continued"]));
}
