/**
 * POST /v1/backup/prune: removes what the retention no longer wants and whose grace is over; with `plan=true` says
 * what would go, and when, and changes nothing.
 */

import { POLICY_DEFAULTS } from "../../lib/backup/policy.ts";
import { type PrunePlan, planPrune } from "../../lib/backup/prune/prune.ts";
import { targetOf } from "../../lib/bucket/s3.ts";
import { refuse } from "../../lib/core/refusal.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import type { World } from "../../lib/http/world.ts";
import { readExportedStore } from "../../lib/store/catalogue/catalogue.ts";
import {
  type Admit,
  admitBucket,
  type BackupSettings,
  requireBackup,
  requireNoBody,
  type Work,
} from "./admit.ts";
import { type Export, exportNow, reportOf } from "./export.ts";
import { pointViews } from "./snapshots.ts";

const NOTHING = { points: 0, objects: 0, bytes: 0 };

export function postPrune(
  door: Door,
  { query }: Target,
  { exporting, admit }: { exporting: Export; admit: Admit },
): Answer {
  const asked = requireBackup(door, query, { parameters: ["plan"] });
  if (!asked.ok) return asked;
  const plan = asked.value.parameters.get("plan");
  if (plan !== undefined && plan !== "true" && plan !== "false")
    return refuse("bad_parameter", "plan is true or false.");
  const work: Work = async (given) => {
    if (plan === "true") {
      const planned = await judgePlan(exporting.world, given);
      return () => planReply(exporting.world, planned, { state: "plan", pruned: NOTHING });
    }
    const report = reportOf(await exportNow(exporting, given, { asked: { prune: true } }));
    if (!report.ok) return () => report;
    const planned = await judgePlan(exporting.world, given);
    const state = report.value.state === "skipped" ? "skipped" : "pruned";
    return () => planReply(exporting.world, planned, { state, pruned: report.value.pruned });
  };
  return requireNoBody(door) ?? admitBucket(door, { admit, work });
}

async function judgePlan({ db, nowMs }: World, { bucket, policy }: BackupSettings): Promise<PrunePlan> {
  return planPrune({ db, target: await targetOf(bucket), store: readExportedStore(db), policy, nowMs });
}

function planReply(
  { db, variable }: World,
  plan: PrunePlan,
  more: { state: "plan" | "pruned" | "skipped"; pruned: typeof NOTHING },
): Answer {
  const { lineage } = readExportedStore(db);
  return jsonReply(200, {
    ...more,
    retention: (variable("backup_retention") ?? "").trim() || POLICY_DEFAULTS.backup_retention,
    kept: plan.kept.length,
    points: pointViews(
      db,
      lineage,
      plan.doomed.map(({ point, dueMs }) => ({ point, removableMs: dueMs })),
    ),
    objects: plan.objects,
    bytes: plan.bytes,
    heldBy: plan.heldBy,
  });
}
