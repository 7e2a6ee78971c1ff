/** POST /v1/backup/prove: reads the whole newest chain back and compares it with the live store. */
import { refuse } from "../../lib/core/refusal.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import { findReplay } from "../../lib/store/catalogue/proof.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";
import type { Work } from "./admit.ts";
import { type Export, exportNow, reportOf } from "./export.ts";

export function proveNow(exporting: Export): Work {
  return async (settings) => {
    const report = reportOf(await exportNow(exporting, settings, { asked: { replay: true } }));
    if (!report.ok) return () => report;
    const { db, nowMs } = exporting.world;
    if (report.value.state === "skipped")
      return () => jsonReply(200, { state: "skipped", revision: null, at: null });
    const { replayedRevision, replayedAt, lastError } = readBackupStatus(db, nowMs(), true);
    if (lastError !== null) return () => refuse("snapshot_damaged", lastError.detail);
    const going = findReplay(db) !== undefined;
    const state = going ? "proving" : replayedRevision === null ? "nothing" : "proven";
    return () =>
      jsonReply(200, {
        state,
        revision: going ? null : replayedRevision,
        at: going ? null : replayedAt,
      });
  };
}
