/**
 * Pruning: restore points that the retention no longer wants, and what only they needed. Promise: nothing goes
 * before its time of grace, nothing but behind a newer replayed proof, and nothing while anybody else's hand is
 * in the bucket. Each removal is journalled before it is done and its need judged again at that moment, so an
 * interrupted or repeated prune is harmless.
 */

import { DAY_MS } from "../../core/duration.ts";
import { keptPoints } from "../../core/retention.ts";
import {
  folderPrefix,
  manifestsPrefix,
  type NameParts,
  parseManifestName,
  parseObjectName,
} from "../../snapshot/names.ts";
import { readableManifest, readIndex, readManifest } from "../../snapshot/read.ts";
import { findSeen, type Position, recordSeen } from "../../store/catalogue/catalogue.ts";
import { listDamagedPoints } from "../../store/catalogue/damage.ts";
import {
  doomObjects,
  doomPoints,
  forgetObject,
  forgetRuns,
  listDueObjects,
  listDuePoints,
  listPoints,
  listRuns,
  listUnknownNames,
  type PointRow,
  readUnneeded,
  recordObjectRemoval,
  recordOrphans,
  recordPointRemoval,
} from "../../store/catalogue/points.ts";
import { readProvenPoint } from "../../store/catalogue/proof.ts";
import { findCommitId } from "../../store/documents/export-pages.ts";
import type { ExportContext } from "../export/run.ts";
import type { Finding } from "../histories/finding.ts";
import type { BackupPolicy } from "../policy.ts";

export interface PruneContext extends ExportContext {
  readonly policy: BackupPolicy;
}

export interface PlannedPrune {
  /** Restore points that stay. */
  readonly kept: readonly PointRow[];
  /** Restore points that go, each with the moment from which it may. */
  readonly doomed: readonly { readonly point: PointRow; readonly dueMs: number }[];
  /** Objects that only these need. */
  readonly objects: number;
  readonly bytes: number;
  /** Why nothing is removed though something may be; null when nothing stands in the way. */
  readonly heldBy: string | null;
}

export interface PruneOutcome {
  readonly points: number;
  readonly objects: number;
  readonly bytes: number;
  readonly finding: Finding | undefined;
  /** More is due than the time allowed. */
  readonly more: boolean;
}

/** Doomed by a purge: no grace, and no retention brings it back. */
const SUPERSEDED_MS = 1;
const STEP_OBJECTS = 50;
const NOTHING: PruneOutcome = { points: 0, objects: 0, bytes: 0, finding: undefined, more: false };

export type PlanContext = Pick<PruneContext, "db" | "target" | "store" | "policy" | "nowMs">;

/** Judges every restore point by the policy. Only reads, and asks the bucket nothing. */
export function planPrune({ db, target, store, policy, nowMs }: PlanContext): PlannedPrune {
  const place = { target, lineage: store.lineage };
  const now = nowMs();
  const points = listPoints(db, place).filter(({ doomedMs }) => doomedMs !== SUPERSEDED_MS);
  const damaged = listDamagedPoints(db, place);
  const sound = points.filter(({ run }) => !damaged.has(run));
  // Each hour, day and week keeps its newest point, and its newest one that is sound.
  const kept = new Set([points, sound].flatMap((some) => keptPoints(some, policy.retention, now)));
  const proof = readProvenPoint(db);
  const replayed = sound.find(({ manifest }) => manifest === proof.replayedManifest);
  for (const point of points) {
    // What is newer than the newest replay, and what proofs rest on, stays whatever its age.
    if (replayed === undefined || isAsNewAs(point, replayed) || point.manifest === proof.provenManifest)
      kept.add(point);
  }
  const gone = points.filter((point) => !kept.has(point));
  return {
    kept: [...kept],
    doomed: gone.map((point) => ({ point, dueMs: markedMs(point, policy, now) + policy.graceMs })),
    ...readUnneeded(
      db,
      place,
      gone.map(({ run }) => run),
    ),
    heldBy:
      replayed === undefined
        ? "no replayed proof of this store's backups is there yet, or what it read is damaged since"
        : null,
  };
}

