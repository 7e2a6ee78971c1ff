/**
 * A moment becomes a revision: the last commit at or before it, where a commit's time is the highest of its own
 * and all before it (a clock that was set back must not make an old state look new). Example: times 10, 30, 20,
 * 40 count as 10, 30, 30, 40, so 25 means the first commit and 35 the third.
 */
import type { Bucket } from "../../bucket/bucket.ts";
import type { CommitFacts } from "../../core/history.ts";
import { parseCommit, parseCommitWithChanges } from "../../snapshot/lines.ts";
import {
  type Reading,
  type ReadManifest,
  readIndex,
  readPart,
  readSegment,
  required,
} from "../../snapshot/read.ts";

export interface RevisionAt {
  /** Undefined when every commit is later. */
  readonly revision: number | undefined;
  /** When the oldest commit was made. */
  readonly firstMs: number | undefined;
}

/** Reads commits, oldest first, up to the first one after the moment. Throws BucketFault. */
export async function findRevisionAt(
  bucket: Bucket,
  snapshot: ReadManifest,
  timeMs: number,
  reading: Reading,
): Promise<RevisionAt> {
  let revision: number | undefined;
  let firstMs: number | undefined;
  for await (const commits of commitPages(bucket, snapshot, reading)) {
    for (const commit of commits) {
      firstMs ??= commit.time;
      if (commit.time > timeMs) return { revision, firstMs };
      revision = commit.revision;
    }
  }
  return { revision, firstMs };
}

/** All commits that a snapshot holds, an object at a time. */
async function* commitPages(
  bucket: Bucket,
  snapshot: ReadManifest,
  reading: Reading,
): AsyncGenerator<CommitFacts[]> {
  const index = await readIndex(bucket, snapshot, reading);
  for (const [at, part] of (index?.parts ?? []).entries()) {
    if (index === undefined || part.kind !== "commits") continue;
    const lines = await readPart(bucket, index, part, at + 1, reading);
    yield lines.map((line, number) => required(parseCommit(line), part.name, number));
  }
  for (const { segment, auth } of snapshot.segments) {
    const lines = await readSegment(
      bucket,
      snapshot.manifest.lineage,
      segment,
      auth?.sha256 ?? null,
      reading,
    );
    yield lines.map((line, number) => required(parseCommitWithChanges(line), segment.name, number).commit);
  }
}
