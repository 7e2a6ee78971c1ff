/**
 * What was committed to a namespace after a revision: from the segments, and where the revision lies before the base, from
 * the history that the base keeps. Promise: whole commits, in order, none left out; what is no longer kept is refused.
 */

import { damaged } from "../../bucket/bucket.ts";
import type { CommitFacts } from "../../core/history.ts";
import { SYSTEM } from "../../core/namespace.ts";
import type { BaseChangeLine, ChangeLine } from "../../snapshot/lines.ts";
import type { ReplicaChange, ReplicaCommit } from "../../store/replica/replica.ts";
import { baseChanges, baseCommits, type OwnCommit, type OwnReader, segmentCommits } from "./own.ts";
import { SourceRefused } from "./refused.ts";

export interface ChangesPart {
  readonly commits: readonly ReplicaCommit[];
  /** Everything up to there was given. */
  readonly reached: number;
}

/** Of the history in a base, about so much is held. */
const HISTORY_BYTES = 33_554_432;

/**
 * The commits after a revision, about `maxBytes` at a time, at least one where there is one. The last part reaches the
 * manifest's revision. Throws SourceRefused `compacted`, and BucketFault.
 */
export async function* readChanges(
  reader: OwnReader,
  after: number,
  { maxBytes, historyBytes = HISTORY_BYTES }: { maxBytes: number; historyBytes?: number },
): AsyncGenerator<ChangesPart> {
  requireKept(reader, after);
  let commits: ReplicaCommit[] = [];
  let bytes = 0;
  for await (const some of allCommits(reader, after, historyBytes)) {
    for (const one of some) {
      const weight = one.changes.reduce((sum, change) => sum + weightOf(change), 200);
      if (bytes > 0 && bytes + weight > maxBytes) {
        yield { commits, reached: commits.at(-1)?.revision ?? after };
        commits = [];
        bytes = 0;
      }
      commits.push(replicaCommit(one));
      bytes += weight;
    }
  }
  yield { commits, reached: reader.snapshot.manifest.revision };
}

/** A base says from which revision on each namespace's history is kept. */
function requireKept({ index, concern }: OwnReader, after: number): void {
  if (index === undefined || after >= index.revision) return;
  const marks = index.usage.filter(
    ({ namespace }) => namespace === concern.namespace || namespace === SYSTEM,
  );
  const oldest = Math.max(0, ...marks.map(({ compacted }) => compacted));
  if (after >= oldest) return;
  throw new SourceRefused(
    "compacted",
    `The bucket holds what was committed to ${concern.namespace} from revision ${oldest} on, and this is at ${after}. Begin with a snapshot.`,
    { oldest },
  );
}

async function* allCommits(
  reader: OwnReader,
  after: number,
  historyBytes: number,
): AsyncGenerator<OwnCommit[]> {
  const base = reader.index?.revision ?? 0;
  for (let from = after; from < base; ) {
    const { byRevision, upTo } = await collect(reader, from, historyBytes);
    yield await withFacts(reader, byRevision);
    from = upTo ?? base;
  }
  yield* segmentCommits(reader, Math.max(after, base));
}

interface Collected {
  readonly byRevision: ReadonlyMap<number, readonly ChangeLine[]>;
  /** The last revision that is whole; undefined where all are. */
  readonly upTo: number | undefined;
}

/** The base's changes after a revision. It has them in order of keys, so where they are too many the oldest are kept. */
async function collect(reader: OwnReader, after: number, maxBytes: number): Promise<Collected> {
  let byRevision = new Map<number, BaseChangeLine[]>();
  let upTo: number | undefined;
  let bytes = 0;
  for await (const changes of baseChanges(reader)) {
    for (const change of changes) {
      const { revision } = change;
      if (revision <= after || (upTo !== undefined && revision > upTo)) continue;
      const list = byRevision.get(revision);
      if (list === undefined) byRevision.set(revision, [change]);
      else list.push(change);
      bytes += weightOf(change);
    }
    if (bytes <= maxBytes) continue;
    const kept = oldest(byRevision, maxBytes / 2);
    byRevision = new Map(kept.revisions);
    upTo = kept.revisions.at(-1)?.[0];
    bytes = kept.bytes;
  }
  return { byRevision, upTo };
}

/** The first revisions that fit, at least one. */
function oldest(byRevision: ReadonlyMap<number, BaseChangeLine[]>, maxBytes: number) {
  const revisions: [number, BaseChangeLine[]][] = [];
  let bytes = 0;
  for (const entry of [...byRevision].sort(([left], [right]) => left - right)) {
    const weight = entry[1].reduce((sum, change) => sum + weightOf(change), 0);
    if (revisions.length > 0 && bytes + weight > maxBytes) break;
    revisions.push(entry);
    bytes += weight;
  }
  return { revisions, bytes };
}

/** The changes with their commits, oldest first. */
async function withFacts(
  reader: OwnReader,
  byRevision: ReadonlyMap<number, readonly ChangeLine[]>,
): Promise<OwnCommit[]> {
  const facts = new Map<number, CommitFacts>();
  for await (const commits of byRevision.size === 0 ? [] : baseCommits(reader)) {
    for (const commit of commits) if (byRevision.has(commit.revision)) facts.set(commit.revision, commit);
    if (facts.size === byRevision.size) break;
  }
  const revisions = [...byRevision].sort(([left], [right]) => left - right);
  return revisions.map(([revision, changes]) => {
    const commit = facts.get(revision);
    if (commit === undefined)
      throw damaged(reader.snapshot.base?.name ?? reader.snapshot.name, `it has no commit ${revision}`);
    return { commit, changes };
  });
}

function replicaCommit({ commit, changes }: OwnCommit): ReplicaCommit {
  const { revision, id, time: timeMs, actor, message } = commit;
  return { revision, id, timeMs, actor, message: message ?? undefined, changes: changes.map(replicaChange) };
}

/** A value that was purged is told as the purge, also where it had been replaced before. */
function replicaChange({ op, namespace, key, mediaType, value }: ChangeLine): ReplicaChange {
  if (op === "put" && mediaType !== null && value !== null)
    return { op, namespace, key, mediaType, bytes: value };
  return { op: op === "put" ? "erase" : op, namespace, key };
}

function weightOf({ key, value }: ChangeLine): number {
  return 200 + 2 * key.length + (value?.length ?? 0);
}