/** By revision: a clock that was ahead must not make an old proof newer than what came after it. */
function isAsNewAs(point: PointRow, other: PointRow): boolean {
  return (
    point.revision > other.revision || (point.revision === other.revision && point.madeMs >= other.madeMs)
  );
}

/** Marks what the plan gives up, and unmarks what it wants again. */
export function markPlan(
  { catalogue, target, store, policy, nowMs }: PruneContext,
  plan: PlannedPrune,
): void {
  const mark = { atMs: nowMs(), voidAfterMs: nowMs() + policy.graceMs };
  doomPoints(catalogue, {
    doomed: plan.doomed.map(({ point }) => point.run),
    spared: plan.kept.map(({ run }) => run),
    mark,
  });
  doomObjects(catalogue, { target, lineage: store.lineage }, mark);
}

/** When a point was given up: now, where it never was or where a wrong clock says so. */
function markedMs({ doomedMs }: PointRow, { graceMs }: BackupPolicy, nowMs: number): number {
  return doomedMs === null || doomedMs > nowMs + graceMs ? nowMs : doomedMs;
}

/** Rows of runs that left nothing in the bucket; kept a while so that a late list means something. */
const FORGET_AFTER_MS = 30 * DAY_MS;

/** Removes what is due. The caller has looked around just now and found nobody. Throws BucketFault, LeaseLost. */
export async function executePrune(context: PruneContext, position: Position): Promise<PruneOutcome> {
  const { db, catalogue, target, store, policy, nowMs } = context;
  const place = { target, lineage: store.lineage };
  const beforeMs = Math.max(SUPERSEDED_MS, nowMs() - policy.graceMs);
  const points = listDuePoints(db, place, beforeMs);
  if (points.length === 0 && listDueObjects(db, place, beforeMs, 1).length === 0) return NOTHING;
  const finding = await findStrangers(context, beforeMs);
  if (finding !== undefined) return { ...NOTHING, finding };
  const needed = await readNeeded(context, position);
  let removedPoints = 0;
  for (const point of points) {
    if (!context.withinBudget()) return { ...NOTHING, points: removedPoints, more: true };
    if (point.manifest === position.manifest) continue;
    recordPointRemoval(catalogue, { run: point.run, nowMs: nowMs() });
    await remove(context, point.manifest);
    removedPoints += 1;
  }
  const objects = await removeObjects(context, needed, beforeMs);
  forgetRuns(catalogue, nowMs() - policy.graceMs - FORGET_AFTER_MS);
  return { ...objects, points: removedPoints, finding: undefined };
}

async function removeObjects(
  context: PruneContext,
  needed: ReadonlySet<string>,
  beforeMs: number,
): Promise<Pick<PruneOutcome, "objects" | "bytes" | "more">> {
  const { db, catalogue, target, store } = context;
  const place = { target, lineage: store.lineage };
  let [objects, bytes] = [0, 0];
  for (;;) {
    const due = listDueObjects(db, place, beforeMs, STEP_OBJECTS);
    if (due.length === 0) return { objects, bytes, more: false };
    for (const { name, sizeBytes } of due) {
      if (!context.withinBudget()) return { objects, bytes, more: true };
      // The rows said that nobody needs it; the newest manifest itself has the last word.
      if (needed.has(name))
        throw new Error(`the catalogue gives up ${name}, which the newest manifest names`);
      if (!recordObjectRemoval(catalogue, place, name)) continue;
      await remove(context, name);
      forgetObject(catalogue, name);
      objects += 1;
      bytes += sizeBytes;
    }
  }
}

