/** What a tick does last: the past that is no longer kept goes, as far as a little time allows. */
import type { World } from "../../lib/http/world.ts";
import { compact } from "../../lib/store/compaction/compaction.ts";

/** Between two of its steps anybody may write; the rest is for the next tick. */
const BUDGET_MS = 2000;

export interface Compacting {
  /** Of the setting `history_keep`. */
  readonly keepMs: number | null;
  readonly hasBucket: boolean;
}

/** Throws StoreFault. */
export function compactNow({ db, nowMs, log }: World, { keepMs, hasBucket }: Compacting): void {
  const startedMs = nowMs();
  const goesOn = () => nowMs() - startedMs < BUDGET_MS;
  const { steps, namespaces } = compact(db, { nowMs: startedMs, keepMs, hasBucket, goesOn });
  if (steps > 0) log("history.compacted", { steps, namespaces });
}
