/**
 * Writing a document of a reserved namespace: the one commit that every admin route makes. The kernel judges
 * grants, escalation and shape once more.
 */

import type { NamedState } from "../../lib/core/conditions.ts";
import { encodeUtf8 } from "../../lib/core/utf8.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import type { Caller } from "../../lib/door/caller.ts";
import { judgeDurability } from "../../lib/door/durable.ts";
import { refusalOf } from "../../lib/door/kernel-words.ts";
import { type CommitOutcome, commit, type Proposer } from "../../lib/store/commit.ts";

export interface ReservedChange {
  readonly namespace: "_system" | "_auth";
  readonly key: string;
  /** The document; null deletes it. */
  readonly value: unknown;
  readonly state: NamedState;
  readonly message?: string;
}

export const ANY: NamedState = { ifRevision: -1, ifLineage: null };
export const ABSENT: NamedState = { ifRevision: 0, ifLineage: null };

type Made = Extract<CommitOutcome, { ok: true }>;

export function proposerOf(caller: Caller): Proposer {
  return { kind: "token", accessor: caller.accessor ?? "", digest: caller.digest };
}

/** Proposes it; `answer` makes the reply of what was committed. */
export function changeReserved(
  { world }: Door,
  proposer: Proposer,
  change: ReservedChange,
  answer: (made: Made) => Answer,
): Answer {
  const weak = judgeDurability(world);
  if (weak !== undefined) return weak;
  const put = change.value !== null;
  const body = put ? encodeUtf8(JSON.stringify(change.value)) : new Uint8Array(0);
  const outcome = commit(world.db, {
    proposer,
    door: "admin",
    nowMs: world.nowMs(),
    requestId: null,
    message: change.message ?? null,
    author: null,
    meta: null,
    trace: null,
    ops: [
      {
        op: put ? "put" : "delete",
        namespace: change.namespace,
        key: change.key,
        mediaType: put ? "application/json" : null,
        ...change.state,
        at: 0,
        size: body.length,
        text: put,
      },
    ],
    body,
  });
  return outcome.ok ? answer(outcome) : refusalOf(outcome, () => "");
}
