/**
 * The state of a namespace at a manifest's revision: the base's documents in order of their keys, and what the segments
 * made of them. Promise: revisions, ages and times are those of the store, by the rules of a commit (a put of a present
 * document is its next version, of an absent one the first).
 */
import { comparePlaces, type KeyPlace } from "../../snapshot/fold-merge.ts";
import type { BaseChangeLine } from "../../snapshot/lines.ts";
import type { ReplicaDocument } from "../../store/replica/replica.ts";
import { type ChangedKey, type ChangedRange, foldChanged } from "./changed.ts";
import { baseChanges, type OwnReader } from "./own.ts";
import { type BaseTimes, readBaseTimes } from "./times.ts";

export interface StatePart {
  readonly documents: readonly ReplicaDocument[];
  /** There is nothing after them. */
  readonly last: boolean;
}

/** Of what changed since the base, about so much is held. */
const CHANGED_BYTES = 33_554_432;

/**
 * The documents after a place, in order, about `maxBytes` at a time. Nothing is given before every object that the
 * state needs was read and checked once. Throws BucketFault.
 */
export async function* readState(
  reader: OwnReader,
  after: KeyPlace | null,
  { maxBytes, changedBytes = CHANGED_BYTES }: { maxBytes: number; changedBytes?: number },
): AsyncGenerator<StatePart> {
  let documents: ReplicaDocument[] = [];
  let bytes = 0;
  for await (const some of allDocuments(reader, after, changedBytes)) {
    for (const document of some) {
      const weight = document.bytes.length + 2 * document.key.length + 200;
      if (documents.length > 0 && bytes + weight > maxBytes) {
        yield { documents, last: false };
        documents = [];
        bytes = 0;
      }
      documents.push(document);
      bytes += weight;
    }
  }
  yield { documents, last: true };
}

async function* allDocuments(
  reader: OwnReader,
  after: KeyPlace | null,
  changedBytes: number,
): AsyncGenerator<ReplicaDocument[]> {
  const times = await readBaseTimes(reader);
  for (let from = after; ; ) {
    const range = await foldChanged(reader, from, changedBytes);
    yield* mergedRange(reader, from, range, times);
    if (range.upTo === null) return;
    from = range.upTo;
  }
}

/** The documents of one range of keys: the base's part by part, with what has changed put in its place. */
async function* mergedRange(
  reader: OwnReader,
  after: KeyPlace | null,
  { changed, upTo }: ChangedRange,
  times: BaseTimes,
): AsyncGenerator<ReplicaDocument[]> {
  let at = 0;
  for await (const lines of baseChanges(reader, { after, upTo })) {
    const documents: ReplicaDocument[] = [];
    for (const line of lines) {
      if (line.created === null || (after !== null && comparePlaces(line, after) <= 0)) continue;
      if (upTo !== null && comparePlaces(line, upTo) > 0) break;
      for (; isBefore(changed[at], line); at += 1) documents.push(...changedDocument(changed[at], undefined));
      const change = changed[at];
      const same = change !== undefined && comparePlaces(change, line) === 0;
      if (same) at += 1;
      documents.push(...(same ? changedDocument(change, line) : baseDocument(line, times)));
    }
    yield documents;
  }
  yield changed.slice(at).flatMap((one) => changedDocument(one, undefined));
}

function isBefore(change: ChangedKey | undefined, line: BaseChangeLine): boolean {
  return change !== undefined && comparePlaces(change, line) < 0;
}

/** `base` is the document of that key at the base. Nothing where it has ended. */
function changedDocument(
  change: ChangedKey | undefined,
  base: BaseChangeLine | undefined,
): ReplicaDocument[] {
  if (change?.value === undefined) return [];
  const { namespace, key, puts, firstRevision } = change;
  const { revision, timeMs: modifiedMs, mediaType, bytes } = change.value;
  const before = change.anew ? undefined : base;
  const createdRevision = before?.created ?? firstRevision;
  const version = (before?.version ?? 0) + puts;
  return [{ namespace, key, revision, createdRevision, version, mediaType, modifiedMs, bytes }];
}

function baseDocument(line: BaseChangeLine, times: BaseTimes): ReplicaDocument[] {
  const { namespace, key, revision, created, version, mediaType, value } = line;
  if (created === null || version === null || mediaType === null || value === null) return [];
  const modifiedMs = times.at(revision);
  return [
    { namespace, key, revision, createdRevision: created, version, mediaType, modifiedMs, bytes: value },
  ];
}
