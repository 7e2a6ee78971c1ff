/**
 * The tick: brings the bucket up to the store, proves it, and prunes it, within a budget. Promise: ticks may
 * overlap, repeat, come late or never, and may be cut between any two steps; an idle one asks the bucket nothing,
 * and once an hour looks around; its cost follows what changed.
 */

import type { BackupRun } from "../../api/backup-answers.ts";
import { type Bucket, BucketFault } from "../../bucket/bucket.ts";
import { sha256Hex } from "../../bucket/bytes.ts";
import { isLookDue } from "../../core/look-due.ts";
import { folderPrefix, manifestsPrefix } from "../../snapshot/names.ts";
import { MANIFEST_BYTES_MAX } from "../../snapshot/read.ts";
import {
  abandonRun,
  completeRun,
  type ExportedStore,
  findHeadSha256,
  findPosition,
  listPositionNames,
  listUnfinishedRuns,
  moveTarget,
  type Position,
  readExportedStore,
  resetPosition,
} from "../../store/catalogue/catalogue.ts";
import { stopStore } from "../../store/catalogue/epoch.ts";
import {
  acquireLease,
  type Catalogue,
  LEASE_MS,
  type Lease,
  LeaseLost,
  openCatalogue,
  readLease,
  releaseLease,
} from "../../store/catalogue/lease.ts";
import { recordLostPoints } from "../../store/catalogue/points.ts";
import {
  CUT_OFF,
  clearBackupError,
  readLookedMs,
  readProvenRevision,
  recordBackupError,
  recordLook,
  STORE_FULL,
} from "../../store/catalogue/status.ts";
import { type Db, faultKind, StoreFault } from "../../store/sqlite/driver.ts";
import { meteredDb } from "../../store/sqlite/metered.ts";
import { inTransaction } from "../../store/sqlite/transaction.ts";
import type { Finding } from "../histories/finding.ts";
import { lookAround } from "../histories/look.ts";
import { type BackupPolicy, DEFAULT_POLICY } from "../policy.ts";
import { LIMITS, type Limits, type StepContext } from "./limits.ts";
import { together } from "./report.ts";
import type { ExportKeys } from "./run.ts";
import { nextStep, runStep } from "./step.ts";
import { isUpkeepDue, keepUp, type UpkeepAsked } from "./upkeep.ts";

export interface Tick {
  readonly db: Db;
  readonly bucket: Bucket;
  /** A digest of endpoint, bucket and prefix: what the catalogue's position is about. */
  readonly target: string;
  nowMs(): number;
  randomBytes(length: number): Uint8Array;
  readonly budget?: Budget;
  readonly limits?: Limits;
  readonly policy?: BackupPolicy;
  readonly keys?: ExportKeys;
  /** What a person asked for besides: a replay now, pruning now. */
  readonly asked?: UpkeepAsked;
  /** Looks again before it rests: a commit that found this tick at work counts on being taken along. */
  readonly follow?: boolean;
}

/** What a tick may take before it leaves the rest to the next one; the step that it is in is finished. */
export interface Budget {
  /** Moved between the store and the exporter, either way: it bounds the guest's memory (lib/store/sqlite/metered.ts). */
  readonly bytes: number;
  readonly ms: number;
}

/** The report; or why nothing may be exported. */
export type TickOutcome = BackupRun | { readonly state: "stopped"; readonly finding: Finding };

export const BUDGET: Budget = { bytes: 134_217_728, ms: 20_000 };
const FOLDERS = ["segments", "bases", "auth"] as const;

/** A tick at work: its database counts, and all its rounds share one budget. */
interface Working extends Tick {
  withinBudget(): boolean;
}

/** Runs one tick. Throws BucketFault (noted in the status) and StoreFault. */
export async function runTick(tick: Tick): Promise<TickOutcome> {
  const db = meteredDb(tick.db);
  const budget = tick.budget ?? BUDGET;
  const untilMs = tick.nowMs() + budget.ms;
  const withinBudget = () => db.movedBytes() < budget.bytes && tick.nowMs() < untilMs;
  const working: Working = { ...tick, db, withinBudget };
  let before: BackupRun | undefined;
  for (;;) {
    const outcome = await runOnce(working);
    if (outcome.state === "stopped") return outcome;
    const report = before === undefined ? outcome : together(before, outcome);
    if (tick.follow !== true || outcome.state === "skipped") return report;
    // A commit that came after the last look of this tick found the lease taken, and counts on us.
    const store = readExportedStore(db);
    const caughtUp = isIdle(store) || (outcome.to ?? 0) >= store.revision;
    if (caughtUp || !withinBudget()) return report;
    before = report;
  }
}

