/**
 * The part of a restore that waits for the bucket: a preview, some steps, or a tick's look. A call does as much
 * as a request may take and says how far it came; whoever asked asks again.
 */

import type { RestoreAnswer, RestorePreview } from "../../lib/api/restore-answers.ts";
import type { RestoreAsked } from "../../lib/api/restore-bodies.ts";
import { holdsSnapshots } from "../../lib/backup/histories/branches.ts";
import { stopIfWentBack } from "../../lib/backup/histories/went-back.ts";
import { type FoundSnapshot, withSound } from "../../lib/backup/restore/find-snapshot.ts";
import { previewRestore } from "../../lib/backup/restore/preview.ts";
import {
  beginRestore,
  continueRestore,
  type RestoreBudget,
  type RestoreOptions,
  type RestoreState,
  StepTaken,
  StoreNotEmpty,
} from "../../lib/backup/restore/restore.ts";
import { type Bucket, BucketFault, damaged, isDamage } from "../../lib/bucket/bucket.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { parseTime } from "../../lib/core/time.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import { type Answer, isRefusal } from "../../lib/http/result.ts";
import type { World } from "../../lib/http/world.ts";
import type { Reading } from "../../lib/snapshot/read.ts";
import { recordBackupError } from "../../lib/store/catalogue/status.ts";
import { findRestoreRecord, saveRestoreRecord } from "../../lib/store/restore/record.ts";
import type { RestoreRecord } from "../../lib/store/restore/record-schema.ts";
import { isAsRestored, isEmptyStore } from "../../lib/store/restore/rows.ts";
import type { Exporting } from "./with-bucket.ts";

/** Where a restore happens, from which bucket, and how that is read. */
export interface RestorePlace {
  readonly world: World;
  readonly bucket: Bucket;
  readonly reading: Reading;
}

/** What one call may take, beyond the step it is in. */
const BUDGET: RestoreBudget = { ms: 20_000, bytes: 67_108_864 };

export function previewNow(
  exporting: Exporting,
  wanted: Omit<RestoreAsked, "token">,
): Promise<Answer<RestorePreview>> {
  return explained(exporting, async (place) => {
    const { db } = place.world;
    if (isEmptyStore(db)) await look(place);
    const preview = await withSound(place, wantedOf(wanted), (found) => previewRestore(place, found, db));
    return preview.ok ? jsonReply(200, preview.value) : preview;
  });
}

/**
 * Looks for those who cannot ask: of an empty store whether the bucket holds backups, which is noted; of any other
 * whether the bucket knows more of its history, which stops it.
 */
export function lookNow(exporting: Exporting): Promise<Answer> {
  return explained(exporting, async (place) => {
    const { world, bucket } = place;
    if (isEmptyStore(world.db)) await look(place);
    else if (await stopIfWentBack(world.db, bucket, world.nowMs))
      world.log("backup.stopped", { kind: "fork", detail: "the store went back" });
    return { status: 204, headers: [], body: "" };
  });
}

export function restoreNow(
  exporting: Exporting,
  wanted: { asked: RestoreAsked; restart: boolean },
): Promise<Answer<RestoreAnswer>> {
  return explained(exporting, (place) => restore(place, wanted));
}

/** A tick: what lies in the bucket, and the next steps where the store restores itself. */
export function tendNow(exporting: Exporting, { restores }: { restores: boolean }): Promise<Answer> {
  const recorded = ({ code, detail }: Refusal) => {
    const { db, nowMs } = exporting.world;
    recordBackupError(db, { nowMs: nowMs(), code, detail });
  };
  return explained(exporting, (place) => tend(place, restores), recorded);
}

/** The answer of work, and of what went wrong with the bucket or beside it. Throws StoreFault. */
async function explained<Body>(
  { world, bucket, settings }: Exporting,
  work: (place: RestorePlace) => Promise<Answer<Body>>,
  failed: (refusal: Refusal) => void = () => {},
): Promise<Answer<Body>> {
  try {
    return await work({ world, bucket, reading: settings.keys.reading });
  } catch (error) {
    if (error instanceof StepTaken) return refuse("busy", "Another caller is at this restore. Ask again.");
    if (error instanceof StoreNotEmpty) return notEmpty();
    if (!(error instanceof BucketFault)) throw error;
    const { code, object, detail } = error;
    world.log("restore.failed", { code, object, detail });
    const refusal = refuse(code, detail);
    failed(refusal);
    return refusal;
  }
}

async function restore(
  place: RestorePlace,
  { asked, restart }: { asked: RestoreAsked; restart: boolean },
): Promise<Answer<RestoreAnswer>> {
  const { db } = place.world;
  const record = findRestoreRecord(db);
  const same = record !== undefined && record.kind !== "looked" && isSame(record.asked, asked);
  // The answer that said so may have been lost.
  if (record?.kind === "restored" && same && isAsRestored(db, record.report.revision))
    return jsonReply(200, answerOf(record));
  if (record?.kind === "restoring" && !restart) {
    if (same || isSame({}, asked)) return jsonReply(200, answerOf(await goOn(place)));
    return refuse(
      "not_empty",
      `A restore to revision ${record.revision} is going on. Go on with it with an empty body, or say "restart": true.`,
    );
  }
  if (record?.kind !== "restoring" && !isEmptyStore(db)) return notEmpty();
  return begin(place, { asked, restart });
}

