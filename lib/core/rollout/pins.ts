/**
 * Pins: revisions of a namespace that its channels need, whatever is no longer kept around them. The revision that a channel
 * points at is one, and both revisions of a rollout that has not ended. A version of these documents pins as long as it
 * was in force at a revision that the namespace still keeps, so that a store restored to that one serves it, too.
 */
import { type ChannelDocument, placeOfPointer, type RolloutDocument } from "./documents.ts";

export interface Pin {
  readonly namespace: string;
  readonly revision: number;
}

/** What one version of a document of `_system` pins. Its shape was judged with the commit that wrote it. */
export function pinsOf(key: string, json: string): Pin[] {
  const place = placeOfPointer(key);
  if (place === undefined) return [];
  const { namespace } = place;
  if (place.kind === "channel") {
    const channel: ChannelDocument = JSON.parse(json);
    return [{ namespace, revision: channel.revision }];
  }
  const { from, to, state }: RolloutDocument = JSON.parse(json);
  return state === "done" || state === "aborted"
    ? []
    : [from, to].map((revision) => ({ namespace, revision }));
}