async function runOnce(tick: Working): Promise<TickOutcome> {
  const store = readExportedStore(tick.db);
  if (isIdle(store)) return nothing(tick.db, "nothing_new", store.revision);
  const startedMs = tick.nowMs();
  const cutOff = readLease(tick.db, startedMs).leftMs !== undefined;
  const lease = acquireLease(tick.db, { nowMs: startedMs, untilMs: startedMs + LEASE_MS });
  if (lease === undefined) return nothing(tick.db, "skipped", null);
  let outcome: TickOutcome;
  try {
    outcome = await workUnderLease(tick, openCatalogue(tick.db, lease), { cutOff });
  } catch (error) {
    if (error instanceof LeaseLost) return nothing(tick.db, "skipped", null);
    endFailed(tick, lease, error);
    throw error;
  }
  releaseLease(tick.db, lease);
  return outcome;
}

/**
 * Notes the failure and gives the lease back: both or neither. A store that takes no note keeps the lease, and says so
 * once the time of that is over (`CUT_OFF`).
 */
function endFailed({ db, nowMs }: Tick, lease: Lease, error: unknown): void {
  try {
    inTransaction(db, () => {
      recordBackupError(db, { nowMs: nowMs(), ...failureOf(error) });
      releaseLease(db, lease);
    });
  } catch (fault) {
    if (!(fault instanceof StoreFault)) throw fault;
  }
}

function failureOf(error: unknown): { readonly code: string; readonly detail: string } {
  if (error instanceof BucketFault) return { code: error.code, detail: error.detail };
  if (!(error instanceof StoreFault))
    return { code: "internal", detail: "The exporter failed; its log says how." };
  switch (faultKind(error)) {
    case "full":
      return STORE_FULL;
    case "busy":
      return { code: "busy", detail: "Another writer held the store for too long." };
    default:
      return { code: "internal", detail: "The store refused a statement; the exporter's log says why." };
  }
}

/**
 * A restored store is its source until its first commit, and a store being restored is nobody yet. An adopted one has
 * what nobody else has, and that may be all there is of it for a long time.
 */
function isIdle(store: ExportedStore): boolean {
  return (store.pending && !store.adopted) || store.state === "restoring";
}

function nothing(db: Db, state: "nothing_new" | "skipped", revision: number | null): BackupRun {
  const pruned = { points: 0, objects: 0, bytes: 0 };
  const provenRevision = readProvenRevision(db);
  return {
    state,
    from: revision,
    to: revision,
    objects: 0,
    bytes: 0,
    manifest: null,
    more: false,
    provenRevision,
    pruned,
  };
}

async function workUnderLease(
  tick: Working,
  catalogue: Catalogue,
  { cutOff }: { cutOff: boolean },
): Promise<TickOutcome> {
  const { db, policy = DEFAULT_POLICY, asked = {} } = tick;
  // Read again: since the first look another tick may have exported, and the head may lie beyond it.
  const store = readExportedStore(db);
  let [objects, bytes] = [0, 0];
  const context: StepContext = {
    ...tick,
    catalogue,
    leaseMs: LEASE_MS,
    keys: tick.keys ?? {},
    store,
    limits: tick.limits ?? LIMITS,
    wrote(sizeBytes) {
      objects += 1;
      bytes += sizeBytes;
    },
  };
  await followMovedBucket(tick, store, catalogue);
  await settleUnfinished(tick, catalogue);
  let position = ownPosition(tick, store);
  const due = isLookDue([readLookedMs(db)], tick.nowMs());
  const idle = nextStep(context, position) === undefined;
  if (idle && !due && !isUpkeepDue(context, { position, policy, asked }))
    return nothing(db, "nothing_new", store.revision);
  // Before any work that may end this run in the same way.
  if (cutOff) recordBackupError(db, { nowMs: tick.nowMs(), ...CUT_OFF });
  const finding = await look(tick, store, catalogue, position, { thorough: due, shared: policy.shared });
  if (finding !== undefined) return { state: "stopped", finding };
  position = ownPosition(tick, store);
  const from = position?.revision ?? null;
  for (;;) {
    const step = nextStep(context, position);
    if (step === undefined || (objects > 0 && !context.withinBudget())) break;
    const reached = await runStep(context, step, position);
    if (reached === undefined) break;
    position = reached;
  }
  const written = { objects, bytes };
  const kept = await keepUp(context, { position, policy, asked });
  if (kept.finding !== undefined) {
    recordLook(catalogue, { nowMs: tick.nowMs(), finding: kept.finding });
    return { state: "stopped", finding: kept.finding };
  }
  if (!kept.failed) clearBackupError(db);
  const more = nextStep(context, ownPosition(tick, store)) !== undefined;
  const report = { ...nothing(db, "nothing_new", store.revision), more, pruned: kept.pruned };
  if (written.objects === 0) return report;
  const [to, manifest] = [position?.revision ?? null, position?.manifest ?? null];
  return { ...report, state: "exported", from, to, ...written, manifest };
}

