/**
 * Living from the bucket: a namespace's state and its changes, read from the object store when the origin is gone.
 * Promise: nothing is given that was not checked against the hashes of a manifest (and, with pinned keys, against its
 * signature), nothing of a history that the replica's own is not part of, and never less than was seen before.
 */
import type { Bucket, BucketFault } from "../../bucket/bucket.ts";
import type { Reading, ReadManifest } from "../../snapshot/read.ts";
import { openChangesPages } from "./changes-pages.ts";
import type { Choosing } from "./choose.ts";
import { openContinuity } from "./continued.ts";
import { withNewest } from "./following.ts";
import { type KnownManifest, openRatchet } from "./known.ts";
import { unlessAborted } from "./reach.ts";
import type { FollowedHistory, ReadFollowedChanges, ReadFollowedState } from "./source.ts";
import { openStatePages } from "./state-pages.ts";
import { openWatch } from "./watch.ts";

export interface BucketSourceOptions {
  readonly bucket: Bucket;
  /** What the source is called in logs and reports. */
  readonly name: string;
  /** Which signatures are asked for (`trust`), and what opens encrypted objects (`open`). */
  readonly reading?: Reading | undefined;
  /** The highest manifest that anything was taken from before: keep what `known()` says. */
  readonly known?: KnownManifest | undefined;
  /**
   * Which of two newest histories, by the name that the refusal `fork` gives, and what comes from it later. Where another one
   * was followed before, leave `known` out.
   */
  readonly branch?: string | undefined;
  /** About how much a page holds. */
  readonly pageBytes?: number | undefined;
  /** Told of each object that was damaged or missing, because of which something older was taken. */
  onDamage?(fault: BucketFault): void;
}

export interface BucketSource {
  readonly kind: "bucket";
  readonly name: string;
  /** The newest history that can be taken: one look. */
  history(namespace: string, signal: AbortSignal): Promise<FollowedHistory>;
  readonly snapshot: ReadFollowedState;
  readonly changes: ReadFollowedChanges;
  /** The highest manifest that anything was taken from; nothing lower is taken any more. */
  known(): KnownManifest | undefined;
}

const PAGE_BYTES = 4_194_304;

/** Opens the source; asks the bucket nothing yet. Its functions throw SourceRefused and BucketFault. */
export function openBucketSource(options: BucketSourceOptions): BucketSource {
  const { bucket, name, reading = {}, branch, onDamage, pageBytes = PAGE_BYTES } = options;
  const choosing: Choosing = { bucket, reading, branch, ...(onDamage === undefined ? {} : { onDamage }) };
  const ratchet = openRatchet(options.known);
  const following = {
    choosing,
    watch: openWatch(choosing),
    ratchet,
    requireContinued: openContinuity(bucket, reading),
    maxBytes: pageBytes,
  };
  return {
    kind: "bucket",
    name,
    history: (_namespace, signal) => unlessAborted(() => withNewest(following, historyOf), signal),
    known: ratchet.known,
    snapshot: openStatePages(following),
    changes: openChangesPages(following),
  };
}

async function historyOf({ manifest: { ancestry, revision } }: ReadManifest): Promise<FollowedHistory> {
  return { lives: ancestry, head: revision };
}
