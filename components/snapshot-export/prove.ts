/** POST /v1/backup/prove: reads the whole newest chain back and compares it with the live store. */
import type { BackupProof } from "../../lib/api/backup-answers.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";
import { findReplay } from "../../lib/store/catalogue/proof.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";
import { exportNow, reportOf } from "./export.ts";
import type { Exporting } from "./with-bucket.ts";

/** What a proof notes and goes on from. Another fault in the status is another run's: this one would have thrown it. */
const BUCKET_FAULTS = ["snapshot_damaged", "bucket_denied", "bucket_unavailable"] as const;

export async function proveNow(exporting: Exporting): Promise<Answer<BackupProof>> {
  const report = reportOf(await exportNow(exporting, { asked: { replay: true } }));
  if (!report.ok) return report;
  if (report.value.state === "skipped") return jsonReply(200, { state: "skipped", revision: null, at: null });
  const { db, nowMs } = exporting.world;
  const { replayedRevision, replayedAt, lastError } = readBackupStatus(db, nowMs(), true);
  const fault = BUCKET_FAULTS.find((code) => code === lastError?.code);
  if (fault !== undefined) return refuse(fault, lastError?.detail ?? "");
  if (findReplay(db) !== undefined) return jsonReply(200, { state: "proving", revision: null, at: null });
  const state = replayedRevision === null ? "nothing" : "proven";
  return jsonReply(200, { state, revision: replayedRevision, at: replayedAt });
}
