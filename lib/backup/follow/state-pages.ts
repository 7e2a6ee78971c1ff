/** The state of a namespace as pages: from the newest manifest that can be read, and to its end from that one alone. */
import type { KeyPlace } from "../../snapshot/fold-merge.ts";
import { type ReadManifest, readManifest } from "../../snapshot/read.ts";
import { type Concern, concernOf } from "./concern.ts";
import { formatStateCursor, parseStateCursor } from "./cursor.ts";
import { type Following, withNewest } from "./following.ts";
import { openOwnReader } from "./own.ts";
import { openReach, unlessAborted } from "./reach.ts";
import { SourceRefused } from "./refused.ts";
import type { FollowedState, ReadFollowedState } from "./source.ts";
import { readState, type StatePart } from "./state.ts";
import { nextPart, openWalks, type Walk } from "./walks.ts";

export function openStatePages(following: Following): ReadFollowedState {
  const { choosing, ratchet, maxBytes } = following;
  const { bucket, reading } = choosing;
  const walks = openWalks<StatePart>();
  const begin = async (read: ReadManifest, concern: Concern, after: KeyPlace | null) => {
    const reach = openReach(bucket);
    const reader = await openOwnReader({ bucket: reach.bucket, reading, snapshot: read, concern });
    return { read, reach, parts: readState(reader, after, { maxBytes }) };
  };
  /** A walk that was dropped, or met a fault, is begun again where its next page was to begin. */
  const goOn = async (concern: Concern, next: string) => {
    const { manifest, sha256, after } = parseStateCursor(next);
    if (!concern.covers(after))
      throw new SourceRefused(
        "bad_parameter",
        `That is a page of another namespace than ${concern.namespace}.`,
      );
    const read = await readManifest(bucket, manifest, sha256, reading);
    return begin(read, concern, after);
  };
  const pageOf = async (
    walk: Walk<StatePart>,
    namespace: string,
    signal: AbortSignal,
  ): Promise<FollowedState> => {
    const { documents, last } = await nextPart(walk, signal);
    const { lineage, revision } = walk.read.manifest;
    const at = documents.at(-1);
    const next = last || at === undefined ? undefined : formatStateCursor(walk.read, at);
    if (next !== undefined) walks.keep(namespace, next, walk);
    ratchet.raise(walk.read);
    return { place: { lineage, revision }, documents, next };
  };
  return async (namespace, next, signal) => {
    const concern = concernOf(namespace);
    if (next !== undefined) {
      const walk = walks.take(namespace, next);
      return unlessAborted(
        async () => pageOf(walk ?? (await goOn(concern, next)), namespace, signal),
        signal,
      );
    }
    const work = async (read: ReadManifest) => pageOf(await begin(read, concern, null), namespace, signal);
    return unlessAborted(() => withNewest(following, work, { thorough: true }), signal);
  };
}
