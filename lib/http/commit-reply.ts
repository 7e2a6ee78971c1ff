/** The answer to a commit, the same for PUT, DELETE and POST /v1/commit. */

import type { ProposedOp } from "../core/commit/proposal.ts";
import type { CommitOutcome } from "../core/commit/verdict.ts";
import type { HttpReply } from "../core/http.ts";
import { formatTime } from "../core/time.ts";
import { jsonReply } from "./reply.ts";

export type Committed = Extract<CommitOutcome, { ok: true }>;

export function commitReply(
  made: Committed,
  ops: readonly ProposedOp[],
  { status, headers }: { status: number; headers: readonly (readonly [string, string])[] },
): HttpReply {
  const changes = ops.map((op, index) => {
    const result = made.results[index];
    return {
      op: op.op,
      namespace: op.namespace,
      key: op.key,
      result: result?.result ?? "unchanged",
      revision: result?.revision ?? made.revision,
      ...(result?.etag == null ? {} : { etag: result.etag }),
    };
  });
  const body = { revision: made.revision, time: formatTime(made.timeMs), unchanged: made.unchanged, changes };
  return jsonReply(status, body, [
    ["ledge-revision", String(made.revision)],
    ["ledge-head", String(made.revision)],
    ["ledge-lineage", made.lineage],
    ...(made.replayed ? [["ledge-replayed", "true"] as const] : []),
    ...headers,
  ]);
}
