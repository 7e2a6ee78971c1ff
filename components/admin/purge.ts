/**
 * POST /v1/admin/purge: a value that should never have been written goes from the store, from its history, and with
 * the next backups from the bucket. Promise: the commit and the note for the bucket are one transaction, so that
 * no purge is forgotten half-way.
 */

import { PurgeBody } from "../../lib/api/admin-bodies.ts";
import { judgeKey } from "../../lib/core/key.ts";
import { isReserved, judgeNamespace } from "../../lib/core/namespace.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/http/body.ts";
import { acceptedDurability } from "../../lib/http/durable.ts";
import { isBucketSet } from "../../lib/http/first-history.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { type PurgeRequest, purgeValue, vacuum } from "../../lib/store/commit/purge.ts";
import { requireRoot } from "./admin-caller.ts";
import { parseWords, proposerOf } from "./settings-write.ts";

const BODY_BYTES_MAX = 8192;

export function postPurge(door: Door, { query }: Target): Answer {
  const found = requireRoot(door);
  if (!found.ok) return found;
  const words = parseWords(door, query);
  if (!words.ok) return words;
  const { headers, condition, message, requestId, trace } = words.value;
  const type = judgeJsonHeaders(headers["content-type"], headers["content-encoding"]);
  if (!type.ok) return type;
  if (condition.kind !== "none") return refuse("bad_header", "A purge takes whatever is there.");
  const body = parseBody(door);
  if (!body.ok) return body;
  const { namespace, key, why, keepCurrent = false } = body.value;
  const request: PurgeRequest = {
    proposer: proposerOf(found.value.caller),
    nowMs: door.world.nowMs(),
    namespace,
    key,
    why,
    keepCurrent,
    message: message ?? why,
    requestId,
    trace,
  };
  const purged = purgeValue(door.world.db, request, acceptedDurability(door.world));
  if (!purged.ok) return refusalOf(purged, () => "");
  const { revision, firstRevision, currentRevision, ancestors } = purged;
  return jsonReply(200, {
    revision,
    firstRevision,
    currentRevision,
    vacuumed: vacuum(door.world.db),
    bucket: isBucketSet(door.world) ? "pending" : "not_set",
    ancestors,
  });
}

function parseBody(door: Door): Outcome<PurgeBody> {
  const body = parseJsonBody(door.world.db, door.request, { schema: PurgeBody, bytesMax: BODY_BYTES_MAX });
  if (!body.ok) return body;
  const { namespace, key } = body.value;
  if (isReserved(namespace))
    return refuse(
      "reserved_namespace",
      "What stands in namespaces that begin with _ is not a value of yours.",
    );
  const named = judgeNamespace(namespace);
  if (!named.ok) return named;
  const parsed = judgeKey(key);
  return parsed.ok ? accept(body.value) : parsed;
}
