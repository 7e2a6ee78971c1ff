/**
 * Which snapshot a restore begins with: the newest of all lineages, a named branch, or one that holds a named
 * revision or moment of its history. Promise: nothing is guessed; where two histories are equally good it is
 * refused with their names, and what the bucket does not hold is refused with what it does.
 */

import { type Bucket, type BucketFault, isDamage } from "../../bucket/bucket.ts";
import { accept, refuse } from "../../core/refusal.ts";
import { formatTime } from "../../core/time.ts";
import { listClaims, readHeads } from "../../snapshot/heads.ts";
import type { Reading, ReadManifest } from "../../snapshot/read.ts";
import { branchOf, type LineageTop, listTops } from "../histories/branches.ts";
import {
  type Branched,
  chooseBranch,
  type FoundOutcome,
  OnlyOlder,
  type Searching,
} from "../histories/choose-branch.ts";
import { findHolder } from "./find-holder.ts";
import { findRevisionAt } from "./find-time.ts";

/** Higher ones would leave no revision below 2^53; a head that says so is wrong. */
const EPOCHS_MAX = 8192;

/** What is asked for; at most one of `revision` and `timeMs`. Nothing: the newest. */
export interface Wanted {
  readonly revision?: number | undefined;
  /** The last commit at or before this moment. */
  readonly timeMs?: number | undefined;
  /** A lineage's first digits (at least 8), with `@` and a run's where one lineage holds two chains. */
  readonly branch?: string | undefined;
}

export interface OtherBranch {
  readonly branch: string;
  readonly epoch: number;
  readonly revision: number;
}

export interface FoundSnapshot {
  readonly snapshot: ReadManifest;
  /** The revision to restore to, at or below the manifest's, and perhaps below that of its base. */
  readonly revision: number;
  /** The newest revision of the branch. */
  readonly newestRevision: number;
  /** What else the bucket holds. */
  readonly others: readonly OtherBranch[];
  /** Damaged objects, because of which other snapshots of the revision were passed over. */
  readonly damaged: readonly string[];
}

/** Finds the snapshot. Throws BucketFault, `snapshot_damaged` included; withSound goes on from that. */
export async function findSnapshot(
  bucket: Bucket,
  wanted: Wanted = {},
  searching: Searching = {},
): Promise<FoundOutcome<FoundSnapshot>> {
  const tops = await listTops(bucket);
  const branched = await chooseFor(bucket, tops, wanted, searching);
  if (!branched.ok) return branched;
  const { newest } = branched.value;
  const revision =
    wanted.timeMs === undefined
      ? accept(wanted.revision ?? newest.manifest.revision)
      : await atTime(bucket, newest, wanted.timeMs, searching);
  if (!revision.ok) return revision;
  const snapshot = await findHolder(bucket, branched.value, revision.value, { tops, searching });
  if (!snapshot.ok) return snapshot;
  return accept({
    snapshot: snapshot.value,
    revision: revision.value,
    newestRevision: newest.manifest.revision,
    others: tops
      .filter(({ lineage }) => lineage !== newest.manifest.lineage)
      .map((top) => {
        const { branch, epoch, revision } = branchOf(top.names[0] ?? "", false);
        return { branch, epoch, revision };
      }),
    damaged: (searching.damage ?? []).map(({ object }) => object),
  });
}

/** The branch that is wanted. For a revision that an older snapshot has too, nothing is lost by going on from that one. */
async function chooseFor(
  bucket: Bucket,
  tops: readonly LineageTop[],
  { branch, revision }: Wanted,
  searching: Searching,
): Promise<FoundOutcome<Branched>> {
  try {
    return await chooseBranch(bucket, tops, branch, searching);
  } catch (error) {
    const older = error instanceof OnlyOlder && branch === undefined ? error.older : undefined;
    if (older === undefined || revision === undefined || older.revision < revision) throw error;
    return chooseBranch(bucket, tops, older.branch, searching);
  }
}

/**
 * Finds the snapshot and does something with it. Where an object of it turns out to be damaged, the work is done again
 * with another snapshot that holds the same revision: nothing is lost by that. `known` is damage that was met before.
 * Throws BucketFault where none does: OnlyOlder where an older one could be used.
 */
export async function withSound<T>(
  { bucket, reading }: { readonly bucket: Bucket; readonly reading?: Reading | undefined },
  wanted: Wanted,
  work: (found: FoundSnapshot) => Promise<T>,
  known: readonly BucketFault[] = [],
): Promise<FoundOutcome<T>> {
  const damage = [...known];
  for (;;) {
    try {
      const found = await findSnapshot(bucket, wanted, { ...reading, damage });
      return found.ok ? accept(await work(found.value)) : found;
    } catch (error) {
      if (!isDamage(error) || damage.some(({ object }) => object === error.object)) throw error;
      // What an older snapshot could be used instead of, without saying so twice.
      damage.push(error instanceof OnlyOlder && isDamage(error.cause) ? error.cause : error);
    }
  }
}

async function atTime(
  bucket: Bucket,
  newest: ReadManifest,
  timeMs: number,
  reading: Reading,
): Promise<FoundOutcome<number>> {
  const { revision, firstMs } = await findRevisionAt(bucket, newest, timeMs, reading);
  if (revision !== undefined) return accept(revision);
  const first = firstMs === undefined ? "nothing" : `a commit of ${formatTime(firstMs)}`;
  return refuse("not_found", `There is no commit at or before that time: the history begins with ${first}.`);
}

/** The highest epoch that anything in the bucket speaks of; an unreadable head counts for nothing. */
export async function findHighestEpoch(bucket: Bucket, tops: readonly LineageTop[]): Promise<number> {
  const claims = await listClaims(bucket);
  const heads = (await readHeads(bucket)).filter(({ epoch }) => epoch < EPOCHS_MAX);
  return Math.max(0, ...[...tops, ...claims, ...heads].map(({ epoch }) => epoch));
}
