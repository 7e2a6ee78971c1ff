/**
 * The fold: the state that a snapshot's objects give, read back from the bucket, as canonical lines in order.
 * Promise: memory is bounded whatever the chain holds. Segments are folded to the newest change of each key
 * for one range of keys, the smallest ones that fit; then the base's parts, which are in order, are streamed
 * through that range. The next range begins where this one ended.
 */

import { type Bucket, damaged } from "../bucket/bucket.ts";
import { textOf } from "../bucket/bytes.ts";
import { formatHex } from "../core/hex.ts";
import type { OpenDigest } from "./digest.ts";
import { comparePlaces, type Folded, type KeyPlace, lineBatch, newestFirst } from "./fold-merge.ts";
import {
  type BaseChangeLine,
  type ChangeLine,
  parseAuthChanges,
  parseBaseChange,
  parseCommit,
  parseCommitWithChanges,
} from "./lines.ts";
import { type Reading, type ReadManifest, readPart, readSegment, required } from "./read.ts";
import type { BaseIndex } from "./schemas.ts";

/** A snapshot to fold: its manifest, and the index of its base where it has one. */
export interface FoldedSnapshot {
  readonly bucket: Bucket;
  readonly snapshot: ReadManifest;
  readonly index: BaseIndex | undefined;
  readonly reading?: Reading | undefined;
  /** Called after each object: reading a long chain takes longer than a lease. */
  beat?(): void;
}

export interface FoldBounds {
  /** The last place of the range before; null for the first range. */
  readonly after: KeyPlace | null;
  /** About how much of what changed since the base is held in memory. */
  readonly maxBytes: number;
  /**
   * Asked after each part of the base: at a no the range ends there. Not before as many parts as there are segments,
   * which whoever goes on reads again: otherwise a long chain would be read once for each part.
   */
  goesOn?(): boolean;
}

/**
 * Adds the lines of the next range of keys to the digest. Gives the last place that was looked at, or null when that
 * was everything. Throws BucketFault.
 */
export async function foldRange(
  source: FoldedSnapshot,
  digest: OpenDigest,
  { after, maxBytes, goesOn }: FoldBounds,
): Promise<KeyPlace | null> {
  const range = await foldSegments(source, after, maxBytes);
  const batch = lineBatch(digest);
  const streams = [
    baseStates(source, "documents", after, range.upTo),
    baseStates(source, "auth", after, range.upTo),
  ];
  let cutAt: Folded | undefined;
  let lists = 0;
  for await (const states of newestFirst(range.changed, streams)) {
    for (const state of states) {
      const handedOn = batch.add(state);
      if (handedOn !== undefined) await handedOn;
    }
    lists += 1;
    if (lists > source.snapshot.segments.length && goesOn?.() === false) cutAt = states.at(-1);
    if (cutAt !== undefined) break;
  }
  await batch.flush();
  return cutAt === undefined ? range.upTo : placeAt(cutAt);
}

/**
 * Reads what the state does not show, the commits of a base, so that no object of a chain is left unread. Throws
 * BucketFault where a line is not a commit or they are out of order.
 */
export async function readCommitParts({ bucket, index, reading, beat }: FoldedSnapshot): Promise<void> {
  let before = 0;
  for (const [at, part] of (index?.parts ?? []).entries()) {
    if (part.kind !== "commits" || index === undefined) continue;
    const lines = await readPart(bucket, index, part, at + 1, reading);
    beat?.();
    for (const [number, line] of lines.entries()) {
      const { revision } = required(parseCommit(line), part.name, number);
      if (revision <= before || revision > index.revision)
        throw damaged(part.name, `revision ${revision} does not belong there`);
      before = revision;
    }
  }
}

/** Without a loop over their characters, since this is asked for every line of a base. */
function isSamePlace(left: KeyPlace, right: KeyPlace): boolean {
  return left.key === right.key && left.namespace === right.namespace;
}

function isWithin(place: KeyPlace, after: KeyPlace | null, upTo: KeyPlace | null): boolean {
  return (
    (after === null || comparePlaces(place, after) > 0) && (upTo === null || comparePlaces(place, upTo) <= 0)
  );
}

interface FoldedRange {
  /** In order of places. */
  readonly changed: readonly Folded[];
  readonly upTo: KeyPlace | null;
}