async function remove({ bucket, catalogue, leaseMs, nowMs }: PruneContext, name: string): Promise<void> {
  catalogue.renew(nowMs() + leaseMs);
  await bucket.remove(name);
}

/** Every name that the newest manifest of ours needs, as the bucket has it now. */
async function readNeeded({ bucket, keys }: PruneContext, position: Position): Promise<Set<string>> {
  const read = await readManifest(bucket, position.manifest, position.manifestSha256, keys.reading);
  const index = await readIndex(bucket, read, keys.reading);
  return new Set([...read.manifest.objects, ...(index?.parts ?? [])].map(({ name }) => name));
}

/**
 * Reads which manifests stand in our folder. One of an unknown run whose tip is not a commit of ours was written
 * by another store of the same lineage. Also removes again what was to be gone already, and what a run that was
 * given up has written after all: what it names goes with it.
 */
async function findStrangers(context: PruneContext, beforeMs: number): Promise<Finding | undefined> {
  const { bucket, db, catalogue, store, target, policy, nowMs } = context;
  const parts: (NameParts & { readonly name: string })[] = [];
  for (const name of await bucket.list(manifestsPrefix(store.lineage))) {
    const parsed = parseManifestName(name);
    if (parsed !== undefined) parts.push({ ...parsed, name });
  }
  const runs = listRuns(
    db,
    parts.map(({ run }) => run),
    { afterMs: beforeMs, voidAfterMs: nowMs() + policy.graceMs },
  );
  for (const { name, run, revision } of parts) {
    const state = runs.get(run);
    if (state === "abandoned") recordPointRemoval(context.catalogue, { run, nowMs: context.nowMs() });
    if (state === "removed" || state === "abandoned") await remove(context, name);
    if (state !== undefined) continue;
    const known = { target, lineage: store.lineage, other: run };
    if (findSeen(db, known) !== undefined) continue;
    if (await isOurHistory(context, name, revision)) {
      // Written before a planned move, or before a damaged catalogue: read once, left alone, never deleted.
      recordSeen(catalogue, { ...known, revision, tip: findCommitId(db, revision) ?? "" });
      continue;
    }
    return {
      kind: "fork",
      detail: `another store wrote ${name} into the folder of lineage ${store.lineage}`,
      data: { cause: "same_lineage", lineages: [store.lineage] },
    };
  }
  return undefined;
}

async function isOurHistory({ bucket, db }: PruneContext, name: string, revision: number): Promise<boolean> {
  const read = await readableManifest(bucket, name);
  // Gone since the list, or no manifest: then it is nobody's word for anything.
  return read === undefined || read.manifest.tip === findCommitId(db, revision);
}

const FOLDERS = ["segments", "bases", "auth", "proofs"] as const;

/** Objects in our folder that a run of ours left behind without noting them: they go as all else does. */
export async function noteOrphans(context: PruneContext): Promise<number> {
  const { bucket, db, catalogue, target, store, policy, nowMs } = context;
  const found: { name: string; run: string; revision: number }[] = [];
  for (const folder of FOLDERS) {
    for (const name of await bucket.list(folderPrefix(store.lineage, folder))) {
      const parsed = parseObjectName(name);
      if (parsed !== undefined) found.push({ name, ...parsed });
    }
  }
  const unknown = listUnknownNames(
    db,
    found.map(({ name }) => name),
  );
  const strays = found.filter(({ name }) => unknown.has(name));
  const runs = listRuns(
    db,
    strays.map(({ run }) => run),
    { afterMs: nowMs() - policy.graceMs, voidAfterMs: nowMs() + policy.graceMs },
  );
  // A run that may still be at work, and a run that nobody here knows, are left alone.
  const orphans = strays.filter(({ run }) => {
    const state = runs.get(run);
    return state !== undefined && state !== "started";
  });
  if (orphans.length > 0) recordOrphans(catalogue, { target, lineage: store.lineage }, orphans, nowMs());
  return orphans.length;
}
