/**
 * When the documents of a base were last changed. A document's line says its revision, and only the commit says when that
 * was. Promise: 16 bytes for each document of the namespace, however many commits the store has.
 */
import { damaged } from "../../bucket/bucket.ts";
import { baseChanges, baseCommits, type OwnReader } from "./own.ts";

export interface BaseTimes {
  /** Milliseconds since 1970. Throws BucketFault for a revision that the base has no commit of. */
  at(revision: number): number;
}

/**
 * Reads every part of the base that the namespace is in, and commits as far as they are needed. So whoever has the times
 * knows that all of it is sound. Throws BucketFault.
 */
export async function readBaseTimes(reader: OwnReader): Promise<BaseTimes> {
  const revisions = await readRevisions(reader);
  const times = new Float64Array(revisions.length).fill(Number.NaN);
  let at = 0;
  for await (const commits of revisions.length === 0 ? [] : baseCommits(reader)) {
    for (const { revision, time } of commits) {
      while (at < revisions.length && (revisions[at] ?? 0) < revision) at += 1;
      if (revisions[at] === revision) times[at] = time;
    }
    if ((commits.at(-1)?.revision ?? 0) >= (revisions.at(-1) ?? 0)) break;
  }
  const base = reader.snapshot.base?.name ?? reader.snapshot.name;
  return {
    at(revision) {
      const time = times[placeOf(revisions, revision)];
      if (time === undefined || Number.isNaN(time)) throw damaged(base, `it has no commit ${revision}`);
      return time;
    },
  };
}

/** The revisions that documents of the base stand at, each once, ascending. */
async function readRevisions(reader: OwnReader): Promise<Float64Array> {
  const found: number[] = [];
  for await (const changes of baseChanges(reader))
    for (const { created, revision } of changes) if (created !== null) found.push(revision);
  const sorted = Float64Array.from(found).sort();
  return sorted.filter((revision, at) => revision !== sorted[at - 1]);
}

/** Where a number stands in an ascending list; what comes after the last where it does not. */
function placeOf(sorted: Float64Array, wanted: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted ? low : sorted.length;
}
