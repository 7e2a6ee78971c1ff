/**
 * A restore as a list of steps, each about one object: what is to be done, how far it has come, and what is
 * still to be compared. Promise: made again from the same progress it is the same list, since a manifest and
 * the index of a base never change; so any process can go on where another one stopped.
 */

import type { RestoreAsked } from "../../api/restore-bodies.ts";
import { type Bucket, damaged } from "../../bucket/bucket.ts";
import { type Reading, type ReadManifest, readIndex, readManifest } from "../../snapshot/read.ts";
import type { Ancestor, BaseIndex, BasePart, Digest, SegmentObject } from "../../snapshot/schemas.ts";
import type { RestoreProgress } from "../../store/restore/record-schema.ts";
import { type RowWriter, rowWriter } from "../../store/restore/rows.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import { readParent } from "./find-holder.ts";
import type { FoundSnapshot } from "./find-snapshot.ts";

export type RestoreStep =
  | { readonly kind: "part"; readonly part: BasePart; readonly number: number }
  | { readonly kind: "base" }
  | { readonly kind: "segment"; readonly segment: SegmentObject; readonly auth: SegmentObject | undefined }
  | { readonly kind: "finish" };

export interface RestoreSource {
  readonly bucket: Bucket;
  readonly reading?: Reading | undefined;
}

/** A digest to be compared when the entries are at its revision, and the object that names it. */
export interface PlannedDigest extends Digest {
  readonly object: string;
}

/** What the steps of one restore share. `at` changes with them; a step that fails leaves it unusable. */
export interface RestoreWork {
  readonly db: Db;
  readonly bucket: Bucket;
  readonly reading: Reading;
  readonly snapshot: ReadManifest;
  readonly index: BaseIndex | undefined;
  readonly revision: number;
  /** The lineages that this history has at the revision, the own one last. */
  readonly ancestry: readonly Ancestor[];
  readonly steps: readonly RestoreStep[];
  readonly rows: RowWriter;
  /** Oldest first; those already compared are gone. */
  digests: PlannedDigest[];
  at: RestoreProgress;
}

/** The progress of a restore that has not begun. Reads the base's index. Throws BucketFault. */
export async function planRestore(
  { bucket, reading = {} }: RestoreSource,
  { snapshot, revision, damaged }: FoundSnapshot,
  asked: RestoreAsked,
): Promise<RestoreProgress> {
  const index = await readIndex(bucket, snapshot, reading);
  const objects = objectsFor(snapshot, index, revision);
  return {
    kind: "restoring",
    asked,
    manifest: snapshot.name,
    manifestSha256: snapshot.sha256,
    revision,
    step: 0,
    folded: 0,
    digestRevision: null,
    doneBytes: 0,
    totalBytes: objects.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
    doneObjects: 0,
    totalObjects: objects.length,
    ...(damaged.length === 0 ? {} : { damaged: [...damaged] }),
  };
}

/** What progress goes on with. Throws BucketFault, when the manifest has gone since as well. */
export async function openWork(
  db: Db,
  { bucket, reading = {} }: RestoreSource,
  at: RestoreProgress,
): Promise<RestoreWork> {
  const snapshot = await readManifest(bucket, at.manifest, at.manifestSha256, reading);
  const index = await readIndex(bucket, snapshot, reading);
  const { revision } = at;
  const digests = await digestsFor(bucket, { snapshot, index, revision }, reading);
  return {
    db,
    bucket,
    reading,
    snapshot,
    index,
    revision,
    ancestry: ancestryAt(snapshot, revision),
    steps: stepsFor(snapshot, index, revision),
    rows: rowWriter(db),
    digests: digests.filter((digest) => digest.revision > at.folded),
    at,
  };
}

/** The lineages that stand behind a revision, oldest first. */
export function ancestryAt({ name, manifest }: ReadManifest, revision: number): Ancestor[] {
  const lives = manifest.ancestry.filter(({ firstRevision }) => firstRevision <= revision);
  // A store that was never written to is still its first lineage's.
  if (lives.length > 0) return lives;
  const [first] = manifest.ancestry;
  if (first === undefined) throw damaged(name, "it has no ancestry");
  return [first];
}

function segmentsFor({ segments }: ReadManifest, revision: number): ReadManifest["segments"] {
  return segments.filter(({ segment }) => segment.after < revision);
}

function stepsFor(snapshot: ReadManifest, index: BaseIndex | undefined, revision: number): RestoreStep[] {
  const steps: RestoreStep[] = (index?.parts ?? []).map((part, at) => ({
    kind: "part",
    part,
    number: at + 1,
  }));
  if (index !== undefined) steps.push({ kind: "base" });
  for (const { segment, auth } of segmentsFor(snapshot, revision))
    steps.push({ kind: "segment", segment, auth });
  return [...steps, { kind: "finish" }];
}

/** An object that the restore reads, the manifest itself apart. */
export interface NeededObject {
  readonly kind: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly rawBytes: number;
}

/** Everything that a restore to the revision reads, in order. */
export function objectsFor(
  snapshot: ReadManifest,
  index: BaseIndex | undefined,
  revision: number,
): NeededObject[] {
  const { base } = snapshot;
  const objects: NeededObject[] = [];
  if (base !== undefined) objects.push({ ...base, rawBytes: 0 });
  objects.push(...(index?.parts ?? []));
  for (const { segment, auth } of segmentsFor(snapshot, revision)) {
    if (auth !== undefined) objects.push(auth);
    objects.push(segment);
  }
  return objects.map(({ kind, name, sizeBytes, rawBytes }) => ({ kind, name, sizeBytes, rawBytes }));
}

/** Digests that can be compared: the base's, and the manifest's own or, where it has none, its parent's. */
export async function digestsFor(
  bucket: Bucket,
  { snapshot, index, revision }: { snapshot: ReadManifest; index: BaseIndex | undefined; revision: number },
  reading: Reading,
): Promise<PlannedDigest[]> {
  const { name, manifest, base } = snapshot;
  const found: PlannedDigest[] = [];
  if (index !== undefined && base !== undefined)
    found.push({ revision: index.revision, sha256: index.digest, object: base.name });
  // Before the base there are no states to compare: its history is rewound, not replayed.
  if (base !== undefined && revision < base.revision) return found;
  const bearer = manifest.digest === null ? await readParent(bucket, snapshot, reading) : undefined;
  const digest = manifest.digest ?? bearer?.manifest.digest;
  const start = base?.revision ?? 0;
  if (digest != null && digest.revision >= start && digest.revision <= revision)
    found.push({ ...digest, object: bearer?.name ?? name });
  return found.sort((left, right) => left.revision - right.revision);
}