/** The newest change of each key after `after`: all of them, or the smallest keys that fit. */
async function foldSegments(
  { bucket, snapshot, reading, beat }: FoldedSnapshot,
  after: KeyPlace | null,
  maxBytes: number,
): Promise<FoldedRange> {
  const { lineage } = snapshot.manifest;
  let newest = new Map<string, Folded>();
  let upTo: KeyPlace | null = null;
  let bytes = 0;
  const note = (change: ChangeLine, revision: number) => {
    if (!isWithin(change, after, upTo)) return;
    const name = `${change.namespace}\n${change.key}`;
    const folded = foldedOf(change, revision);
    bytes += weight(folded) - weight(newest.get(name));
    newest.set(name, folded);
  };
  for (const { segment, auth } of snapshot.segments) {
    if (auth !== undefined) {
      const lines = await readSegment(bucket, lineage, auth, null, reading);
      lines.forEach((line, number) => {
        const { revision, changes } = required(parseAuthChanges(line), auth.name, number);
        for (const change of changes) note(change, revision);
      });
    }
    const lines = await readSegment(bucket, lineage, segment, auth?.sha256 ?? null, reading);
    lines.forEach((line, number) => {
      const { commit, changes } = required(parseCommitWithChanges(line), segment.name, number);
      for (const change of changes) note(change, commit.revision);
    });
    beat?.();
    if (bytes <= maxBytes) continue;
    const kept = smallest([...newest.values()].sort(comparePlaces), maxBytes / 2);
    const last = kept.at(-1);
    upTo = last === undefined ? null : placeAt(last);
    newest = new Map(kept.map((folded) => [`${folded.namespace}\n${folded.key}`, folded]));
    bytes = kept.reduce((sum, folded) => sum + weight(folded), 0);
  }
  return { changed: [...newest.values()].sort(comparePlaces), upTo };
}

/** The first ones in order that fit, at least one. */
function smallest(sorted: readonly Folded[], maxBytes: number): Folded[] {
  let bytes = 0;
  const end = sorted.findIndex((folded) => {
    bytes += weight(folded);
    return bytes > maxBytes;
  });
  return sorted.slice(0, end < 0 ? sorted.length : Math.max(1, end));
}

function weight(folded: Folded | undefined): number {
  return folded === undefined ? 0 : 100 + 2 * folded.key.length + 2 * (folded.line?.length ?? 0);
}

function foldedOf(change: ChangeLine, revision: number): Folded {
  const { namespace, key, op, value } = change;
  if (op !== "put" || value === null) return { namespace, key, line: null, valueBytes: 0 };
  const { mediaType, text } = change;
  const line = text
    ? JSON.stringify([key, revision, mediaType, textOf(value)])
    : JSON.stringify([key, revision, mediaType, null, formatHex(value)]);
  return { namespace, key, line, valueBytes: value.length };
}

/** What each key of the base is at the base's revision: the last of its lines. In order of places, part by part. */
async function* baseStates(
  { bucket, index, reading, beat }: FoldedSnapshot,
  kind: "documents" | "auth",
  after: KeyPlace | null,
  upTo: KeyPlace | null,
): AsyncGenerator<Folded[]> {
  if (index === undefined) return;
  let last: BaseChangeLine | undefined;
  for (const [at, part] of index.parts.entries()) {
    if (part.kind !== kind || part.first === null || part.last === null) continue;
    if (after !== null && comparePlaces(placeOf(part.last), after) <= 0) continue;
    if (upTo !== null && comparePlaces(placeOf(part.first), upTo) > 0) break;
    const lines = await readPart(bucket, index, part, at + 1, reading);
    beat?.();
    const states: Folded[] = [];
    for (const [number, line] of lines.entries()) {
      const change = required(parseBaseChange(line), part.name, number);
      if (!isWithin(change, after, upTo)) continue;
      if (last !== undefined && !isSamePlace(last, change)) states.push(foldedOf(last, last.revision));
      last = change;
    }
    yield states;
  }
  if (last !== undefined) yield [foldedOf(last, last.revision)];
}

function placeOf([namespace, key]: readonly [string, string]): KeyPlace {
  return { namespace, key };
}

/** A place and nothing else: it is kept between ticks. */
function placeAt({ namespace, key }: KeyPlace): KeyPlace {
  return { namespace, key };
}
