/**
 * Whether an agent may go on with what a source has, by the history that it stands in itself. Promise: never to an older
 * state of the same history, and never to a history that does not come from its own, unless a person has said so.
 */
import type { Place, SourceHistory } from "./source.ts";

export type Kinship =
  /** The same history, or one that goes on from here. */
  | { readonly kind: "goes_on" }
  /** A restore left our history before our place: what was made after it is lost there. */
  | { readonly kind: "left"; readonly sharedRevision: number }
  /** The source has not come as far as we have. */
  | { readonly kind: "behind"; readonly head: number }
  | { readonly kind: "foreign" };

/** `accepted`: lineages that a person has picked. */
export function kinshipOf(
  own: Place,
  { lives, head }: SourceHistory,
  accepted: readonly string[] = [],
): Kinship {
  const at = lives.findIndex(({ lineage }) => lineage === own.lineage);
  const next = lives[at + 1];
  if (at < 0) return isAccepted(lives, accepted) ? { kind: "left", sharedRevision: 0 } : { kind: "foreign" };
  if (next === undefined) return own.revision > head ? { kind: "behind", head } : { kind: "goes_on" };
  const sharedRevision = next.parentRevision ?? 0;
  return own.revision > sharedRevision ? { kind: "left", sharedRevision } : { kind: "goes_on" };
}

function isAccepted(lives: SourceHistory["lives"], accepted: readonly string[]): boolean {
  return lives.some(({ lineage }) => accepted.includes(lineage));
}
