/** GET /v1/backup/status: how far the bucket is, without asking it. */
import type { BackupStatus } from "../../lib/api/backup-answers.ts";
import { parseBucketVariables } from "../../lib/bucket/settings.ts";
import type { Context } from "../../lib/http/context.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";

export async function getBackupStatus(_input: object, { world }: Context): Promise<Answer<BackupStatus>> {
  const { db, nowMs, variable } = world;
  return jsonReply(200, readBackupStatus(db, nowMs(), parseBucketVariables(variable).kind !== "not_set"));
}
