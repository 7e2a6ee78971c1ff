/**
 * One run: objects, then the manifest that names them, then the head. Promise: each object is read back and
 * matched before anything names it; what the run intends stands in the catalogue before it is done; names
 * carry the run, so that nothing is ever written over. Cut anywhere, the bucket still restores.
 */

import { type Bucket, BucketFault, damaged } from "../../bucket/bucket.ts";
import { concat, sha256Hex, utf8 } from "../../bucket/bytes.ts";
import { formatHex } from "../../core/hex.ts";
import { isOver } from "../../core/span.ts";
import { formatTime } from "../../core/time.ts";
import type { Cipher } from "../../snapshot/cipher.ts";
import { epochName, headName, manifestName } from "../../snapshot/names.ts";
import type { Reading } from "../../snapshot/read.ts";
import {
  type Claim,
  type Digest,
  type Head,
  type Manifest,
  type ManifestObject,
  type ManifestSeal,
  type SegmentObject,
  SNAPSHOT_FORMAT,
} from "../../snapshot/schemas.ts";
import type { Signer } from "../../snapshot/signature.ts";
import {
  abandonRun,
  completeRun,
  type ExportedStore,
  hasExported,
  intendManifest,
  isAbandoned,
  openRun,
  type Position,
  type RunStart,
  recordObject,
} from "../../store/catalogue/catalogue.ts";
import { type Catalogue, LeaseLost } from "../../store/catalogue/lease.ts";
import { findTip, listAncestry } from "../../store/documents/export-pages.ts";
import type { Db } from "../../store/sqlite/driver.ts";

export interface ExportKeys {
  /** Opened when a manifest is written: a key costs a quarter of a second in the guest. */
  readonly signer?: (() => Promise<Signer>) | undefined;
  readonly cipher?: Cipher | undefined;
  readonly reading?: Reading;
}

/** What every step of a tick shares. */
export interface ExportContext {
  readonly db: Db;
  readonly bucket: Bucket;
  readonly target: string;
  readonly store: ExportedStore;
  readonly catalogue: Catalogue;
  readonly leaseMs: number;
  /** Signs manifests and encrypts objects, where keys are set; how what is read back is opened. */
  readonly keys: ExportKeys;
  nowMs(): number;
  randomBytes(length: number): Uint8Array;
  /** Whether there is time and room for another page, part or removal. */
  withinBudget(): boolean;
  /** Counts what was written, for the answer. */
  wrote(sizeBytes: number): void;
}

/** Keeps the lease through long work without a request of its own: a write to the store now and then, no more. */
export function heartbeat({ catalogue, leaseMs, nowMs }: ExportContext): () => void {
  let beatMs = nowMs();
  return () => {
    const now = nowMs();
    if (!isOver({ sinceMs: beatMs, lengthMs: leaseMs / 8 }, now)) return;
    beatMs = now;
    catalogue.renew(now + leaseMs);
  };
}

/** Asked after each page of long work: whether there is budget for the next. Keeps the lease meanwhile. */
export function pageByPage(context: ExportContext): () => boolean {
  const beat = heartbeat(context);
  return () => {
    beat();
    return context.withinBudget();
  };
}

/** Enters a new run and, the first time a lineage exports, claims its epoch in the bucket. */
export async function startRun(context: ExportContext): Promise<RunStart> {
  const { db, catalogue, target, store } = context;
  const run = formatHex(context.randomBytes(8));
  const start = { run, target, lineage: store.lineage, nowMs: context.nowMs() };
  const first = !hasExported(db, { target, lineage: store.lineage });
  openRun(catalogue, start);
  if (first) await claimEpoch(context);
  return start;
}

async function claimEpoch({ db, bucket, store }: ExportContext): Promise<void> {
  const name = epochName(store.epoch, store.lineage);
  if ((await bucket.get(name, 65_536)) !== undefined) return;
  const own = listAncestry(db).at(-1);
  const claim: Claim = {
    format: SNAPSHOT_FORMAT,
    kind: "epoch",
    epoch: store.epoch,
    lineage: store.lineage,
    firstRevision: store.firstRevision,
    parent: own?.parent ?? null,
    parentRevision: own?.parentRevision ?? null,
  };
  await putChecked(bucket, name, utf8(`${JSON.stringify(claim)}\n`));
}

export interface ObjectToWrite {
  readonly name: string;
  readonly kind: string;
  readonly revision: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}

/** PUTs an object, reads it back, matches it, and notes it in the catalogue. */
export async function writeObject(
  context: ExportContext,
  start: RunStart,
  object: ObjectToWrite,
): Promise<void> {
  context.catalogue.renew(context.nowMs() + context.leaseMs);
  const { name, kind, revision, sha256 } = object;
  await putChecked(context.bucket, name, object.bytes, sha256);
  const written = { name, kind, revision, sizeBytes: object.bytes.length, sha256 };
  try {
    recordObject(context.catalogue, start, written, context.nowMs() + context.leaseMs);
  } catch (error) {
    // Nothing counts on what was never noted.
    if (error instanceof LeaseLost) await takeBack(context.bucket, name);
    throw error;
  }
  context.wrote(object.bytes.length);
}

/** What a finished run leaves: where the chain ends, and what the manifest names. */
export interface SnapshotChain {
  readonly revision: number;
  readonly objects: readonly ManifestObject[];
  readonly segmentSha256: string | null;
  readonly digest: Digest | null;
  readonly parent: { readonly name: string; readonly sha256: string } | null;
  readonly supersedes?: Manifest["supersedes"];
  readonly sealed?: boolean;
}

