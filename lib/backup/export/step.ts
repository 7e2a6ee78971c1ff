/**
 * What a tick does next, and doing it: first a base, which holds all history; then segments until the bucket has every
 * commit, and another base where the chain has grown long. A history too large for a tick begins with segments instead,
 * so that each tick leaves a restore point. Promise: a manifest never names more than 100 objects; a small tail is
 * written again as one segment, and another base only after as many bytes as it costs.
 */

import type { Digest, ManifestObject } from "../../snapshot/schemas.ts";
import { findBaseProgress } from "../../store/catalogue/base.ts";
import { beginsAtZero, type Position } from "../../store/catalogue/catalogue.ts";
import { hasUnwrittenPurge, readPurgeMark } from "../../store/catalogue/purge.ts";
import { readSealedManifest, recordSealed } from "../../store/catalogue/seal.ts";
import {
  findSegmentEnd,
  isHistoryLarger,
  readHistoryStart,
  readStoreBytes,
} from "../../store/documents/export-pages.ts";
import { digestState } from "../state-digest.ts";
import { exportBase } from "./base.ts";
import type { Limits, StepContext } from "./limits.ts";
import { finishRun, giveUp, parentOf, segmentsOf, startRun, writeObject } from "./run.ts";
import { makeSegment } from "./segment.ts";

/** `begin`: nothing of this history is in the bucket. */
export type ExportStep = "begin" | "segments" | "base" | "seal";

/** What is to be done; undefined when the bucket has everything. `position` is this lineage's, if it has one. */
export function nextStep(context: StepContext, position: Position | undefined): ExportStep | undefined {
  const { db, store, limits } = context;
  if (store.revision === 0) return undefined;
  if (position === undefined) return "begin";
  const behind = position.revision < store.revision;
  if (behind && mergeableTail(context, position) === undefined && isFull(position.objects, limits))
    return "base";
  if (behind) return "segments";
  // What was purged lies in the old objects. A base at the purge or later no longer has it, and shares its
  // revision with no base that does.
  if (hasUnwrittenPurge(db)) return "base";
  if (needsBase(position.objects, limits)) return "base";
  return store.sealedRevision !== null && readSealedManifest(db) === null ? "seal" : undefined;
}

/** Does one step: one run, or two where a base takes longer than the budget. Gives the new position. */
export function runStep(
  context: StepContext,
  step: ExportStep,
  position: Position | undefined,
): Promise<Position | undefined> {
  if (step === "seal" && position !== undefined) return exportSeal(context, position);
  const segments = step === "segments" || (step === "begin" && beginsWithSegments(context));
  return segments ? exportSegments(context, position) : exportBase(context, position);
}

/**
 * A base spares the segments of what it covers. Until it is whole the bucket holds nothing, so where one would take
 * several ticks segments come first, if the store still has its beginning.
 */
function beginsWithSegments({ db, store, target, limits }: StepContext): boolean {
  const begun = findBaseProgress(db);
  // It is pinned to its revision, which no segment may span.
  if (begun?.target === target && begun.lineage === store.lineage) return false;
  return beginsAtZero(db) && isHistoryLarger(db, limits.aloneBytes);
}

/** The same chain once more, in a manifest that says that nothing comes after it. */
async function exportSeal(context: StepContext, position: Position): Promise<Position> {
  const { revision, objects, segmentSha256 } = position;
  const start = await startRun(context);
  const digest = await smallDigest(context, revision);
  const parent = parentOf(position);
  const sealed = await finishRun(context, start, {
    revision,
    objects,
    segmentSha256,
    digest,
    parent,
    sealed: true,
  });
  recordSealed(context.catalogue, sealed.manifest);
  return sealed;
}

/** Room for one more segment and its tokens. */
function isFull(objects: readonly ManifestObject[], limits: Limits): boolean {
  return objects.length + 2 > limits.objectsMax;
}

function needsBase(objects: readonly ManifestObject[], limits: Limits): boolean {
  const base = objects.find((object) => object.kind === "base");
  if (base === undefined) return true;
  const since = segmentsOf(objects).reduce((sum, { rawBytes }) => sum + rawBytes, 0);
  return since > Math.max(limits.baseBytesMin, base.rawBytes);
}

/** A tail of small segments that together fit one, if the manifest is full and merging frees a quarter of it. */
function mergeableTail(
  { db, limits }: StepContext,
  position: Position,
): { kept: readonly ManifestObject[]; after: number; previous: string | null } | undefined {
  if (!isFull(position.objects, limits)) return undefined;
  const notBefore = Math.max(readHistoryStart(db), findBaseProgress(db)?.revision ?? 0);
  let start = position.objects.length;
  let bytes = 0;
  for (let at = start - 1; at >= 0; at -= 1) {
    const object = position.objects[at];
    if (object === undefined || object.kind === "base" || object.after < notBefore) break;
    bytes += object.rawBytes;
    if (bytes > limits.segmentBytes) break;
    // A segment's tokens stand before it: a tail begins with both or neither.
    if (object.kind === "auth" || position.objects[at - 1]?.kind !== "auth") start = at;
  }
  const tail = segmentsOf(position.objects.slice(start));
  const first = tail.find(({ kind }) => kind === "segment");
  if (first === undefined || tail.length < limits.objectsMax / 4) return undefined;
  return { kept: position.objects.slice(0, start), after: first.after, previous: first.previous };
}

async function exportSegments(
  context: StepContext,
  position: Position | undefined,
): Promise<Position | undefined> {
  const { db, store, limits } = context;
  const purgeMark = readPurgeMark(db);
  const start = await startRun(context);
  const tail = position === undefined ? undefined : mergeableTail(context, position);
  const objects: ManifestObject[] = [...(tail?.kept ?? position?.objects ?? [])];
  let reached = position?.revision ?? 0;
  let after = tail?.after ?? reached;
  let previous = tail === undefined ? (position?.segmentSha256 ?? null) : tail.previous;
  do {
    const end = findSegmentEnd(db, { after: reached, upTo: store.revision, maxBytes: limits.segmentBytes });
    if (end === undefined) break;
    const range = {
      lineage: store.lineage,
      run: start.run,
      after,
      revision: end.revision,
      commits: end.commits,
      previous,
      cipher: context.keys.cipher,
    };
    for (const { object, bytes } of await makeSegment(db, range)) {
      await writeObject(context, start, { ...object, bytes });
      objects.push(object);
      if (object.kind === "segment") previous = object.sha256;
    }
    reached = end.revision;
    after = reached;
  } while (reached < store.revision && context.withinBudget() && !isFull(objects, limits));
  const digest = await smallDigest(context, reached);
  if (readPurgeMark(db) !== purgeMark) return giveUp(context, start);
  return finishRun(context, start, {
    revision: reached,
    objects,
    segmentSha256: previous,
    digest,
    parent: parentOf(position),
  });
}

async function smallDigest({ db, limits }: StepContext, upTo: number): Promise<Digest | null> {
  if (readStoreBytes(db) > limits.digestBytes || readHistoryStart(db) > upTo) return null;
  return { revision: upTo, sha256: (await digestState(db, { kind: "history", upTo })).sha256 };
}
