/**
 * Proof: what lies in the bucket is the store. Promise: what is compared was read from the bucket just now, and
 * the other side from the live store, so there is no way to a false proof.
 *
 * A *replay* folds a whole chain and compares state digests; it is put down and taken up between ranges of keys.
 * A *continued* proof rests on a proven manifest: it reads only what is new since, and finds the live store's
 * lines in it. A chain with another base than the proven one is replayed.
 */

import { BucketFault } from "../../bucket/bucket.ts";
import { sha256Hex, utf8 } from "../../bucket/bytes.ts";
import { formatHex } from "../../core/hex.ts";
import { formatTime } from "../../core/time.ts";
import { openDigest } from "../../snapshot/digest.ts";
import type { StateDigest } from "../../snapshot/digest-schema.ts";
import { foldRange, readCommitParts } from "../../snapshot/fold.ts";
import { proofName } from "../../snapshot/names.ts";
import {
  type ReadManifest,
  readableManifest,
  readIndex,
  readManifest,
  readWholeSegment,
} from "../../snapshot/read.ts";
import { type BaseIndex, type Proof, SNAPSHOT_FORMAT } from "../../snapshot/schemas.ts";
import { openRun, type Position } from "../../store/catalogue/catalogue.ts";
import {
  dropReplay,
  findManifestSha256,
  findReplay,
  type ReplayProgress,
  readProvenPoint,
  recordProof,
  recordScrub,
  saveReplay,
} from "../../store/catalogue/proof.ts";
import { countScrubFaults } from "../../store/documents/scrub.ts";
import type { StepContext } from "../export/limits.ts";
import { heartbeat, pageByPage, putChecked } from "../export/run.ts";
import { DIGEST_START, digestState, readDigest } from "../state-digest.ts";
import { requireFound } from "./found.ts";
import { liveSegmentText } from "./live-text.ts";

export type ProofOutcome =
  | { readonly state: "proven"; readonly revision: number; readonly how: Proof["how"] }
  /** Put down; the next tick goes on. */
  | { readonly state: "proving"; readonly revision: number }
  | { readonly state: "nothing" };

/** The bucket is whole, and holds something else than the live store. One of the two is wrong. */
export class ProofMismatch extends BucketFault {
  constructor(object: string, detail: string) {
    super("snapshot_damaged", object, `${object}: ${detail}`);
    this.name = "ProofMismatch";
  }
}

/** A manifest, whole and in our own words, whose digest is not that of the objects it names. */
export class FalseDigest extends BucketFault {
  constructor(manifest: string) {
    super("snapshot_damaged", manifest, `${manifest}: its digest is not that of its own objects`);
    this.name = "FalseDigest";
  }
}

/**
 * Proves the position, or goes on with a replay. With `replay` a whole chain is read though a shorter way would
 * do; without `mayBegin` no replay is begun, since the chain is about to become another. Throws BucketFault
 * (`snapshot_damaged` where the bucket is wrong) and LeaseLost.
 */
export async function prove(
  context: StepContext,
  position: Position,
  { replay, mayBegin }: { replay: boolean; mayBegin: boolean },
): Promise<ProofOutcome> {
  const going = replayGoingOn(context);
  if (going !== undefined) return goOn(context, going);
  const begin = () =>
    mayBegin ? goOn(context, beginReplay(context, position)) : Promise.resolve({ state: "nothing" } as const);
  const proven = replay ? undefined : await readProven(context);
  if (proven === undefined) return begin();
  if (proven.name === position.manifest) return { state: "nothing" };
  const { manifest, manifestSha256 } = position;
  const read = await readManifest(context.bucket, manifest, manifestSha256, context.keys.reading);
  const rests = proven.base?.name === read.base?.name && newBytes(proven, read) <= CONTINUED_BYTES_MAX;
  return rests ? goFrom(context, proven, read) : begin();
}

/** More than this is read by a replay, which can be put down. A tick exports less. */
const CONTINUED_BYTES_MAX = 201_326_592;

/** What a manifest names beyond the proven one, unpacked. */
function newBytes(proven: ReadManifest, { manifest }: ReadManifest): number {
  const known = new Set(proven.manifest.objects.map(({ name }) => name));
  return manifest.objects.reduce((sum, { name, rawBytes }) => (known.has(name) ? sum : sum + rawBytes), 0);
}

