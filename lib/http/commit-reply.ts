/** The answer to a commit, the same for PUT, DELETE and POST /v1/commit. */

import type { CommitAnswer } from "../api/document-answers.ts";
import type { ProposedOp } from "../core/commit/proposal.ts";
import type { Committed } from "../core/commit/verdict.ts";
import { formatTime } from "../core/time.ts";
import { jsonReply, shownHeaders } from "./reply.ts";
import type { Reply } from "./result.ts";

/** A purge, which erases, has an answer of its own. */
export type AnsweredOp = ProposedOp & { readonly op: "put" | "delete" | "check" };

export function commitReply(
  made: Committed,
  ops: readonly AnsweredOp[],
  { status, headers }: { status: number; headers: readonly (readonly [string, string])[] },
): Reply<CommitAnswer> {
  const changes = ops.map(({ op, namespace, key }, index): CommitAnswer["changes"][number] => {
    const { result = "unchanged", revision = made.revision, etag = null } = made.results[index] ?? {};
    if (result === "erased") throw new Error("a purge has an answer of its own");
    return { op, namespace, key, result, revision, ...(etag === null ? {} : { etag }) };
  });
  const body = { revision: made.revision, time: formatTime(made.timeMs), unchanged: made.unchanged, changes };
  return jsonReply(status, body, [
    ...shownHeaders({ revision: made.revision, head: made.revision, lineage: made.lineage }),
    ...(made.replayed ? [["ledge-replayed", "true"] as const] : []),
    ...headers,
  ]);
}
