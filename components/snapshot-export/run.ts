/** POST /v1/backup/run, and the tick of the scheduler: what is new goes to the bucket, what is no longer kept goes. */
import type { BackupRun } from "../../lib/api/backup-answers.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";
import { compactNow } from "./compact.ts";
import { exportNow, reportOf } from "./export.ts";
import type { Exporting } from "./with-bucket.ts";

export async function runNow(exporting: Exporting): Promise<Answer<BackupRun>> {
  const report = reportOf(await exportNow(exporting));
  if (!report.ok) return report;
  const { world, settings } = exporting;
  compactNow(world, { keepMs: settings.policy.historyKeepMs, hasBucket: true });
  return jsonReply(200, report.value);
}
