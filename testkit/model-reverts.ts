/** Reverts of the store's model: what stood there before, by its past states alone. */
import type { ModelDocument } from "./model-document.ts";

/** What is undone: a commit, or everything under a prefix since a revision. */
export type ModelRevert =
  | { readonly commit: number; readonly conflicts: "ours" | "theirs" | undefined }
  | { readonly ns: string; readonly prefix: string; readonly to: number };

/** A key that a revert puts back; undefined for one that was not there. */
export interface PutBack {
  readonly name: string;
  readonly before: ModelDocument | undefined;
}

type State = ReadonlyMap<string, ModelDocument>;

interface ModelPast {
  readonly now: State;
  stateAt(revision: number): State;
  /** The newest revision that changed a key, or deleted it. */
  changedAt(name: string): number;
}

/** The keys that a revert concerns, with what they get, or `stale` where somebody changed one again. */
export function puttingBack(
  revert: ModelRevert,
  { now, stateAt, changedAt }: ModelPast,
): readonly PutBack[] | "stale" {
  if (!("commit" in revert)) {
    const [start, then] = [`${revert.ns} ${revert.prefix}`, stateAt(revert.to)];
    const names = new Set([...now.keys(), ...then.keys()].filter((name) => name.startsWith(start)));
    return [...names].map((name) => ({ name, before: then.get(name) }));
  }
  const [before, after] = [stateAt(revert.commit - 1), stateAt(revert.commit)];
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
  const conflicts = changed.filter(
    (name) => changedAt(name) > revert.commit && !isLike(now.get(name), before.get(name)),
  );
  if (conflicts.length > 0 && revert.conflicts === undefined) return "stale";
  return changed
    .filter((name) => revert.conflicts === "ours" || !conflicts.includes(name))
    .map((name) => ({ name, before: before.get(name) }));
}

export function isLike(one: ModelDocument | undefined, other: ModelDocument | undefined): boolean {
  return one?.value === other?.value && one?.type === other?.type;
}
