/** GET /v1/backup/status: how far the bucket is, without asking it. */

import { parseBucketVariables } from "../../lib/bucket/settings.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";
import { requireBackup } from "./admit.ts";

export function getStatus(door: Door, { query }: Target): Answer {
  const allowed = requireBackup(door, query);
  if (!allowed.ok) return allowed;
  const { db, nowMs, variable } = door.world;
  const bucketSet = parseBucketVariables(variable).kind !== "not_set";
  return jsonReply(200, readBackupStatus(db, nowMs(), bucketSet));
}
