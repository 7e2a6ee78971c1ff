/**
 * How new an answer must be: Ledge-Min-Revision and Ledge-Max-Staleness. The origin is never stale; it is
 * behind only when somebody names a revision that this store has not come to.
 */

import { accept, type Outcome, type Refusal, refuse } from "../core/refusal.ts";
import { type Headers, integerHeader } from "../core/request-headers.ts";

export const FRESHNESS_HEADERS = ["ledge-min-revision", "ledge-max-staleness"] as const;

/** How long a read may wait for a revision, in seconds. */
export const WAIT_SECONDS_MAX = 1;

/** How often a waiting read looks again. */
export const WAIT_STEP_MS = 50;

export interface Freshness {
  readonly minRevision: number;
}

export function parseFreshness(headers: Headers): Outcome<Freshness, "bad_header"> {
  const minRevision = integerHeader(headers, "ledge-min-revision");
  if (!minRevision.ok) return minRevision;
  const staleness = integerHeader(headers, "ledge-max-staleness");
  if (!staleness.ok) return staleness;
  return accept({ minRevision: minRevision.value ?? 0 });
}

export function judgeFreshness({ minRevision }: Freshness, head: number): Refusal<"behind"> | undefined {
  if (head >= minRevision) return undefined;
  return refuse("behind", `This node is at revision ${head}. Ask again in a moment, or ask another node.`, {
    members: { head },
    headers: [["ledge-head", String(head)]],
  });
}
