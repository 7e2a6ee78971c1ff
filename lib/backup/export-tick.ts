/**
 * The tick: brings the bucket up to the store, within a budget. Promise: ticks may overlap, repeat, come late
 * or never, and may be cut between any two steps; an idle one asks the bucket nothing, and once an hour looks
 * around; its cost follows what changed.
 */
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
} from "../store/backup-catalogue.ts";
import { acquireLease, type Lease, LeaseLost, releaseLease } from "../store/backup-lease.ts";
import { clearBackupError, readLookedMs, recordBackupError, recordLook } from "../store/backup-status.ts";
import type { Db } from "../store/driver.ts";
import { type Bucket, BucketFault, listAll } from "./bucket.ts";
import { sha256Hex } from "./bytes.ts";
import { LIMITS, type Limits, nextStep, runStep, type StepContext } from "./export-step.ts";
import { type Finding, lookAround } from "./look.ts";

export interface Tick {
  readonly db: Db;
  readonly bucket: Bucket;
  /** A digest of endpoint, bucket and prefix: what the catalogue's position is about. */
  readonly target: string;
  nowMs(): number;
  randomBytes(length: number): Uint8Array;
  readonly budget?: { readonly bytes: number; readonly ms: number };
  readonly limits?: Limits;
}

/** The answer of a tick, as http.md shows it; or why nothing may be exported. */
export type TickOutcome =
  | {
      readonly state: "exported" | "nothing_new" | "skipped";
      readonly from: number | null;
      readonly to: number | null;
      readonly objects: number;
      readonly bytes: number;
      readonly manifest: string | null;
    }
  | { readonly state: "stopped"; readonly finding: Finding };

const BUDGET = { bytes: 268_435_456, ms: 20_000 };
const LEASE_MS = 120_000;
const LOOK_EVERY_MS = 3_600_000;
const MANIFEST_BYTES_MAX = 16_777_216;
const FOLDERS = ["segments", "bases", "auth"] as const;

/** Runs one tick. Throws BucketFault (noted in the status) and StoreFault. */
export async function runTick(tick: Tick): Promise<TickOutcome> {
  const store = readExportedStore(tick.db);
  // A restored store is its source until its first commit, and a store being restored is nobody yet.
  if (store.pending || store.state === "restoring") return nothing("nothing_new", store.revision);
  const startedMs = tick.nowMs();
  const lease = acquireLease(tick.db, { nowMs: startedMs, untilMs: startedMs + LEASE_MS });
  if (lease === undefined) return nothing("skipped", null);
  try {
    return await exportUnderLease(tick, store, lease);
  } catch (error) {
    if (error instanceof LeaseLost) return nothing("skipped", null);
    if (error instanceof BucketFault) {
      recordBackupError(tick.db, { nowMs: tick.nowMs(), code: error.code, detail: error.detail });
    }
    throw error;
  } finally {
    releaseLease(tick.db, lease);
  }
}

function nothing(state: "nothing_new" | "skipped", revision: number | null): TickOutcome {
  return { state, from: revision, to: revision, objects: 0, bytes: 0, manifest: null };
}

async function exportUnderLease(tick: Tick, store: ExportedStore, lease: Lease): Promise<TickOutcome> {
  const { db } = tick;
  let objects = 0;
  let bytes = 0;
  let rawBytes = 0;
  const startedMs = tick.nowMs();
  const budget = tick.budget ?? BUDGET;
  const context: StepContext = {
    db,
    bucket: tick.bucket,
    target: tick.target,
    store,
    lease,
    leaseMs: LEASE_MS,
    limits: tick.limits ?? LIMITS,
    nowMs: () => tick.nowMs(),
    randomBytes: (length) => tick.randomBytes(length),
    wrote: (size, raw) => {
      objects += 1;
      bytes += size;
      rawBytes += raw;
    },
    withinBudget: () => rawBytes < budget.bytes && tick.nowMs() - startedMs < budget.ms,
  };
  await followMovedBucket(tick, store, lease);
  await settleUnfinished(tick, lease);
  let position = ownPosition(tick, store);
  const due = tick.nowMs() - readLookedMs(db) >= LOOK_EVERY_MS;
  if (nextStep(context, position) === undefined && !due) return nothing("nothing_new", store.revision);
  const finding = await look(tick, store, lease, position, due);
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
  clearBackupError(db);
  if (objects === 0) return nothing("nothing_new", store.revision);
  return {
    state: "exported",
    from,
    to: position?.revision ?? null,
    objects,
    bytes,
    manifest: position?.manifest ?? null,
  };
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
  lease: Lease,
): Promise<void> {
  const position = findPosition(db);
  if (position === undefined || position.target === target || position.lineage !== store.lineage) return;
  const bytes = await bucket.get(position.manifest, MANIFEST_BYTES_MAX);
  if (bytes === undefined || (await sha256Hex(new Uint8Array(bytes))) !== position.manifestSha256) return;
  const held = new Set<string>();
  for (const folder of FOLDERS) {
    for (const name of await listAll(bucket, `${store.lineage}/${folder}/`)) held.add(name);
  }
  if (!listPositionNames(db, position).every((name) => held.has(name))) return;
  moveTarget(db, lease, { from: position.target, to: target });
}

/**
 * Runs whose exporter died. The bucket says by name whether the manifest got there: then the run is done and
 * only our note of it was lost; otherwise it is given up, and a manifest that still arrives late is true too.
 */
async function settleUnfinished({ db, bucket, target, nowMs }: Tick, lease: Lease): Promise<void> {
  for (const { run, manifest, manifestSha256, position, target: runTarget } of listUnfinishedRuns(db)) {
    if (manifest !== null && position !== null && runTarget === target) {
      const bytes = await bucket.get(manifest, MANIFEST_BYTES_MAX);
      if (bytes !== undefined && (await sha256Hex(new Uint8Array(bytes))) === manifestSha256) {
        completeRun(db, lease, { run, nowMs: nowMs(), position });
        continue;
      }
    }
    abandonRun(db, lease, { run, nowMs: nowMs() });
  }
}

/** Looks for others, notes what it found, and notices a bucket that has lost what it held. */
async function look(
  { db, bucket, target, nowMs }: Tick,
  store: ExportedStore,
  lease: Lease,
  position: Position | undefined,
  thorough: boolean,
): Promise<Finding | undefined> {
  const { finding, ownHead } = await lookAround({ db, bucket, lease, target, store, thorough });
  recordLook(db, lease, { nowMs: nowMs(), finding });
  if (finding !== undefined || position === undefined) return finding;
  if (ownHead !== undefined && ownHead === findHeadSha256(db, position.manifest)) return undefined;
  // The newest head is not there: it was cut off before it was written, or the bucket was emptied or put back.
  const manifest = await bucket.get(position.manifest, MANIFEST_BYTES_MAX);
  if (manifest === undefined) resetPosition(db, lease);
  return undefined;
}
