/** Whether a revision can still be read: part of this history, and not older than what is kept. */
import { judgeRevision } from "../core/ancestry.ts";
import { type Outcome, refuse } from "../core/refusal.ts";
import type { ListView } from "../store/documents/view.ts";

/** Refuses `revision_unknown`, `revision_lost` and `compacted`. */
export function judgeKept(
  view: Pick<ListView, "lives" | "head" | "compacted">,
  revision: number,
): Outcome<number, "revision_unknown" | "revision_lost" | "compacted"> {
  const known = judgeRevision(view, revision);
  if (!known.ok || revision >= view.compacted) return known;
  return refuse("compacted", `The oldest revision that can be read here is ${view.compacted}.`, {
    members: { oldest: view.compacted },
  });
}
