/** POST /v1/backup/run, and the tick of the scheduler: what is new goes to the bucket. */
import { jsonReply } from "../../lib/http/reply.ts";
import type { Work } from "./admit.ts";
import { type Export, exportNow, reportOf } from "./export.ts";

export function runNow(exporting: Export): Work {
  return async (settings) => {
    const report = reportOf(await exportNow(exporting, settings));
    return () => (report.ok ? jsonReply(200, report.value) : report);
  };
}
