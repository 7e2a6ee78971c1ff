/**
 * The catalogue of what this store has written to its bucket: the position, the runs, the objects, and other
 * lineages as first seen. Promise: a run stands here before its first PUT, and what a
 * run intends stands here before it is done, so that after a crash the bucket can be read by name.
 */
import { ExportPosition } from "../../snapshot/schemas.ts";
import type { Db } from "../sqlite/driver.ts";
import { firstOf, onlyOf, rowsOf } from "../sqlite/statement.ts";
import {
  abandonedSql,
  abandonRunSql,
  basePartsSql,
  beginsAtZeroSql,
  completeRunSql,
  dropMadeBaseSql,
  endRunSql,
  exportedStoreSql,
  hasExportedSql,
  hashesSql,
  ignoreLineageSql,
  insertObjectSql,
  intendManifestSql,
  moveTargetSql,
  openRunSql,
  ownHeadSql,
  resetPositionSql,
  unfinishedRunsSql,
} from "./catalogue.sql.ts";
import type { Catalogue } from "./lease.ts";
import { addRow, dropRow, dropUnfinished, findRow, putRow } from "./operation.ts";
import { ERROR, type Pair, seenRow } from "./rows.ts";
import { POSITION } from "./snapshot-rows.ts";

/** How far the bucket is, and what the newest manifest of ours names. */
export type Position = Readonly<ExportPosition>;

export interface UnfinishedRun {
  readonly run: string;
  readonly target: string;
  readonly manifest: string | null;
  readonly manifestSha256: string | null;
  readonly position: Position | null;
}

/** The store's row, as an exporter needs it. */
export interface ExportedStore {
  readonly lineage: string;
  readonly epoch: number;
  readonly firstRevision: number;
  readonly revision: number;
  readonly state: string;
  /** The next commit opens another epoch. Until then nothing is exported, but what only this store has. */
  readonly pending: boolean;
  /** Pending, and nobody else writes under its lineage: it was adopted. */
  readonly adopted: boolean;
  /** The revision at which the store was sealed for a move. */
  readonly sealedRevision: number | null;
}

export function readExportedStore(db: Db): ExportedStore {
  const { pending, adopted, ...row } = onlyOf(db, exportedStoreSql);
  return { ...row, pending: pending === 1, adopted: adopted === row.lineage };
}

/** Whether the store still has its whole history, from revision 1 of epoch 0: then no base is needed to begin. */
export function beginsAtZero(db: Db): boolean {
  return firstOf(db, beginsAtZeroSql)?.begins === 1;
}

/** The position; undefined before the first manifest, and after `resetPosition`. */
export function findPosition(db: Db): Position | undefined {
  const position = findRow(db, POSITION);
  return position !== undefined && "manifest" in position ? position : undefined;
}

/** Forgets the position: the bucket no longer holds it, so the next run begins with a base. */
export function resetPosition(catalogue: Catalogue): void {
  catalogue.write((db) => {
    db.all(resetPositionSql);
    dropUnfinished(db);
  });
}

/** Names that have to be in a bucket for the position to hold: its objects, and the parts of its base. */
export function listPositionNames(db: Db, position: Position): string[] {
  const base = position.objects.find(({ kind }) => kind === "base");
  const parts = rowsOf(db, basePartsSql, [position.lineage, base?.revision ?? -1]);
  return [...position.objects, ...parts].map(({ name }) => name);
}

/** The bucket is the same at another address: everything noted about `from` is about `to` from now on. */
export function moveTarget(catalogue: Catalogue, { from, to }: { from: string; to: string }): void {
  catalogue.write((db) => {
    for (const sql of moveTargetSql) db.all(sql, [from, to]);
  });
}

export interface RunStart {
  readonly run: string;
  readonly target: string;
  readonly lineage: string;
  readonly nowMs: number;
}

/** Enters a run, before its first PUT. */
export function openRun(catalogue: Catalogue, { run, target, lineage, nowMs }: RunStart): void {
  catalogue.write((db) => db.all(openRunSql, [run, catalogue.generation, target, lineage, nowMs]));
}

