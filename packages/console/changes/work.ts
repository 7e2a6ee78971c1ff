/** What somebody wants to be done, as it is planned, committed and proposed: single changes, or the revert of a commit. */

import type { PlanSides } from "./plan-shown.tsx";
import { sentChange, type WantedChange } from "./wanted.ts";

export interface DocumentPlace {
  readonly namespace: string;
  readonly key: string;
}

export interface Work {
  /** What does it. */
  readonly path: "/v1/commit" | "/v1/revert";
  /** Sent there, and before to POST /v1/plan. */
  readonly body: object;
  /** The documents that it is about. */
  readonly places: readonly DocumentPlace[];
  /** What stands there and what is to, where that is known before the plan. */
  readonly sides: readonly PlanSides[];
  /** Whether it can be proposed. The server says it exactly. */
  readonly proposable: boolean;
}

const PROPOSAL_CHARS_MAX = 512 * 1024;

export function workOf(changes: readonly WantedChange[]): Work {
  const chars = changes.reduce((sum, one) => sum + (one.op === "put" ? one.bytes.length : 0), 0);
  return {
    path: "/v1/commit",
    body: { changes: changes.map(sentChange) },
    places: changes,
    sides: changes.map((one) => ({ before: one.before, after: one.op === "put" ? one : undefined })),
    proposable: chars < PROPOSAL_CHARS_MAX,
  };
}

export function revertOf(commit: number, places: readonly DocumentPlace[]): Work {
  return { path: "/v1/revert", body: { commit }, places, sides: [], proposable: false };
}