/** Writes the manifest, completes the run, and moves the head. */
export async function finishRun(
  context: ExportContext,
  start: RunStart,
  chain: SnapshotChain,
): Promise<Position> {
  const { db, bucket, catalogue, store } = context;
  const tip = findTip(db, chain.revision);
  if (tip?.revision !== chain.revision) throw new Error("a manifest ends at a commit");
  const writtenMs = context.nowMs();
  const manifest: Manifest = {
    format: SNAPSHOT_FORMAT,
    kind: "manifest",
    lineage: store.lineage,
    epoch: store.epoch,
    ancestry: listAncestry(db),
    run: start.run,
    created: formatTime(writtenMs),
    revision: chain.revision,
    tip: tip.id,
    parent: chain.parent === null ? null : { name: chain.parent.name, sha256: chain.parent.sha256 },
    objects: [...chain.objects],
    digest: chain.digest,
    supersedes: chain.supersedes ?? [],
    sealed: chain.sealed ?? false,
  };
  const bytes = await sealManifest(manifest, await context.keys.signer?.());
  const name = manifestName({ lineage: store.lineage, revision: chain.revision, run: start.run });
  const position: Position = {
    target: start.target,
    lineage: store.lineage,
    revision: chain.revision,
    tip: tip.id,
    exportedMs: writtenMs,
    manifest: name,
    manifestSha256: await sha256Hex(bytes),
    objects: chain.objects,
    segmentSha256: chain.segmentSha256,
    digestRevision: chain.digest?.revision ?? null,
  };
  const head = utf8(`${JSON.stringify(headOf(manifest, position))}\n`);
  intendManifest(catalogue, start.run, { position, headSha256: await sha256Hex(head) });
  catalogue.renew(context.nowMs() + context.leaseMs);
  await putChecked(bucket, name, bytes, position.manifestSha256);
  context.wrote(bytes.length);
  try {
    completeRun(catalogue, { run: start.run, nowMs: context.nowMs(), position });
  } catch (error) {
    // Given up by whoever took over, who may have removed what it names since. Found by them, it is theirs.
    if (error instanceof LeaseLost && isAbandoned(db, start.run)) await takeBack(bucket, name);
    throw error;
  }
  // A tripwire: whoever writes over it is noticed by the next look, so it is not read back here.
  await bucket.put(headName(store.lineage), head);
  return position;
}

/** Something was purged meanwhile: what this run has read fits nothing any more. The next tick begins anew. */
export function giveUp({ catalogue, nowMs }: ExportContext, { run }: RunStart): undefined {
  abandonRun(catalogue, { run, nowMs: nowMs() });
  return undefined;
}

/** What a manifest says of the one before it. */
export function parentOf(position: Position | undefined): SnapshotChain["parent"] {
  return position === undefined ? null : { name: position.manifest, sha256: position.manifestSha256 };
}

export function segmentsOf(objects: readonly ManifestObject[]): SegmentObject[] {
  return objects.filter((object) => object.kind !== "base");
}

/**
 * An exporter that slept longer than its lease between looking at it and a PUT has written too late: what was purged
 * may be in it, and what it names may be gone. Names carry the run, so this is nobody else's.
 */
async function takeBack(bucket: Bucket, name: string): Promise<void> {
  try {
    await bucket.remove(name);
  } catch (error) {
    // Pruning takes away what runs that were given up have left.
    if (!(error instanceof BucketFault)) throw error;
  }
}

/** The manifest's two lines: what it says, and the hash of that, with a signature where there is a key. */
export async function sealManifest(manifest: Manifest, signer?: Signer): Promise<Uint8Array<ArrayBuffer>> {
  const line = utf8(JSON.stringify(manifest));
  const sha256 = await sha256Hex(line);
  const seal: ManifestSeal =
    signer === undefined ? { sha256 } : { sha256, keyId: signer.keyId, signature: await signer.sign(line) };
  return concat([line, utf8(`\n${JSON.stringify(seal)}\n`)]);
}

/** Bytes as they are stored, and the key's id: encrypted under the object's name where there is a key. */
export function encrypted(
  cipher: Cipher | undefined,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly key: { readonly keyId?: string } } {
  return cipher === undefined
    ? { bytes, key: {} }
    : { bytes: cipher.seal(name, bytes), key: { keyId: cipher.keyId } };
}

function headOf(manifest: Manifest, position: Position): Head {
  return {
    format: SNAPSHOT_FORMAT,
    kind: "head",
    lineage: manifest.lineage,
    epoch: manifest.epoch,
    ancestry: manifest.ancestry,
    run: manifest.run,
    revision: manifest.revision,
    tip: manifest.tip,
    manifest: { name: position.manifest, sha256: position.manifestSha256 },
    written: manifest.created,
  };
}

/** How long to wait before each further look: a bucket may show a moment ago for a moment. */
const LOOK_AGAIN_MS = [100, 400];

/** Looks until it is so, a few times. False when it never was. */
export async function lookAgain(isSo: () => Promise<boolean>): Promise<boolean> {
  for (const waitMs of LOOK_AGAIN_MS) {
    if (await isSo()) return true;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return isSo();
}

/** A PUT counts only once the same bytes came back. `known` is their SHA-256, where the caller has it. */
export async function putChecked(
  bucket: Bucket,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  known?: string,
): Promise<void> {
  const sha256 = known ?? (await sha256Hex(bytes));
  await bucket.put(name, bytes, sha256);
  let back: Uint8Array | undefined;
  const same = await lookAgain(async () => {
    back = await bucket.get(name, bytes.length + 1);
    return back?.length === bytes.length && (await sha256Hex(new Uint8Array(back))) === sha256;
  });
  if (same) return;
  if (back === undefined) throw damaged(name, "the bucket does not have what was just written");
  throw damaged(name, "the bucket gives back other bytes than were written");
}
