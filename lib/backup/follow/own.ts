/**
 * What of a snapshot's objects concerns one namespace. Promise: two objects are held at a time, what is foreign in it is
 * dropped at once, objects in which nothing can be are not fetched, and those of tokens never are: an edge may be kept
 * from reading them.
 */
import { type Bucket, damaged } from "../../bucket/bucket.ts";
import type { CommitFacts } from "../../core/history.ts";
import { comparePlaces, type KeyPlace } from "../../snapshot/fold-merge.ts";
import {
  type BaseChangeLine,
  type ChangeLine,
  parseBaseChange,
  parseCommit,
  parseCommitWithChanges,
} from "../../snapshot/lines.ts";
import {
  type Reading,
  type ReadManifest,
  readIndex,
  readPart,
  readSegment,
  required,
} from "../../snapshot/read.ts";
import type { BaseIndex, BasePart, SegmentObject } from "../../snapshot/schemas.ts";
import { readAhead } from "./ahead.ts";
import type { Concern } from "./concern.ts";

/** One snapshot, read for one namespace. */
export interface OwnReader {
  readonly bucket: Bucket;
  readonly reading: Reading;
  readonly snapshot: ReadManifest;
  /** Undefined where the chain begins with nothing. */
  readonly index: BaseIndex | undefined;
  readonly concern: Concern;
}

/** A commit that changed something of the namespace, with those changes alone. */
export interface OwnCommit {
  readonly commit: CommitFacts;
  readonly changes: readonly ChangeLine[];
}

/** Reads the base's index. Throws BucketFault. */
export async function openOwnReader(given: Omit<OwnReader, "index">): Promise<OwnReader> {
  const { bucket, snapshot, reading } = given;
  return { ...given, index: await readIndex(bucket, snapshot, reading) };
}

/** The segments' commits above a revision, oldest first, a segment at a time. Throws BucketFault. */
export async function* segmentCommits(reader: OwnReader, after: number): AsyncGenerator<OwnCommit[]> {
  const { bucket, reading, snapshot, concern } = reader;
  const { lineage } = snapshot.manifest;
  const segments = snapshot.segments.filter(
    ({ segment }) => segment.revision > after && concern.touches(segment.namespaces),
  );
  const read = ({ segment, auth }: (typeof segments)[number]) =>
    readSegment(bucket, lineage, segment, auth?.sha256 ?? null, reading);
  for await (const [{ segment }, lines] of readAhead(segments, read)) {
    yield ownCommits(lines, segment, concern).filter(({ commit }) => commit.revision > after);
  }
}

function ownCommits(lines: readonly string[], segment: SegmentObject, concern: Concern): OwnCommit[] {
  const commits: OwnCommit[] = [];
  let before = segment.after;
  for (const [at, line] of lines.entries()) {
    const { commit, changes } = required(parseCommitWithChanges(line), segment.name, at);
    const { revision } = commit;
    if (revision <= before || revision > segment.revision)
      throw damaged(segment.name, `revision ${revision} does not belong there`);
    // Tokens lie apart and compaction takes changes away, so there may be fewer.
    if (changes.length > commit.count)
      throw damaged(
        segment.name,
        `commit ${revision} has ${changes.length} changes instead of ${commit.count}`,
      );
    before = revision;
    const own = changes.filter((change) => concern.covers(change));
    if (own.length > 0) commits.push({ commit, changes: own });
  }
  if (before !== segment.revision) throw damaged(segment.name, "it ends before its revision");
  return commits;
}

/** Of places: the first is left out, and the last is not. Null is open. */
export interface PlaceRange {
  readonly after: KeyPlace | null;
  readonly upTo: KeyPlace | null;
}

/**
 * The base's changes of the namespace, all history that it holds, in order of places, a part at a time. Only parts that
 * reach into the range are read, and they are given whole. Throws BucketFault.
 */
export async function* baseChanges(
  reader: OwnReader,
  { after, upTo }: PlaceRange = { after: null, upTo: null },
): AsyncGenerator<BaseChangeLine[]> {
  const { index, concern } = reader;
  let last: BaseChangeLine | undefined;
  const isWanted = ({ kind, namespaces, first, last }: BasePart) =>
    kind === "documents" &&
    concern.touches(namespaces) &&
    (after === null || last === null || comparePlaces(placeOf(last), after) > 0) &&
    (upTo === null || first === null || comparePlaces(placeOf(first), upTo) <= 0);
  for await (const [part, lines] of baseParts(reader, isWanted)) {
    const own: BaseChangeLine[] = [];
    for (const [number, line] of lines.entries()) {
      const change = required(parseBaseChange(line), part.name, number);
      if (!concern.covers(change)) continue;
      if (change.revision > (index?.revision ?? 0) || (last !== undefined && !isInOrder(last, change)))
        throw damaged(part.name, `line ${number + 2} does not belong there`);
      last = change;
      own.push(change);
    }
    yield own;
  }
}

/** Those of the base's parts that are wanted, in order, with their lines. */
async function* baseParts(
  { bucket, reading, index }: OwnReader,
  isWanted: (part: BasePart) => boolean,
): AsyncGenerator<readonly [BasePart, string[]]> {
  if (index === undefined) return;
  const numbered = index.parts.map((part, at) => ({ part, number: at + 1 }));
  const wanted = numbered.filter(({ part }) => isWanted(part));
  const read = ({ part, number }: (typeof wanted)[number]) => readPart(bucket, index, part, number, reading);
  for await (const [{ part }, lines] of readAhead(wanted, read)) yield [part, lines];
}

function placeOf([namespace, key]: readonly [string, string]): KeyPlace {
  return { namespace, key };
}

function isInOrder(one: BaseChangeLine, next: BaseChangeLine): boolean {
  return (comparePlaces(one, next) || one.revision - next.revision) < 0;
}

/** The base's commits, all of them, oldest first, a part at a time. Throws BucketFault. */
export async function* baseCommits(reader: OwnReader): AsyncGenerator<CommitFacts[]> {
  const upTo = reader.index?.revision ?? 0;
  let before = 0;
  for await (const [part, lines] of baseParts(reader, ({ kind }) => kind === "commits")) {
    yield lines.map((line, number) => {
      const commit = required(parseCommit(line), part.name, number);
      if (commit.revision <= before || commit.revision > upTo)
        throw damaged(part.name, `revision ${commit.revision} does not belong there`);
      before = commit.revision;
      return commit;
    });
  }
}
