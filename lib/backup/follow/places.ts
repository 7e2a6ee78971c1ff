/**
 * Where a replica stands in the newest history. Promise: it goes on only where everything that it holds is part of that
 * history; else it is told up to where it was.
 */
import { type History, judgeLineage, judgeRevision } from "../../core/ancestry.ts";
import type { Refusal } from "../../core/refusal.ts";
import type { Ancestor } from "../../snapshot/schemas.ts";
import { SourceRefused } from "./refused.ts";
import type { FollowedPlace } from "./source.ts";

/** Throws SourceRefused, `lineage` or `foreign`, unless the place is part of the history with this ancestry. */
export function requireShared(ancestry: readonly Ancestor[], after: FollowedPlace): void {
  const judged = judgeShared(ancestry, after);
  if (!judged.ok) throw refusedFor(judged, ancestry, after);
}

/** Whether a place is part of the history with this ancestry. */
export function isShared(ancestry: readonly Ancestor[], place: FollowedPlace): boolean {
  return judgeShared(ancestry, place).ok;
}

/** The place of a revision that is part of the history. */
export function placeIn(ancestry: readonly Ancestor[], revision: number): FollowedPlace {
  const life = ancestry.findLast(({ firstRevision }) => firstRevision <= revision) ?? ancestry[0];
  if (life === undefined) throw new Error("a history has no life");
  return { lineage: life.lineage, revision };
}

function judgeShared(ancestry: readonly Ancestor[], { lineage, revision }: FollowedPlace) {
  // The origin may have told more than the bucket holds yet.
  const history: History = { lives: [...ancestry], head: Number.MAX_SAFE_INTEGER };
  const judged = judgeLineage(history, lineage, revision);
  return judged.ok ? judgeRevision(history, revision) : judged;
}

function refusedFor(
  { members }: Refusal,
  ancestry: readonly Ancestor[],
  after: FollowedPlace,
): SourceRefused {
  const newest = ancestry.at(-1)?.lineage.slice(0, 8) ?? "";
  const mine = after.lineage.slice(0, 8);
  const shared = members?.sharedRevision;
  if (typeof shared !== "number")
    return new SourceRefused(
      "foreign",
      `The bucket's newest history ${newest} does not come from lineage ${mine}. A person has to choose: follow it from a snapshot, or name the bucket of ${mine}.`,
    );
  return new SourceRefused(
    "lineage",
    `The bucket's newest history ${newest} left lineage ${mine} at revision ${shared}; revision ${after.revision} is no part of it. Begin with a snapshot.`,
    { shared: placeIn(ancestry, shared) },
  );
}
