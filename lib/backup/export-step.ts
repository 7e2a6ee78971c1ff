/**
 * What a tick does next, and doing it: segments until the bucket has every commit, then a base where there is
 * none or the chain has grown long. Promise: a manifest never names more than 100 objects; a small tail is
 * written again as one segment, and a base only after as many bytes as it costs.
 */

import { formatTime } from "../core/time.ts";
import {
  abandonRun,
  type BaseProgress,
  beginsAtZero,
  closeRun,
  findBaseProgress,
  type Position,
  type RunStart,
  saveBaseProgress,
} from "../store/backup-catalogue.ts";
import {
  hasUnwrittenPurge,
  listUnwrittenPurges,
  readPurgeMark,
  recordPurgesWritten,
} from "../store/backup-purge.ts";
import { readSealedManifest, recordSealed } from "../store/backup-seal.ts";
import {
  findSegmentEnd,
  findTip,
  listAncestry,
  listNamespaces,
  readHistoryStart,
  readStoreBytes,
} from "../store/export-pages.ts";
import {
  type BaseIndex,
  type BaseObject,
  type Digest,
  type ManifestObject,
  OBJECTS_MAX,
  type SegmentObject,
  SNAPSHOT_FORMAT,
} from "../wire/snapshot.ts";
import { beginBase, digestBase, digestOf, isInParts, makeBasePart } from "./base.ts";
import { sha256Hex, utf8 } from "./bytes.ts";
import { type ExportContext, encrypted, finishRun, heartbeat, startRun, writeObject } from "./export-run.ts";
import { baseIndexName } from "./names.ts";
import { makeSegment } from "./segment.ts";
import { digestState } from "./state-digest.ts";

/** Sizes of what is written. Tests make them small. */
export interface Limits {
  /** About how much a segment holds, unpacked. */
  readonly segmentBytes: number;
  /** About how much a part of a base holds, unpacked; with the worst estimate it stays below 4 MiB. */
  readonly partBytes: number;
  readonly objectsMax: number;
  /** A base is made again once the segments after it hold this much and as much as the base itself. */
  readonly baseBytesMin: number;
  /** A store no bigger than this has its digest in every manifest. */
  readonly digestBytes: number;
  /** About how much of what changed since the base a range of a replay holds in memory. */
  readonly foldBytes: number;
}

export const LIMITS: Limits = {
  segmentBytes: 3_145_728,
  partBytes: 3_145_728,
  objectsMax: OBJECTS_MAX,
  baseBytesMin: 16_777_216,
  digestBytes: 4_194_304,
  foldBytes: 16_777_216,
};

export interface StepContext extends ExportContext {
  readonly limits: Limits;
  /** Whether there is time and room for another page. */
  withinBudget(): boolean;
}

export type Step = "segments" | "base" | "seal";

