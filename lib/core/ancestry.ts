/**
 * Ancestry: which histories this one descends from, and what a revision or a lineage means to it.
 * Example: epoch 0 was left at 100 and epoch 1 begins at 1099511627780. Then 100 is ours, 120 is in the lost
 * gap (`revision_lost`), a cursor of the parent at 90 goes on, and one at 120 is `lineage`, shared up to 100.
 */
import { accept, type Outcome, refuse } from "./refusal.ts";

/** One row of the table `lineage`. */
export interface Life {
  readonly lineage: string;
  readonly firstRevision: number;
  /** The revision at which the parent was left; null for the first life. */
  readonly parentRevision: number | null;
}

/** The lives, oldest first, and the newest commit. */
export interface History {
  readonly lives: readonly Life[];
  readonly head: number;
}

/** The lives from their JSON text in SQL: [[lineage, first revision, parent revision], …]. */
export function parseLives(text: string): Life[] {
  const rows: [string, number, number | null][] = JSON.parse(text);
  return rows.map(([lineage, firstRevision, parentRevision]) => ({ lineage, firstRevision, parentRevision }));
}

/** Whether a revision is part of this history. Refuses `revision_unknown` and `revision_lost`. */
export function judgeRevision(
  history: History,
  revision: number,
): Outcome<number, "revision_unknown" | "revision_lost"> {
  if (revision > history.head) {
    return refuse("revision_unknown", `The newest revision is ${history.head}.`, {
      members: { head: history.head },
    });
  }
  const end = endOf(
    history,
    history.lives.findLastIndex((life) => life.firstRevision <= revision),
  );
  if (revision > end) {
    return refuse(
      "revision_lost",
      `A restore left the history at ${end}; ${revision} was made after that and is gone.`,
      {
        members: { sharedRevision: end },
      },
    );
  }
  return accept(revision);
}

/** Whether a revision named together with its lineage (32 hex digits, or the first 8) is ours. */
export function judgeLineage(
  history: History,
  lineage: string,
  revision: number,
): Outcome<number, "lineage"> {
  const index = history.lives.findIndex((life) => life.lineage.startsWith(lineage));
  if (index < 0) {
    return refuse(
      "lineage",
      "That comes from a history that is not among this store's ancestors. Begin again without it.",
    );
  }
  const end = endOf(history, index);
  if (revision > end) {
    return refuse("lineage", `The two histories are the same up to revision ${end}; go on from there.`, {
      members: { sharedRevision: end },
    });
  }
  return accept(revision);
}

/** The last revision of a life that is part of this history. A first life with no index is before everything. */
function endOf(history: History, index: number): number {
  return history.lives[index + 1]?.parentRevision ?? history.head;
}