/** The manifest that the newest proof is about; undefined when it was pruned or is damaged: nothing can rest on it. */
async function readProven({ db, bucket, keys }: StepContext): Promise<ReadManifest | undefined> {
  const { provenManifest } = readProvenPoint(db);
  const sha256 = provenManifest === null ? undefined : findManifestSha256(db, provenManifest);
  if (provenManifest === null || sha256 === undefined) return undefined;
  return readableManifest(bucket, provenManifest, keys.reading, sha256);
}

/** A replay in the making, as far as it is about this bucket and this history. */
function replayGoingOn({ db, catalogue, target, store }: StepContext): ReplayProgress | undefined {
  const going = findReplay(db);
  if (going === undefined || (going.target === target && going.lineage === store.lineage)) return going;
  dropReplay(catalogue);
  return undefined;
}

function beginReplay({ target, store, nowMs }: StepContext, position: Position): ReplayProgress {
  return {
    target,
    lineage: store.lineage,
    manifest: position.manifest,
    manifestSha256: position.manifestSha256,
    startedMs: nowMs(),
    state: { phase: "bucket", ...DIGEST_START.at, folded: null },
    block: DIGEST_START.block,
  };
}

/** Reads what the manifest names beyond the proven one, and finds the live store's lines in it. */
async function goFrom(context: StepContext, proven: ReadManifest, read: ReadManifest): Promise<ProofOutcome> {
  const { bucket, db } = context;
  const { lineage, revision } = read.manifest;
  await requireFound(bucket, read);
  const known = new Set(proven.manifest.objects.map(({ name, sha256 }) => `${name} ${sha256}`));
  const names: string[] = [];
  for (const { segment, auth } of read.segments) {
    for (const object of auth === undefined ? [segment] : [auth, segment]) {
      if (known.has(`${object.name} ${object.sha256}`)) continue;
      const { header, lines } = await readWholeSegment(
        bucket,
        lineage,
        object,
        object === segment ? (auth?.sha256 ?? null) : null,
        context.keys.reading,
      );
      if (lines.join("\n") !== liveSegmentText(db, object, header.format)) {
        throw new ProofMismatch(object.name, "it holds other commits than the live store");
      }
      names.push(object.name);
    }
  }
  await checkDigest(context, read);
  const rests = { name: proven.name, sha256: proven.sha256 };
  await keepProof(context, read, { how: "continued", rests, digest: null, names });
  return { state: "proven", revision, how: "continued" };
}

/** A digest that is not its state's would make a restore of good objects fail: no manifest keeps one. */
async function checkDigest(context: StepContext, { name, manifest }: ReadManifest): Promise<void> {
  const { digest, revision } = manifest;
  if (digest?.revision !== revision) return;
  const live = await digestState(context.db, { kind: "history", upTo: revision }, heartbeat(context));
  if (live.sha256 !== digest.sha256) throw new FalseDigest(name);
}

async function goOn(context: StepContext, begun: ReplayProgress): Promise<ProofOutcome> {
  const { bucket, db, catalogue } = context;
  const { reading } = context.keys;
  const snapshot = await readManifest(bucket, begun.manifest, begun.manifestSha256, reading);
  await requireFound(bucket, snapshot);
  const { manifest } = snapshot;
  const index = await readIndex(bucket, snapshot, reading);
  const folded = await foldOn(context, begun, snapshot, index);
  if (folded === undefined) return { state: "proving", revision: manifest.revision };
  const live = await readLiveOn(context, folded, manifest.revision);
  if (live === undefined) return { state: "proving", revision: manifest.revision };
  compare(snapshot, folded.state.folded, live);
  const names = [...manifest.objects, ...(index?.parts ?? [])].map(({ name }) => name);
  await keepProof(context, snapshot, { how: "replay", rests: null, digest: live.sha256, names });
  recordScrub(catalogue, { nowMs: context.nowMs(), faults: countScrubFaults(db) });
  return { state: "proven", revision: manifest.revision, how: "replay" };
}

