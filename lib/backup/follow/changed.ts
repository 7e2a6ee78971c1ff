/**
 * What the segments of a snapshot made of a namespace's keys. Promise: what is held is bounded: where more has changed, the
 * smallest keys are folded, and the rest is for the next range of keys.
 */
import { comparePlaces, type KeyPlace } from "../../snapshot/fold-merge.ts";
import { type OwnReader, segmentCommits } from "./own.ts";

/** A key that changed after the base. */
export interface ChangedKey extends KeyPlace {
  /** What it is now; undefined where it has ended. */
  readonly value: ChangedValue | undefined;
  /** Its present life began after the base: then that is not the base's document any more. */
  readonly anew: boolean;
  /** Puts of the present life, and the first of them. */
  readonly puts: number;
  readonly firstRevision: number;
}

export interface ChangedValue {
  readonly revision: number;
  readonly timeMs: number;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface ChangedRange {
  /** In order of places. */
  readonly changed: readonly ChangedKey[];
  /** The last place of the range; null where it goes to the end. */
  readonly upTo: KeyPlace | null;
}

/** Folds the segments for the keys after a place, as many as fit into about `maxBytes`. Throws BucketFault. */
export async function foldChanged(
  reader: OwnReader,
  after: KeyPlace | null,
  maxBytes: number,
): Promise<ChangedRange> {
  let newest = new Map<string, ChangedKey>();
  let upTo: KeyPlace | null = null;
  let bytes = 0;
  for await (const commits of segmentCommits(reader, 0)) {
    for (const { commit, changes } of commits) {
      for (const { namespace, key, op, mediaType, value } of changes) {
        const place = { namespace, key };
        if (after !== null && comparePlaces(place, after) <= 0) continue;
        if (upTo !== null && comparePlaces(place, upTo) > 0) continue;
        const name = `${namespace}\n${key}`;
        const before = newest.get(name);
        const put = op === "put" && value !== null && mediaType !== null;
        const { revision, time: timeMs } = commit;
        const next = put
          ? putOn(before, place, { revision, timeMs, mediaType, bytes: value })
          : { ...place, value: undefined, anew: true, puts: 0, firstRevision: 0 };
        newest.set(name, next);
        bytes += weightOf(next) - (before === undefined ? 0 : weightOf(before));
      }
    }
    if (bytes <= maxBytes) continue;
    const kept = smallest([...newest.values()].sort(comparePlaces), maxBytes / 2);
    const last = kept.at(-1);
    upTo = last === undefined ? null : { namespace: last.namespace, key: last.key };
    newest = new Map(kept.map((one) => [`${one.namespace}\n${one.key}`, one]));
    bytes = kept.reduce((sum, one) => sum + weightOf(one), 0);
  }
  return { changed: [...newest.values()].sort(comparePlaces), upTo };
}

function putOn(before: ChangedKey | undefined, place: KeyPlace, value: ChangedValue): ChangedKey {
  const anew = before?.anew ?? false;
  if (before === undefined || before.puts === 0)
    return { ...place, value, anew, puts: 1, firstRevision: value.revision };
  return { ...place, value, anew, puts: before.puts + 1, firstRevision: before.firstRevision };
}

/** The first ones in order that fit, at least one. */
function smallest(sorted: readonly ChangedKey[], maxBytes: number): readonly ChangedKey[] {
  let bytes = 0;
  const end = sorted.findIndex((one) => {
    bytes += weightOf(one);
    return bytes > maxBytes;
  });
  return sorted.slice(0, end < 0 ? sorted.length : Math.max(1, end));
}

function weightOf({ key, value }: ChangedKey): number {
  return 200 + 2 * key.length + (value?.bytes.length ?? 0);
}