/** What is to be done; undefined when the bucket has everything. `position` is this lineage's, if it has one. */
export function nextStep(context: StepContext, position: Position | undefined): Step | undefined {
  const { db, store, limits } = context;
  if (store.revision === 0) return undefined;
  // Without a position a history is exported from its beginning if the store still has it, else from a base.
  if (position === undefined) return beginsAtZero(db) ? "segments" : "base";
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
  step: Step,
  position: Position | undefined,
): Promise<Position | undefined> {
  if (step === "seal" && position !== undefined) return exportSeal(context, position);
  return step === "segments" ? exportSegments(context, position) : exportBase(context, position);
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
  recordSealed(context.db, context.lease, sealed.manifest);
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

function segmentsOf(objects: readonly ManifestObject[]): SegmentObject[] {
  return objects.filter((object) => object.kind !== "base");
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

/** Something was purged meanwhile: what this run has read fits nothing any more. The next tick begins anew. */
function giveUp({ db, lease, nowMs }: StepContext, { run }: { run: string }): undefined {
  abandonRun(db, lease, { run, nowMs: nowMs() });
  return undefined;
}

async function smallDigest({ db, limits }: StepContext, upTo: number): Promise<Digest | null> {
  if (readStoreBytes(db) > limits.digestBytes || readHistoryStart(db) > upTo) return null;
  return { revision: upTo, sha256: (await digestState(db, { kind: "history", upTo })).sha256 };
}

function parentOf(position: Position | undefined): { name: string; sha256: string } | null {
  return position === undefined ? null : { name: position.manifest, sha256: position.manifestSha256 };
}

/** Goes on with the base in the making, or begins one at the position. Undefined while parts are missing. */
async function exportBase(
  context: StepContext,
  position: Position | undefined,
): Promise<Position | undefined> {
  const { db, store, target, lease } = context;
  const revision = position?.revision ?? store.revision;
  const purgeMark = readPurgeMark(db);
  const known = findBaseProgress(db);
  const goesOn = known !== undefined && known.target === target && known.lineage === store.lineage;
  let base = goesOn ? known : beginBase({ target, lineage: store.lineage, revision });
  const start = await startRun(context);
  for (let first = true; base.phase !== "index"; first = false) {
    if (!first && !context.withinBudget()) {
      closeRun(db, lease, { run: start.run, nowMs: context.nowMs() });
      return undefined;
    }
    base = await stepBase(context, start, base);
    if (!saveBaseProgress(db, lease, { base, purgeMark })) return giveUp(context, start);
  }
  const purges = listUnwrittenPurges(db).filter((purge) => purge.revision <= base.revision);
  const { object, bytes, digest } = await makeIndex(context, base, start.run);
  await writeObject(context, start, { ...object, bytes });
  if (readPurgeMark(db) !== purgeMark) return giveUp(context, start);
  const later = segmentsOf(position?.objects ?? []).filter((segment) => segment.after >= base.revision);
  const written = await finishRun(context, start, {
    revision: position?.revision ?? base.revision,
    objects: [object, ...later],
    segmentSha256: position?.segmentSha256 ?? null,
    digest: { revision: base.revision, sha256: digest },
    parent: parentOf(position),
    supersedes: purges.map(({ firstRevision, why }) => ({ from: firstRevision, to: base.revision, why })),
  });
  recordPurgesWritten(db, lease, { purges, manifest: written.manifest });
  return written;
}

/** One more part, written; or the digest, as far as the budget goes. */
async function stepBase(context: StepContext, start: RunStart, base: BaseProgress): Promise<BaseProgress> {
  const { db, limits } = context;
  if (!isInParts(base)) {
    const beat = heartbeat(context);
    return digestBase(db, base, () => {
      beat();
      return context.withinBudget();
    });
  }
  const { partBytes } = limits;
  const { part, progress } = await makeBasePart(db, base, {
    run: start.run,
    partBytes,
    cipher: context.keys.cipher,
  });
  if (part !== undefined) {
    const { object, bytes } = part;
    await writeObject(context, start, {
      ...object,
      kind: `base-${object.kind}`,
      revision: base.revision,
      bytes,
    });
  }
  return progress;
}

async function makeIndex(
  context: StepContext,
  base: BaseProgress,
  run: string,
): Promise<{ object: BaseObject; bytes: Uint8Array<ArrayBuffer>; digest: string }> {
  const { db, store, keys, nowMs } = context;
  const { revision } = base;
  const tip = findTip(db, revision);
  if (tip?.revision !== revision) throw new Error("a base stands at a commit");
  const state = digestOf(base);
  const sizes = new Map(state.namespaces.map((one) => [one.namespace, one]));
  const index: BaseIndex = {
    format: SNAPSHOT_FORMAT,
    kind: "base",
    lineage: store.lineage,
    epoch: store.epoch,
    run,
    created: formatTime(nowMs()),
    revision,
    tip: tip.id,
    ancestry: listAncestry(db),
    usage: listNamespaces(db, revision).map(({ namespace, compacted }) => {
      const { keys, bytes } = sizes.get(namespace) ?? { keys: 0, bytes: 0 };
      return { namespace, keys, bytes, compacted };
    }),
    parts: [...base.parts],
    digest: state.sha256,
  };
  const name = baseIndexName({ lineage: store.lineage, revision, run });
  const { bytes, key } = encrypted(keys.cipher, name, utf8(`${JSON.stringify(index)}\n`));
  const object: BaseObject = {
    kind: "base",
    name,
    sizeBytes: bytes.length,
    sha256: await sha256Hex(bytes),
    revision,
    rawBytes: base.parts.reduce((sum, part) => sum + part.rawBytes, 0),
    ...key,
  };
  return { object, bytes, digest: state.sha256 };
}