/** The position, if it is about this bucket and this lineage. */
function ownPosition({ db, target }: Tick, store: ExportedStore): Position | undefined {
  const position = findPosition(db);
  return position?.target === target && position.lineage === store.lineage ? position : undefined;
}

/**
 * The settings name another bucket than the position is about. If that one holds our newest manifest with the
 * same bytes, and every object that it needs, then it is the same bucket at another address (the bundled one
 * on another port) or a whole copy: the export goes on. Otherwise it begins anew there.
 */
async function followMovedBucket(
  { db, bucket, target }: Tick,
  store: ExportedStore,
  catalogue: Catalogue,
): Promise<void> {
  const position = findPosition(db);
  if (position === undefined || position.target === target || position.lineage !== store.lineage) return;
  const bytes = await bucket.get(position.manifest, MANIFEST_BYTES_MAX);
  if (bytes === undefined || (await sha256Hex(new Uint8Array(bytes))) !== position.manifestSha256) return;
  const held = new Set<string>();
  for (const folder of FOLDERS) {
    for (const name of await bucket.list(folderPrefix(store.lineage, folder))) held.add(name);
  }
  if (!listPositionNames(db, position).every((name) => held.has(name))) return;
  moveTarget(catalogue, { from: position.target, to: target });
}

/**
 * Runs whose exporter died. The bucket says by name whether the manifest got there: then the run is done and
 * only our note of it was lost; otherwise it is given up, and a manifest that still arrives late is true too.
 */
async function settleUnfinished({ db, bucket, target, nowMs }: Tick, catalogue: Catalogue): Promise<void> {
  for (const { run, manifest, manifestSha256, position, target: runTarget } of listUnfinishedRuns(db)) {
    if (manifest !== null && position !== null && runTarget === target) {
      const bytes = await bucket.get(manifest, MANIFEST_BYTES_MAX);
      if (bytes !== undefined && (await sha256Hex(new Uint8Array(bytes))) === manifestSha256) {
        completeRun(catalogue, { run, nowMs: nowMs(), position });
        continue;
      }
      // Cut off in the middle: a name that nobody else can have, and that a restore would stumble over.
      if (bytes !== undefined) await bucket.remove(manifest);
    }
    abandonRun(catalogue, { run, nowMs: nowMs() });
  }
}

/** Looks for others, notes what it found, and notices a bucket that has lost what it held. */
async function look(
  { db, bucket, target, nowMs }: Tick,
  store: ExportedStore,
  catalogue: Catalogue,
  position: Position | undefined,
  { thorough, shared }: { thorough: boolean; shared: boolean },
): Promise<Finding | undefined> {
  const { finding, ownHead } = await lookAround({ db, bucket, catalogue, target, store, thorough, shared });
  recordLook(catalogue, { nowMs: nowMs(), finding });
  // Every further commit would give a number that the bucket has for other content.
  if (finding?.data.cause === "ahead") stopStore(db);
  if (finding !== undefined || position === undefined) return finding;
  if (ownHead !== undefined && ownHead === findHeadSha256(db, position.manifest)) return undefined;
  // The newest head is not there: it was cut off before it was written, or the bucket was emptied or put back.
  const manifest = await bucket.get(position.manifest, MANIFEST_BYTES_MAX);
  if (manifest === undefined) {
    const present = await bucket.list(manifestsPrefix(store.lineage));
    // One of the two looks was stale.
    if (present.includes(position.manifest)) return undefined;
    recordLostPoints(catalogue, { target, lineage: store.lineage }, { present, nowMs: nowMs() });
    resetPosition(catalogue);
  }
  return undefined;
}
