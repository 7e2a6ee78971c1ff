/**
 * POST /v1/admin/purge: a value that should never have been written goes from the store, from its history, and with
 * the next backups from the bucket. Promise: the commit and the note for the bucket are one transaction, so that
 * no purge is forgotten half-way.
 */
import type { PurgeAnswer } from "../../lib/api/admin-answers.ts";
import type { PurgeBody } from "../../lib/api/admin-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import type { Committed } from "../../lib/core/commit/verdict.ts";
import { judgeKey } from "../../lib/core/key.ts";
import { isReserved, judgeNamespace } from "../../lib/core/namespace.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import type { Context } from "../../lib/http/context.ts";
import { acceptedDurability } from "../../lib/http/durable.ts";
import { RACE_SECONDS, waitFor } from "../../lib/http/freshness.ts";
import { isBucketSet } from "../../lib/http/looked.ts";
import { proposerOf } from "../../lib/http/propose.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { type PlannedPurge, planPurge } from "../../lib/store/commit/purge.ts";

export function postPurge(input: Input<"purge">, context: Context): Result<PurgeAnswer> {
  const { world, caller, view } = context;
  const { requestId, trace } = input;
  const unfit = judgePlace(input.body);
  if (unfit !== undefined) return unfit;
  const { namespace, key, why, keepCurrent = false } = input.body;
  const words = { why, message: input.message ?? why, requestId, trace, nowMs: world.nowMs() };
  const place = { proposer: proposerOf(caller), namespace, key, keepCurrent };
  const planned = planPurge(world.db, { ...place, ...words });
  const bucket = isBucketSet(world) ? "pending" : "not_set";
  return {
    proposals: planned.proposals,
    options: acceptedDurability(world),
    answer([erased, kept]) {
      if (erased === undefined) throw new Error("a purge has an outcome");
      if (!erased.ok) {
        const raced = erased.code === "stale" ? waitFor(view.head + 1, RACE_SECONDS, context) : undefined;
        return raced ?? refusalOf(erased, () => "");
      }
      if (kept?.ok === false) return refusalOf(kept, () => "");
      return jsonReply(200, answerOf(planned, { erased, kept, bucket }));
    },
  };
}

interface Done {
  readonly erased: Committed;
  readonly kept: Committed | undefined;
  readonly bucket: PurgeAnswer["bucket"];
}

/** A repeat with the same Idempotency-Key did all of it the first time. */
function answerOf({ firstRevision, ancestors }: PlannedPurge, { erased, kept, bucket }: Done): PurgeAnswer {
  const { revision, replayed, vacuumed = false } = erased;
  const done = { revision, firstRevision: firstRevision ?? revision, vacuumed, bucket };
  if (replayed || firstRevision === undefined) return { ...done, currentRevision: null, ancestors: [] };
  return { ...done, currentRevision: kept?.revision ?? null, ancestors: [...ancestors] };
}

function judgePlace({ namespace, key }: PurgeBody): Refusal | undefined {
  if (isReserved(namespace))
    return refuse(
      "reserved_namespace",
      "What stands in namespaces that begin with _ is not a value of yours.",
    );
  const named = judgeNamespace(namespace);
  if (!named.ok) return named;
  const judged = judgeKey(key);
  return judged.ok ? undefined : judged;
}
