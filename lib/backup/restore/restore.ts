/**
 * Restore: a snapshot's objects replayed into an empty store, either in one transaction or step by step, from
 * call to call and process to process. Promise: the result is the source's state and history at the revision or
 * a fault that names the object; until the last check has passed nobody can read or write the store; where the
 * snapshot carries a state digest, the replayed rows were compared with it.
 */

import type { RestoreReport } from "../../api/restore-answers.ts";
import type { RestoreAsked } from "../../api/restore-bodies.ts";
import { formatHex } from "../../core/hex.ts";
import { findRestoreRecord, saveRestoreRecord } from "../../store/restore/record.ts";
import type { RestoreProgress, RestoreRecord } from "../../store/restore/record-schema.ts";
import {
  abandonRestored,
  closeForRestore,
  insertLineages,
  isEmptyStore,
  type RestoredLineage,
} from "../../store/restore/rows.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import { meteredDb } from "../../store/sqlite/metered.ts";
import { inAsyncTransaction, inTransaction } from "../../store/sqlite/transaction.ts";
import type { FoundSnapshot } from "./find-snapshot.ts";
import { type FinishOptions, loadFinish } from "./finish.ts";
import { loadBase, loadPart, loadSegment } from "./steps.ts";
import {
  ancestryAt,
  openWork,
  planRestore,
  type RestoreSource,
  type RestoreStep,
  type RestoreWork,
} from "./work.ts";

export type { RestoreReport } from "../../api/restore-answers.ts";

/** How far a restore has come, for people. */
export interface RestoreNews {
  readonly phase: "replaying" | "checking";
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface RestoreOptions extends RestoreSource, FinishOptions {
  readonly db: Db;
  onProgress?(news: RestoreNews): void;
}

/** Replays the snapshot into the empty store behind `db`, in one transaction. Throws BucketFault, StoreFault. */
export async function restoreInto(options: RestoreOptions, found: FoundSnapshot): Promise<RestoreReport> {
  const { db } = options;
  // Commits come before their changes, but looking each one up costs more than foreign_key_check at the end.
  db.all("pragma foreign_keys=off");
  return inAsyncTransaction(db, async () => {
    if (!isEmptyStore(db)) throw new Error("a restore needs an empty store");
    const work = await openWork(db, options, await planRestore(options, found, {}));
    open(db, work.ancestry);
    for (const step of work.steps) {
      report(options, work, step);
      const apply = await loadStep(work, step, { ...options, goesOn: () => true });
      const ended = await apply?.();
      if (ended !== undefined) return ended;
    }
    throw new Error("a restore ends with its last step");
  });
}

/** The store is no longer empty, and not in the middle of a restore. */
export class StoreNotEmpty extends Error {}

/** Somebody else did this step meanwhile; ask again how far the restore is. */
export class StepTaken extends Error {}

/**
 * Begins a restore that goes on from call to call: the store is closed from here on. With `restart` an
 * unfinished one is given up first. Throws StoreNotEmpty, BucketFault, StoreFault.
 */
export async function beginRestore(
  options: RestoreOptions,
  found: FoundSnapshot,
  { asked, restart }: { asked: RestoreAsked; restart: boolean },
): Promise<RestoreProgress> {
  const { db, randomBytes } = options;
  const progress = await planRestore(options, found, asked);
  return inTransaction(db, () => {
    if (restart && findRestoreRecord(db)?.kind === "restoring")
      abandonRestored(db, formatHex(randomBytes(16)));
    if (!isEmptyStore(db)) throw new StoreNotEmpty("the store is not empty");
    open(db, ancestryAt(found.snapshot, found.revision));
    saveRestoreRecord(db, progress);
    return progress;
  });
}

/** A restore that goes on, or how it ended. */
export type RestoreState = Exclude<RestoreRecord, { kind: "looked" }>;

/** What one call may take. At least one step, or one page of a digest, is done. */
export interface RestoreBudget {
  readonly ms: number;
  /** Moved between the store and whoever restores, either way (lib/store/sqlite/metered.ts). */
  readonly bytes: number;
}

/**
 * Does the next steps of the restore that is going on in the store, each in a transaction of its own together
 * with its progress. Throws StepTaken when another caller is at work, BucketFault and StoreFault; then the
 * steps before stay done.
 */
export async function continueRestore(options: RestoreOptions, budget: RestoreBudget): Promise<RestoreState> {
  const { nowMs } = options;
  const record = findRestoreRecord(options.db);
  if (record?.kind !== "restoring") throw new StepTaken("there is no restore to go on with");
  const db = meteredDb(options.db);
  const work = await openWork(db, options, record);
  const untilMs = nowMs() + budget.ms;
  const goesOn = () => db.movedBytes() < budget.bytes && nowMs() < untilMs;
  for (;;) {
    const done = await doStep({ ...options, db, goesOn }, work);
    const { at } = work;
    if (done !== undefined) return { kind: "restored", asked: at.asked, report: done };
    if (!goesOn()) return at;
  }
}

type StepOptions = RestoreOptions & { goesOn(): boolean };

/** Does the step that is next, or as much of it as may be done now. The report after the last one. */
async function doStep(options: StepOptions, work: RestoreWork): Promise<RestoreReport | undefined> {
  const { db } = options;
  const before = work.at;
  const step = work.steps[before.step];
  if (step === undefined) throw new Error("a restore has no step after its last");
  report(options, work, step);
  const apply = await loadStep(work, step, { ...options, newRoot: options.newRoot ?? before.asked.token });
  return inAsyncTransaction(db, async () => {
    const now = findRestoreRecord(db);
    if (now?.kind !== "restoring" || now.step !== before.step || now.manifest !== before.manifest)
      throw new StepTaken("another caller has done this step");
    const ended = await apply?.();
    if (apply !== undefined) work.at = { ...work.at, step: before.step + 1 };
    const record: RestoreRecord =
      ended === undefined ? work.at : { kind: "restored", asked: before.asked, report: ended };
    saveRestoreRecord(db, record);
    return ended;
  });
}

/** Undefined when the step has to be gone on with later; `work.at` says where. */
async function loadStep(
  work: RestoreWork,
  step: RestoreStep,
  options: FinishOptions & { goesOn(): boolean },
): Promise<(() => Promise<RestoreReport | undefined>) | undefined> {
  if (step.kind === "finish") return loadFinish(work, options);
  const apply =
    step.kind === "part"
      ? await loadPart(work, step)
      : step.kind === "base"
        ? await loadBase(work, options.goesOn)
        : await loadSegment(work, step);
  if (apply === undefined) return undefined;
  return async () => {
    await apply();
    return undefined;
  };
}

function open(db: Db, lineages: readonly RestoredLineage[]): void {
  closeForRestore(db);
  insertLineages(db, lineages);
}

function report({ onProgress }: RestoreOptions, { at }: RestoreWork, { kind }: RestoreStep): void {
  const { doneBytes, totalBytes } = at;
  onProgress?.({ phase: kind === "finish" ? "checking" : "replaying", doneBytes, totalBytes });
}
