/**
 * From a write's conditions to what a proposal says of the state that it replaces. `*` and lists of several
 * tags need a look at what is there; the commit then judges that very state, so nothing slips in between.
 */
import { type NamedState, neverHolds, type WriteCondition } from "../core/conditions.ts";
import { viewHead } from "../store/documents/view.ts";
import type { Db } from "../store/sqlite/driver.ts";

export interface Replaced {
  readonly namespace: string;
  readonly key: string;
  readonly op: "put" | "delete" | "check";
}

export interface Named {
  readonly state: NamedState;
  /** The store's head when what is there decided; undefined when nothing was looked up, or nothing is there. */
  readonly head?: number;
}

/** Throws StoreFault. */
export function namedState(db: Db, { namespace, key, op }: Replaced, condition: WriteCondition): Named {
  const [first] = condition.states;
  if (condition.kind === "none") return { state: { ifRevision: null, ifLineage: null } };
  if (condition.kind === "absent") return { state: { ifRevision: 0, ifLineage: null } };
  if (condition.kind === "tags" && condition.states.length === 1 && first !== undefined)
    return { state: first };
  if (condition.kind === "present" && op === "delete") return { state: { ifRevision: -1, ifLineage: null } };
  // `*`, or several tags: what is there decides which one is meant.
  const { document, head } = viewHead(db, { namespace, key, accessor: null, known: -1 });
  if (document === null) return { state: neverHolds() };
  if (condition.kind === "present")
    return { state: { ifRevision: document.revision, ifLineage: document.lineage }, head };
  const named = condition.states.find(
    (state) => state.ifRevision === document.revision && state.ifLineage === document.lineage,
  );
  return { state: named ?? first ?? neverHolds(), head };
}
