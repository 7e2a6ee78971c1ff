/** One tick of the exporter for whoever asks, and what its outcomes are called in answers. */

import type { BackupRun } from "../../lib/api/backup-answers.ts";
import { BUDGET, runTick, type Tick, type TickOutcome } from "../../lib/backup/export/tick.ts";
import { type Finding, findingWords } from "../../lib/backup/histories/finding.ts";
import { targetOf } from "../../lib/bucket/s3.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import type { World } from "../../lib/http/world.ts";
import type { Exporting } from "./with-bucket.ts";

/** A scheduled tick leaves the rest to the next one; somebody who asks waits longer, and asks again for more. */
const BUDGETS = { cron: BUDGET, http: { ...BUDGET, ms: 240_000 } };

/** Runs a tick. Throws BucketFault and StoreFault. */
export async function exportNow(
  { world, settings, bucket, trigger }: Exporting,
  more: Pick<Tick, "asked"> = {},
): Promise<TickOutcome> {
  const { db, nowMs, randomBytes } = world;
  const { policy, keys } = settings;
  const outcome = await runTick({
    db,
    bucket,
    target: await targetOf(settings.bucket),
    nowMs,
    randomBytes,
    policy,
    keys,
    budget: BUDGETS[trigger],
    follow: true,
    ...more,
  });
  logOutcome(world, outcome);
  return outcome;
}

/** The report of a tick, or the refusal of one that was stopped. */
export function reportOf(outcome: TickOutcome): { ok: true; value: BackupRun } | Refusal {
  return outcome.state === "stopped" ? stoppedBy(outcome.finding) : { ok: true, value: outcome };
}

function stoppedBy({ kind, detail, data }: Finding): Refusal {
  const { what, advice } = findingWords(data.cause);
  return refuse(
    kind === "fork" ? "fork" : "bucket_foreign",
    `Exporting has stopped: ${what} (${detail}). ${advice}`,
  );
}

function logOutcome(world: World, outcome: TickOutcome): void {
  if (outcome.state === "stopped") {
    world.log("backup.stopped", { kind: outcome.finding.kind, detail: outcome.finding.detail });
    return;
  }
  const { from, to, objects, bytes, pruned } = outcome;
  if (outcome.state === "exported") world.log("backup.exported", { from, to, objects, bytes });
  if (pruned.points + pruned.objects > 0) world.log("backup.pruned", { ...pruned });
}
