/** What somebody wants to be done, as it is planned, committed and proposed: single changes, or the revert of a commit. */
import type { LoggedCommitWithChanges } from "../../../lib/api/document-answers.ts";
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { shownBytes } from "../parts/shown-bytes.ts";
import type { PlanSides } from "./plan-shown.tsx";
import { sentChange, type WantedChange } from "./wanted.ts";

type LoggedChange = LoggedCommitWithChanges["changes"][number];

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
  /** Of each change of its plan what stands there and what is to, where that is known. */
  readonly sides: (plan: PlanAnswer) => readonly (PlanSides | undefined)[];
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
    sides: () => changes.map((one) => ({ before: one.before, after: one.op === "put" ? one : undefined })),
    proposable: chars < PROPOSAL_CHARS_MAX,
  };
}

export function revertOf(commit: number, undone: readonly LoggedChange[]): Work {
  const sidesOf = ({ namespace, key, baseRevision, sizeAfter }: PlanAnswer["changes"][number]) => {
    const did = undone.find((one) => one.namespace === namespace && one.key === key);
    // Another value stands there where somebody has changed the document again.
    if (did === undefined || baseRevision !== (did.op === "put" ? commit : 0)) return undefined;
    const after = shownBytes(did.before);
    const before = did.op === "put" ? shownBytes(did) : undefined;
    return (after?.bytes.length ?? 0) === sizeAfter ? { before, after } : undefined;
  };
  return {
    path: "/v1/revert",
    body: { commit },
    places: undone,
    sides: ({ changes }) => changes.map(sidesOf),
    proposable: false,
  };
}
