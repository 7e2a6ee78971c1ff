/**
 * Revisions, ETags and epochs. A revision orders every commit of every history of one bucket; an ETag adds
 * the first 8 hex digits of the lineage that made it, so that a number is never taken for another's.
 */
import { ETAG_PATTERN } from "./patterns.ts";

const ETAG = new RegExp(ETAG_PATTERN);

/** Epoch n (n >= 1) starts at n × 2^40 plus a random number below 2^39; epoch 0 counts from 1. */
export const EPOCH_STRIDE = 2 ** 40;

/** The strong ETag of a document. `lineage` is the 32 hex digits of the history that made the revision. */
export function formatEtag(revision: number, lineage: string): string {
  return `"${revision}-${lineage.slice(0, 8)}"`;
}

/** An ETag as parsed: the revision, and the first 8 hex digits of its lineage. */
export interface Etag {
  readonly revision: number;
  readonly lineage: string;
}

/** One strong entity tag of ours, quotes included; undefined for anything else. */
export function parseEtag(text: string): Etag | undefined {
  const match = ETAG.exec(text);
  if (match === null) return undefined;
  const revision = Number(match[1]);
  return Number.isSafeInteger(revision) ? { revision, lineage: match[2] ?? "" } : undefined;
}
