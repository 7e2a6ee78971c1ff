/** GET /v1/backup/status: how far the bucket is, without asking it. */
import type { Answer, Door } from "../../lib/door/answer.ts";
import { jsonReply } from "../../lib/door/reply.ts";
import type { Target } from "../../lib/door/route.ts";
import { readBackupStatus } from "../../lib/store/backup-status.ts";
import { parseBucketVariables } from "../../lib/wire/bucket-settings.ts";
import { requireBackup } from "./admit.ts";

export function getStatus(door: Door, { query }: Target): Answer {
  const allowed = requireBackup(door, query);
  if (!allowed.ok) return allowed;
  const { db, nowMs, variable } = door.world;
  const bucketSet = parseBucketVariables(variable).kind !== "not_set";
  return jsonReply(200, readBackupStatus(db, nowMs(), bucketSet));
}
