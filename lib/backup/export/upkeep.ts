/**
 * What a tick does besides exporting: proving what is in the bucket, removing what nothing needs, finishing
 * purges. Promise: a proof that fails is a fault that status keeps until one passes, and after a damaged object the
 * next export begins with a base of its own, since nothing can rest on that chain.
 */

import { isDamage } from "../../bucket/bucket.ts";
import { sha256Hex } from "../../bucket/bytes.ts";
import { isOver } from "../../core/span.ts";
import { OBJECT_BYTES_MAX } from "../../snapshot/read.ts";
import { type Position, resetPosition } from "../../store/catalogue/catalogue.ts";
import { forgetDamage, listDamage, listDamagedPoints, recordDamage } from "../../store/catalogue/damage.ts";
import {
  doomSuperseded,
  isAsNew,
  listPoints,
  readDoomed,
  recordPointRemoval,
  type TargetLineage,
} from "../../store/catalogue/points.ts";
import {
  distrustProof,
  findReplay,
  type ProvenPoint,
  readProvenPoint,
  recordReplayFailed,
} from "../../store/catalogue/proof.ts";
import { hasUnwrittenPurge, listOpenPurges, recordPurgeDone } from "../../store/catalogue/purge.ts";
import { readPrunedMs, recordBackupError, recordPruned } from "../../store/catalogue/status.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import type { Finding } from "../histories/finding.ts";
import type { BackupPolicy } from "../policy.ts";
import { NotListed } from "../proof/found.ts";
import { isHistoryDue, tendHistory } from "../proof/history.ts";
import { FalseDigest, ProofMismatch, prove } from "../proof/prove.ts";
import {
  executePrune,
  markPlan,
  noteOrphans,
  type PruneContext,
  type PruneOutcome,
  planPrune,
} from "../prune/prune.ts";
import type { StepContext } from "./limits.ts";
import { nextStep } from "./step.ts";

/** What a person asked for. */
export interface UpkeepAsked {
  /** Reads the whole chain, though a shorter proof would do. */
  readonly replay?: boolean;
  /** Prunes now, though it is not time to. */
  readonly prune?: boolean;
}

export interface Upkeep {
  readonly position: Position | undefined;
  readonly policy: BackupPolicy;
  readonly asked: UpkeepAsked;
}

export interface Kept {
  readonly finding: Finding | undefined;
  /** Something is wrong that was noted and does not end the tick. */
  readonly failed: boolean;
  readonly pruned: Pick<PruneOutcome, "points" | "objects" | "bytes">;
}

const PRUNE_EVERY_MS = 3_600_000;
const RETRY_MISMATCH_MS = 3_600_000;
const NONE = { points: 0, objects: 0, bytes: 0 };

/** Whether there is anything to do for a tick that has nothing to export. Asks the bucket nothing. */
export function isUpkeepDue(context: StepContext, { position, policy, asked }: Upkeep): boolean {
  if (position === undefined) return false;
  return (
    asked.replay === true ||
    asked.prune === true ||
    isProofDue(context, position, policy) ||
    isPruneDue(context) ||
    isHistoryDue(context, policy) ||
    listOpenPurges(context.db).length > 0
  );
}

function isProofDue({ db, nowMs }: StepContext, position: Position, policy: BackupPolicy): boolean {
  if (findReplay(db) !== undefined) return true;
  const point = readProvenPoint(db);
  const retryMs = Math.min(RETRY_MISMATCH_MS, policy.proofIntervalMs);
  if (!isOver({ sinceMs: point.replayTriedMs, lengthMs: retryMs }, nowMs())) {
    // A replay that failed a moment ago would fail again; a continued proof may still be due.
    return point.provenManifest !== null && point.provenManifest !== position.manifest;
  }
  return point.provenManifest !== position.manifest || isReplayOld(point, policy, nowMs());
}

/** Whether it is time to read a whole chain again. */
function isReplayOld({ replayedMs }: ProvenPoint, { proofIntervalMs }: BackupPolicy, nowMs: number): boolean {
  return isOver({ sinceMs: replayedMs, lengthMs: proofIntervalMs }, nowMs);
}

function isPruneTime({ db, nowMs }: Pick<StepContext, "db" | "nowMs">): boolean {
  return isOver({ sinceMs: readPrunedMs(db), lengthMs: PRUNE_EVERY_MS }, nowMs());
}

function isPruneDue(context: StepContext): boolean {
  const { db, target, store } = context;
  if (!isPruneTime(context)) return false;
  return readDoomed(db, { target, lineage: store.lineage }).objects > 0;
}

/** Proves, finishes purges and prunes, as far as each is due. Throws BucketFault, LeaseLost. */
export async function keepUp(context: StepContext, upkeep: Upkeep): Promise<Kept> {
  const { position, policy } = upkeep;
  if (position === undefined) return { finding: undefined, failed: false, pruned: NONE };
  const failed = !(await proveIfDue(context, position, upkeep));
  const pruning: PruneContext = { ...context, policy };
  finishPurges(pruning);
  const outcome = await pruneIfDue(pruning, position, upkeep);
  if (outcome?.finding !== undefined) return { finding: outcome.finding, failed, pruned: NONE };
  if (!failed && mayScrub(context, position)) await tendHistory(context, policy);
  const { points, objects, bytes } = outcome ?? NONE;
  return { finding: undefined, failed, pruned: { points, objects, bytes } };
}

