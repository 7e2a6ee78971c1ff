/**
 * Keys that were changed again after the commit that is undone. `ours` undoes the change all the same, `theirs` leaves what
 * came after it; where neither is said of a key, it is named as a conflict.
 */
import { CAUSES_MAX } from "../../lib/core/page-limits.ts";
import { accept, type Outcome, type RefusalError, refuse } from "../../lib/core/refusal.ts";
import type { RevertedKey } from "../../lib/store/documents/revert.ts";
import type { Choice, Settled } from "./wish.ts";

interface Unsettled {
  /** What is put back, keys in conflict included. */
  readonly keys: readonly RevertedKey[];
  readonly conflicts: readonly RefusalError[];
}

/** Refuses `invalid_body`: a choice for a key that the commits did not change. */
export function unsettled(all: readonly RevertedKey[], settled: Settled): Outcome<Unsettled> {
  const names = new Set(all.map(nameOf));
  const strange = settled.keys.findIndex((one) => !names.has(nameOf(one)));
  if (strange >= 0) {
    const detail = "the commits did not change this key";
    return refuse("invalid_body", `keys: ${detail}.`, {
      errors: [{ pointer: `/keys/${strange}`, code: "invalid_body", detail }],
    });
  }
  const choices = new Map(settled.keys.map((one) => [nameOf(one), one.conflicts]));
  const choiceOf = (key: RevertedKey): Choice | undefined => choices.get(nameOf(key)) ?? settled.all;
  const keys = all.filter((key) => !key.same && !(key.later !== null && choiceOf(key) === "theirs"));
  const conflicts = keys.flatMap((key, index) =>
    key.later !== null && choiceOf(key) === undefined ? [causeOf(key, key.later, index)] : [],
  );
  return accept({ keys, conflicts: conflicts.slice(0, CAUSES_MAX) });
}

/** The pointer is for a plan, which shows the changes. */
function causeOf({ namespace, key }: RevertedKey, revision: number, index: number): RefusalError {
  const detail = `${key} was changed again in revision ${revision}.`;
  return { pointer: `/changes/${index}`, code: "stale", detail, namespace, key, revision };
}

function nameOf({ namespace, key }: { readonly namespace: string; readonly key: string }): string {
  return `${namespace}/${key}`;
}
