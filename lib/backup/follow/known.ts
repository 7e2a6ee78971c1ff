/**
 * The highest manifest that anything was taken from. Promise: it only rises, so an old manifest that somebody puts back,
 * whole and signed as it is, is refused.
 */
import type { ReadManifest } from "../../snapshot/read.ts";
import { SourceRefused } from "./refused.ts";
import type { FollowedPlace } from "./source.ts";

/** How far a bucket was, and what tells its history from another one of the same lineage. */
export interface KnownManifest extends FollowedPlace {
  readonly epoch: number;
  /** The id of the commit at its revision. */
  readonly tip: string;
  /** SHA-256 of the last object that it named; undefined where it named none. */
  readonly object: string | undefined;
}

export interface Ratchet {
  known(): KnownManifest | undefined;
  /** Throws SourceRefused `rolled_back` for a manifest below what is known. */
  requireNotLower(read: ReadManifest): void;
  raise(read: ReadManifest): void;
}

export function openRatchet(from: KnownManifest | undefined): Ratchet {
  let known = from;
  return {
    known: () => known,
    requireNotLower({ name, manifest }) {
      if (known === undefined || compareManifests(manifest, known) >= 0) return;
      throw new SourceRefused(
        "rolled_back",
        `The newest manifest in the bucket is ${name}, and epoch ${known.epoch}, revision ${known.revision} was seen there before. Somebody has put an older one back or taken newer ones away.`,
      );
    },
    raise({ manifest: { lineage, epoch, revision, tip, objects } }) {
      if (known === undefined || compareManifests({ epoch, revision }, known) > 0)
        known = { lineage, epoch, revision, tip, object: objects.at(-1)?.sha256 };
    },
  };
}

type Height = Pick<KnownManifest, "epoch" | "revision">;

function compareManifests(one: Height, other: Height): number {
  return one.epoch - other.epoch || one.revision - other.revision;
}