/** After everything else, and not while a purge has left in the bucket what the store no longer has. */
function mayScrub(context: StepContext, position: Position): boolean {
  const { db } = context;
  return (
    nextStep(context, position) === undefined && listOpenPurges(db).length === 0 && !hasUnwrittenPurge(db)
  );
}

/** False when a proof failed. Throws BucketFault when the bucket is silent or refuses. */
async function proveIfDue(
  context: StepContext,
  position: Position,
  { policy, asked }: Upkeep,
): Promise<boolean> {
  const { db, catalogue, nowMs } = context;
  const point = readProvenPoint(db);
  const replay = asked.replay === true || isReplayOld(point, policy, nowMs());
  if (asked.replay !== true && !isProofDue(context, position, policy)) return !hasFailed(context, position);
  try {
    // While there is more to export, the chain that a replay would read is about to become another one.
    const mayBegin = asked.replay === true || nextStep(context, position) === undefined;
    const proof = await prove(context, position, { replay, mayBegin });
    if (proof.state === "proven" && proof.how === "replay") await readDamagedAgain(context);
    return true;
  } catch (error) {
    if (!isDamage(error) && !(error instanceof NotListed)) throw error;
    recordBackupError(db, { nowMs: nowMs(), code: error.code, detail: error.detail });
    if (error instanceof NotListed) return false;
    distrustProof(catalogue);
    // A bucket that is whole and holds something else: a new base would not tell which of the two is wrong.
    if (error instanceof ProofMismatch) recordReplayFailed(catalogue, nowMs());
    else {
      recordDamage(catalogue, { object: error.object, atMs: nowMs() });
      resetPosition(catalogue);
      // It is no restore point, and a restore would stumble over it. One that is only missing, or that came back as
      // other bytes, may be what a stale read has shown, and stays.
      if (error instanceof FalseDigest) await dropPoint(context, error.object);
    }
    return false;
  }
}

/** A bucket may have shown something else for a moment, or was mended: what is as it was written is damaged no more. */
async function readDamagedAgain({ bucket, db, catalogue }: StepContext): Promise<void> {
  for (const { object, sha256 } of listDamage(db)) {
    const bytes = await bucket.get(object, OBJECT_BYTES_MAX);
    if (bytes !== undefined && (await sha256Hex(new Uint8Array(bytes))) === sha256)
      forgetDamage(catalogue, object);
  }
}

async function dropPoint(
  { bucket, db, catalogue, target, store, nowMs }: StepContext,
  manifest: string,
): Promise<void> {
  const points = listPoints(db, { target, lineage: store.lineage });
  const point = points.find((one) => one.manifest === manifest);
  if (point === undefined) return;
  recordPointRemoval(catalogue, { run: point.run, nowMs: nowMs() });
  await bucket.remove(manifest);
}

/** Whether the newest proof failed and none has passed since. */
function hasFailed({ db }: StepContext, position: Position): boolean {
  const { provenManifest, replayTriedMs, replayedMs } = readProvenPoint(db);
  // A replay that passes leaves both moments alike.
  return provenManifest !== position.manifest && replayTriedMs !== replayedMs && findReplay(db) === undefined;
}

/** A purge whose manifest was replayed: all that it replaced may go at once; done once nothing of it is left. */
function finishPurges({ db, catalogue, target, store, nowMs }: PruneContext): void {
  const place = { target, lineage: store.lineage };
  const { replayedManifest } = readProvenPoint(db);
  if (replayedManifest === null || hasUnwrittenPurge(db)) return;
  // What it replaced may be all that is left.
  if (isDamagedPoint(db, place, replayedManifest)) return;
  for (const { revision, firstRevision, manifest } of listOpenPurges(db)) {
    if (manifest === null || !isAsNew(db, { manifest: replayedManifest, as: manifest })) continue;
    const left = doomSuperseded(catalogue, place, { from: firstRevision, manifest });
    if (left === 0) recordPurgeDone(catalogue, { revision, nowMs: nowMs() });
  }
}

function isDamagedPoint(db: Db, place: TargetLineage, manifest: string): boolean {
  const damaged = listDamagedPoints(db, place);
  return listPoints(db, place).some((point) => point.manifest === manifest && damaged.has(point.run));
}

async function pruneIfDue(
  context: PruneContext,
  position: Position,
  { asked }: Upkeep,
): Promise<PruneOutcome | undefined> {
  const { db, catalogue, nowMs } = context;
  const open = listOpenPurges(db).length > 0;
  const due = asked.prune === true || open || isPruneTime(context);
  if (!due || !context.withinBudget()) return undefined;
  const plan = planPrune(context);
  if (plan.heldBy !== null) return undefined;
  markPlan(context, plan);
  const outcome = await executePrune(context, position);
  // Last, because it moves every name, and what it finds has its time of grace before it anyway.
  if (outcome.finding === undefined && (asked.prune === true || plan.doomed.length > 0))
    await noteOrphans(context);
  if (!outcome.more && outcome.finding === undefined) recordPruned(catalogue, nowMs());
  if (open) finishPurges(context);
  return outcome;
}
