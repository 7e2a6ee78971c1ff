/**
 * From a write's conditions to what a proposal says of the state that it replaces. `*` and lists of several
 * tags need a look at what is there; the commit then judges that very state, so nothing slips in between.
 */
import { type NamedState, neverHolds, type WriteCondition } from "../core/conditions.ts";
import { readHead } from "../store/documents/view.ts";
import type { Db } from "../store/sqlite/driver.ts";

export interface Replaced {
  readonly namespace: string;
  readonly key: string;
  readonly op: "put" | "delete" | "check";
}

/** Throws StoreFault. */
export function namedState(db: Db, { namespace, key, op }: Replaced, condition: WriteCondition): NamedState {
  const [first] = condition.states;
  if (condition.kind === "none") return { ifRevision: null, ifLineage: null };
  if (condition.kind === "absent") return { ifRevision: 0, ifLineage: null };
  if (condition.kind === "tags" && condition.states.length === 1 && first !== undefined) return first;
  if (condition.kind === "present" && op === "delete") return { ifRevision: -1, ifLineage: null };
  // `*`, or several tags: what is there decides which one is meant.
  const { document } = readHead(db, { namespace, key, accessor: null, known: -1 });
  if (document === null) return neverHolds();
  if (condition.kind === "present") return { ifRevision: document.revision, ifLineage: document.lineage };
  const named = condition.states.find(
    (state) => state.ifRevision === document.revision && state.ifLineage === document.lineage,
  );
  return named ?? first ?? neverHolds();
}
