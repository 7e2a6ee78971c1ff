/** The commits that objects of a bucket hold, each object checked as its manifest names it. Throws BucketFault. */
import { type Bucket, damaged } from "../../../lib/bucket/bucket.ts";
import type { CommitFacts } from "../../../lib/core/history.ts";
import { parseAuthChanges, parseCommit, parseCommitWithChanges } from "../../../lib/snapshot/lines.ts";
import {
  type Reading,
  type ReadManifest,
  readBaseIndex,
  readPart,
  readSegment,
  required,
} from "../../../lib/snapshot/read.ts";

export interface CommitsOf {
  readonly object: string;
  readonly commits: readonly CommitFacts[];
}

type Segment = ReadManifest["segments"][number];

/** Of a base: every commit up to its revision, part by part. */
export async function* readBaseCommits(
  bucket: Bucket,
  { base, manifest }: ReadManifest,
  reading: Reading,
): AsyncGenerator<CommitsOf> {
  if (base === undefined) return;
  const index = await readBaseIndex(bucket, base, manifest.ancestry, reading);
  for (const [at, part] of index.parts.entries()) {
    if (part.kind !== "commits") continue;
    const lines = await readPart(bucket, index, part, at + 1, reading);
    const commits = lines.map((line, number) => required(parseCommit(line), part.name, number));
    yield { object: part.name, commits };
  }
}

/** Of a segment; each has as many changes, with those of tokens, as its commit says. */
export async function readSegmentCommits(
  bucket: Bucket,
  lineage: string,
  { segment, auth }: Segment,
  reading: Reading,
): Promise<CommitsOf> {
  const lines = await readSegment(bucket, lineage, segment, auth?.sha256 ?? null, reading);
  const ofTokens = new Map<number, number>();
  const authLines = auth === undefined ? [] : await readSegment(bucket, lineage, auth, null, reading);
  for (const [number, line] of authLines.entries()) {
    const { revision, changes } = required(parseAuthChanges(line), auth?.name ?? "", number);
    ofTokens.set(revision, changes.length);
  }
  const { name } = segment;
  const commits = lines.map((line, number) => {
    const { commit, changes } = required(parseCommitWithChanges(line), name, number);
    const { revision, count } = commit;
    const there = changes.length + (ofTokens.get(revision) ?? 0);
    // What history_keep took away is missing, and never too many.
    if (there > count)
      throw damaged(name, `revision ${revision} says that it made ${count} changes, and has ${there}`);
    return commit;
  });
  if (commits.length !== segment.commits)
    throw damaged(name, `it holds ${commits.length} commits instead of ${segment.commits}`);
  return { object: name, commits };
}