export interface WrittenObject {
  readonly name: string;
  readonly kind: string;
  readonly revision: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Notes an object that was read back and matched, and keeps the lease until `untilMs`. */
export function recordObject(
  catalogue: Catalogue,
  start: RunStart,
  object: WrittenObject,
  untilMs: number,
): void {
  catalogue.write((db) => {
    insertObject(db, start, object);
    catalogue.renew(untilMs);
  });
}

/** The row of an object; the caller holds the lease. */
export function insertObject(db: Db, start: RunStart, object: WrittenObject): void {
  db.all(insertObjectSql, [
    object.name,
    start.run,
    start.target,
    start.lineage,
    object.kind,
    object.revision,
    object.sizeBytes,
    object.sha256,
    start.nowMs,
  ]);
}

/** Says which manifest and head the run is about to write, and what the position will then be. */
export function intendManifest(
  catalogue: Catalogue,
  run: string,
  { position, headSha256 }: { position: Position; headSha256: string },
): void {
  catalogue.write((db) =>
    db.all(intendManifestSql, [
      run,
      position.manifest,
      position.manifestSha256,
      JSON.stringify(position),
      headSha256,
    ]),
  );
}

/** The manifest is in the bucket: the run is complete, the position is the manifest's, its base is made. */
export function completeRun(
  catalogue: Catalogue,
  { run, nowMs, position }: { run: string; nowMs: number; position: Position },
): void {
  const base = position.objects.find(({ kind }) => kind === "base");
  catalogue.write((db) => {
    db.all(dropMadeBaseSql, [base?.revision ?? -1]);
    db.all(completeRunSql, [run, nowMs, position.revision, base?.revision ?? 0]);
    putRow(db, POSITION, position);
    dropRow(db, ERROR);
  });
}

/** A run that wrote parts of a base and no manifest is over; the parts stand in the base's progress. */
export function closeRun(catalogue: Catalogue, ended: RunEnd): void {
  catalogue.write((db) => endRun(db, ended));
}

export interface RunEnd {
  readonly run: string;
  readonly nowMs: number;
}

/** The run has written what it was for, and no manifest; the caller holds the lease. */
export function endRun(db: Db, { run, nowMs }: RunEnd): void {
  db.all(endRunSql, [run, nowMs]);
}

export function abandonRun(catalogue: Catalogue, { run, nowMs }: { run: string; nowMs: number }): void {
  catalogue.write((db) => db.all(abandonRunSql, [run, nowMs]));
}

/** Whether another exporter has given up a run. */
export function isAbandoned(db: Db, run: string): boolean {
  return firstOf(db, abandonedSql, [run]) !== undefined;
}

/** Runs that were neither completed nor abandoned: their exporter died. Index: backup_run_unfinished. */
export function listUnfinishedRuns(db: Db): UnfinishedRun[] {
  return rowsOf(db, unfinishedRunsSql).map(({ position, ...run }) => ({
    ...run,
    position: position === null ? null : ExportPosition.parse(JSON.parse(position)),
  }));
}

/** Whether a head with these bytes is one that a run of ours wrote or meant to. Index: backup_run_by_head. */
export function isOwnHead(db: Db, headSha256: string): boolean {
  return firstOf(db, ownHeadSql, [headSha256]) !== undefined;
}

/** The head that the run of a manifest wrote. */
export function findHeadSha256(db: Db, manifest: string): string | undefined {
  return firstOf(db, hashesSql, [manifest])?.headSha256 ?? undefined;
}

/** Whether this lineage has ever completed a run on the target. */
export function hasExported(db: Db, { target, lineage }: { target: string; lineage: string }): boolean {
  return firstOf(db, hasExportedSql, [target, lineage]) !== undefined;
}

/** Where another lineage's head stood when this one began to export. */
export function findSeen(db: Db, pair: Pair): { revision: number; tip: string } | undefined {
  return findRow(db, seenRow(pair));
}

export function recordSeen(catalogue: Catalogue, seen: Pair & { revision: number; tip: string }): void {
  const { revision, tip } = seen;
  catalogue.write((db) => addRow(db, seenRow(seen), { revision, tip, ignored: false }));
}

/** Whether a person has told this lineage to let another one be. */
export function isIgnored(db: Db, pair: Pair): boolean {
  return findRow(db, seenRow(pair))?.ignored === true;
}

/** Lets other lineages be from now on, whatever they do. */
export function ignoreLineages(
  db: Db,
  { target, lineage, others }: { target: string; lineage: string; others: readonly string[] },
): void {
  for (const other of others) {
    const row = seenRow({ target, lineage, other });
    db.all(ignoreLineageSql, [row.name, JSON.stringify({ revision: 0, tip: "", ignored: true })]);
  }
}
