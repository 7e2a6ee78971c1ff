/** What a record shows that no sound store would have answered. */
import type { Call } from "./calls.ts";

export interface Fault {
  /**
   * lost: an acknowledged write is not there · twice: one write made two commits · gap: a commit that nobody sent ·
   * stale: older than what was known before · early: newer than what was sent by then · content: not the state at the
   * revision that is told · order: committed before what had ended before it began · refusal: no state explains it ·
   * answer: not what the write did.
   */
  readonly kind: "lost" | "twice" | "gap" | "stale" | "early" | "content" | "order" | "refusal" | "answer";
  readonly detail: string;
}

export function faultAt(kind: Fault["kind"], call: Call, why: string): Fault {
  return { kind, detail: `${why}: ${JSON.stringify(call).slice(0, 2000)}` };
}
