/** What was committed to a namespace after a place, as pages: nothing but a look where there is nothing new. */
import type { BucketFault } from "../../bucket/bucket.ts";
import type { ReadManifest } from "../../snapshot/read.ts";
import { type ChangesPart, readChanges } from "./changes.ts";
import { type Concern, concernOf } from "./concern.ts";
import { type Following, withNewest } from "./following.ts";
import { openOwnReader } from "./own.ts";
import { placeIn, requireShared } from "./places.ts";
import { openReach, unlessAborted } from "./reach.ts";
import type { FollowedChanges, FollowedPlace, ReadFollowedChanges } from "./source.ts";
import { nextPart, openWalks, type Walk } from "./walks.ts";

export function openChangesPages(following: Following): ReadFollowedChanges {
  const { choosing, ratchet, maxBytes } = following;
  const { bucket, reading } = choosing;
  const walks = openWalks<ChangesPart>();
  const begin = async (read: ReadManifest, concern: Concern, after: number) => {
    const reach = openReach(bucket);
    const given = { bucket: reach.bucket, reading, snapshot: read, concern };
    const isInSegments = after >= (read.base?.revision ?? 0);
    const reader = isInSegments ? { ...given, index: undefined } : await openOwnReader(given);
    return { read, reach, parts: readChanges(reader, after, { maxBytes }) };
  };
  const pageOf = async (
    walk: Walk<ChangesPart>,
    namespace: string,
    signal: AbortSignal,
  ): Promise<FollowedChanges> => {
    const { commits, reached } = await nextPart(walk, signal);
    const { ancestry, revision: head } = walk.read.manifest;
    const place = placeIn(ancestry, reached);
    if (reached < head) walks.keep(namespace, textOf(place), walk);
    ratchet.raise(walk.read);
    return { place, head, commits };
  };
  const pageAfter = async (
    read: ReadManifest,
    { concern, after, signal }: { concern: Concern; after: FollowedPlace; signal: AbortSignal },
    passedOver: BucketFault | undefined,
  ): Promise<FollowedChanges> => {
    requireShared(read.manifest.ancestry, after);
    if (read.manifest.revision > after.revision)
      return pageOf(await begin(read, concern, after.revision), concern.namespace, signal);
    // Something newer lies there and cannot be read: that is not the same as nothing new.
    if (passedOver !== undefined) throw passedOver;
    return { place: after, head: after.revision, commits: [] };
  };
  return async (namespace, after, { signal }) => {
    const concern = concernOf(namespace);
    const walk = walks.take(namespace, textOf(after));
    if (walk !== undefined) return pageOf(walk, namespace, signal);
    return unlessAborted(
      () =>
        withNewest(following, (read, passedOver) => pageAfter(read, { concern, after, signal }, passedOver)),
      signal,
    );
  };
}

function textOf({ lineage, revision }: FollowedPlace): string {
  return `${lineage} ${revision}`;
}