/** Folds the bucket range by range. Undefined when the budget is over; what was done is kept. */
async function foldOn(
  context: StepContext,
  begun: ReplayProgress,
  snapshot: ReadManifest,
  index: BaseIndex | undefined,
): Promise<ReplayProgress | undefined> {
  if (begun.state.phase === "live") return begun;
  const { bucket } = context;
  const source = { bucket, snapshot, index, reading: context.keys.reading, beat: heartbeat(context) };
  const digest = openDigest({ progress: begun.state.digest, block: begun.block });
  if (begun.state.after === null) await readCommitParts(source);
  for (let { after } = begun.state; ; ) {
    after = await foldRange(source, digest, {
      after,
      maxBytes: context.limits.foldBytes,
      goesOn: context.withinBudget,
    });
    const { progress, block } = digest.putDown();
    if (after !== null) {
      keep(context, { ...begun, state: { ...begun.state, after, digest: progress }, block });
      if (!context.withinBudget()) return undefined;
      continue;
    }
    const folded = await digest.end();
    const next: ReplayProgress = {
      ...begun,
      state: { phase: "live", ...DIGEST_START.at, folded },
      block: DIGEST_START.block,
    };
    keep(context, next);
    return next;
  }
}

/** Reads the live store's state at the revision. Undefined when the budget is over; what was done is kept. */
async function readLiveOn(
  context: StepContext,
  begun: ReplayProgress,
  upTo: number,
): Promise<StateDigest | undefined> {
  const { after, digest } = begun.state;
  const from = { at: { after, digest }, block: begun.block };
  const source = { kind: "history", upTo } as const;
  const read = await readDigest(context.db, source, { from, goesOn: pageByPage(context) });
  if (read.whole !== undefined) return read.whole;
  keep(context, { ...begun, state: { ...begun.state, ...read.putDown.at }, block: read.putDown.block });
  return undefined;
}

function keep({ catalogue, leaseMs, nowMs }: StepContext, replay: ReplayProgress): void {
  catalogue.renew(nowMs() + leaseMs);
  saveReplay(catalogue, replay);
}

/** Throws ProofMismatch with the first namespace that differs. */
function compare({ name, manifest }: ReadManifest, folded: StateDigest | null, live: StateDigest): void {
  const { digest, revision } = manifest;
  if (folded?.sha256 === live.sha256) {
    if (digest === null || digest.revision !== revision || digest.sha256 === live.sha256) return;
    throw new FalseDigest(name);
  }
  const text = (one: StateDigest["namespaces"][number] | undefined) => JSON.stringify(one ?? null);
  const other = live.namespaces.find(
    (one) => text(one) !== text(folded?.namespaces.find(({ namespace }) => namespace === one.namespace)),
  );
  const extra = folded?.namespaces.find(
    ({ namespace }) => !live.namespaces.some((one) => one.namespace === namespace),
  );
  throw new ProofMismatch(
    name,
    `namespace ${(other ?? extra)?.namespace ?? "?"} at revision ${revision} is another in the bucket than in the live store`,
  );
}

/** Writes the proof as an object of the bucket, and notes it with the objects that it read. */
async function keepProof(
  { catalogue, bucket, target, nowMs, randomBytes }: StepContext,
  { name, sha256, manifest }: ReadManifest,
  {
    how,
    rests,
    digest,
    names,
  }: Pick<Proof, "how" | "rests" | "digest"> & { readonly names: readonly string[] },
): Promise<void> {
  const run = formatHex(randomBytes(8));
  const { lineage, revision } = manifest;
  // Noted before it is written, so that one of a prover that dies in between is found and goes.
  const place = { run, target, lineage };
  openRun(catalogue, { ...place, nowMs: nowMs() });
  const proof: Proof = {
    format: SNAPSHOT_FORMAT,
    kind: "proof",
    lineage,
    run,
    how,
    manifest: { name, sha256 },
    revision,
    digest,
    rests,
    proven: formatTime(nowMs()),
  };
  const proofObject = proofName({ lineage, revision, run });
  const bytes = utf8(`${JSON.stringify(proof)}\n`);
  await putChecked(bucket, proofObject, bytes);
  const object = {
    name: proofObject,
    kind: `proof-${how}`,
    revision,
    sizeBytes: bytes.length,
    sha256: await sha256Hex(bytes),
  };
  recordProof(catalogue, { object, place, manifest: name, revision, nowMs: nowMs(), how, read: names });
}