async function begin(
  place: RestorePlace,
  { asked, restart }: { asked: RestoreAsked; restart: boolean },
): Promise<Answer<RestoreAnswer>> {
  const { world } = place;
  const began = await withSound(place, wantedOf(asked), async (found) => {
    await beginRestore(optionsOf(place), found, { asked, restart });
    const { manifest } = found.snapshot;
    world.log("restore.began", { lineage: manifest.lineage, revision: found.revision });
  });
  return began.ok ? jsonReply(200, answerOf(await goOn(place))) : began;
}

async function goOn(place: RestorePlace): Promise<RestoreState> {
  const { world } = place;
  const record = await continueRestore(optionsOf(place), BUDGET).catch((error: unknown) =>
    goOnWithout(place, error),
  );
  if (record.kind === "restored") {
    const { lineage, revision, check, revocationsApplied } = record.report;
    world.log("restore.completed", { lineage, revision, check, revocationsApplied });
  }
  return record;
}

/** Begins again with another snapshot of the revision, if an object was damaged. The next call goes on with it. */
async function goOnWithout(place: RestorePlace, error: unknown): Promise<RestoreState> {
  const { db } = place.world;
  const record = findRestoreRecord(db);
  if (!isDamage(error) || record?.kind !== "restoring") throw error;
  const { asked, damaged: known = [] } = record;
  if (known.includes(error.object)) throw error;
  const damage = [...known.map((name) => damaged(name, "it is damaged")), error];
  const begin = (found: FoundSnapshot) => beginRestore(optionsOf(place), found, { asked, restart: true });
  const begun = await withSound(place, wantedOf(asked), begin, damage);
  if (!begun.ok) throw error;
  place.world.log("restore.began_again", { object: error.object, manifest: begun.value.manifest });
  return begun.value;
}

async function tend(place: RestorePlace, restores: boolean): Promise<Answer> {
  const { world } = place;
  if (findRestoreRecord(world.db)?.kind === "restoring") {
    await goOn(place);
    return DONE;
  }
  const holds = await look(place);
  if (!holds || !restores) return DONE;
  const answer = await begin(place, { asked: {}, restart: false });
  if (!isRefusal(answer)) return DONE;
  recordRefusal(world, answer);
  return answer;
}

/** To a scheduler, which reads the status only. */
const DONE = { status: 200, headers: [], body: "" };

function recordRefusal(world: World, { code, detail }: Refusal): void {
  world.log("restore.refused", { code, detail });
  recordBackupError(world.db, { nowMs: world.nowMs(), code, detail });
}

/** Looks whether anybody's backups lie in the bucket, for those components that cannot. */
async function look({ world, bucket }: RestorePlace): Promise<boolean> {
  const holds = await holdsSnapshots(bucket);
  const { db, nowMs } = world;
  // A restore that has begun meanwhile must not be forgotten.
  if (isEmptyStore(db)) saveRestoreRecord(db, { kind: "looked", holds, atMs: nowMs() });
  return holds;
}

function optionsOf({ world, bucket, reading }: RestorePlace): RestoreOptions {
  const { db, nowMs, randomBytes } = world;
  return { db, bucket, nowMs, randomBytes, reading };
}

function wantedOf({ revision, time, branch }: RestoreAsked) {
  return { revision, branch, timeMs: time === undefined ? undefined : parseTime(time) };
}

function isSame(left: RestoreAsked, right: RestoreAsked): boolean {
  const facts = ({ revision, time, branch, token }: RestoreAsked) =>
    JSON.stringify([revision, time, branch, token?.name, token?.accessor, token?.digest]);
  return facts(left) === facts(right);
}

function notEmpty(): Refusal<"not_empty"> {
  return refuse("not_empty", "The store holds commits. A restore needs an empty one, or a file of its own.");
}

function answerOf(record: Exclude<RestoreRecord, { kind: "looked" }>): RestoreAnswer {
  if (record.kind === "restoring") {
    const { revision, manifest, doneBytes, totalBytes, doneObjects, totalObjects } = record;
    return {
      state: "restoring",
      revision,
      manifest,
      doneBytes,
      totalBytes,
      doneObjects,
      totalObjects,
      report: null,
    };
  }
  const { report } = record;
  const { revision, manifest, bytes, objects } = report;
  return {
    state: "restored",
    revision,
    manifest,
    doneBytes: bytes,
    totalBytes: bytes,
    doneObjects: objects - 1,
    totalObjects: objects - 1,
    report,
  };
}
