/**
 * POST /v1/backup/prune: removes what the retention no longer wants and whose grace is over; with `plan=true` says
 * what would go, and when, and changes nothing.
 */
import type { PrunePlan as PruneAnswer } from "../../lib/api/backup-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { readPolicyVariable } from "../../lib/backup/policy.ts";
import { type PlannedPrune, planPrune } from "../../lib/backup/prune/prune.ts";
import { targetOf } from "../../lib/bucket/s3.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Answer, Reply } from "../../lib/http/result.ts";
import { readExportedStore } from "../../lib/store/catalogue/catalogue.ts";
import { exportNow, reportOf } from "./export.ts";
import { pointViews } from "./snapshots.ts";
import type { Exporting } from "./with-bucket.ts";

const NOTHING = { points: 0, objects: 0, bytes: 0 };

export async function pruneNow(
  exporting: Exporting,
  { plan }: Input<"pruneBackup">,
): Promise<Answer<PruneAnswer>> {
  if (plan) return planReply(exporting, await judgePlan(exporting), { state: "plan", pruned: NOTHING });
  const report = reportOf(await exportNow(exporting, { asked: { prune: true } }));
  if (!report.ok) return report;
  const state = report.value.state === "skipped" ? "skipped" : "pruned";
  return planReply(exporting, await judgePlan(exporting), { state, pruned: report.value.pruned });
}

async function judgePlan({ world, settings }: Exporting): Promise<PlannedPrune> {
  const { db, nowMs } = world;
  const { bucket, policy } = settings;
  return planPrune({ db, target: await targetOf(bucket), store: readExportedStore(db), policy, nowMs });
}

async function planReply(
  { world: { db, variable }, settings }: Exporting,
  plan: PlannedPrune,
  done: Pick<PruneAnswer, "state" | "pruned">,
): Promise<Reply<PruneAnswer>> {
  const { lineage } = readExportedStore(db);
  const target = await targetOf(settings.bucket);
  return jsonReply(200, {
    ...done,
    retention: readPolicyVariable(variable, "backup_retention"),
    kept: plan.kept.length,
    points: pointViews(
      db,
      { target, lineage },
      plan.doomed.map(({ point, dueMs }) => ({ point, removableMs: dueMs })),
    ),
    objects: plan.objects,
    bytes: plan.bytes,
    heldBy: plan.heldBy,
  });
}
