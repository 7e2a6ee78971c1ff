/** One tick of the exporter for whoever asks, and what its outcomes are called in answers. */

import type { TickReport } from "../../lib/backup/export/report.ts";
import { BUDGET, runTick, type Tick, type TickOutcome } from "../../lib/backup/export/tick.ts";
import type { Finding } from "../../lib/backup/histories/look.ts";
import { type Bucket, BucketFault } from "../../lib/bucket/bucket.ts";
import { targetOf } from "../../lib/bucket/s3.ts";
import type { BucketSettings } from "../../lib/bucket/settings.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import type { Trigger } from "../../lib/engines/starling/serve.ts";
import type { Answer } from "../../lib/http/answer.ts";
import type { World } from "../../lib/http/world.ts";
import type { BackupSettings } from "./admit.ts";

export interface Export {
  readonly world: World;
  readonly openBucket: (settings: BucketSettings) => Bucket;
  readonly trigger: Trigger;
}

/** A scheduled tick leaves the rest to the next one; somebody who asks waits longer, and asks again for more. */
const BUDGETS = { cron: BUDGET, http: { ...BUDGET, ms: 240_000 } };

/** Runs a tick. Throws BucketFault and StoreFault. */
export async function exportNow(
  { world, openBucket, trigger }: Export,
  { bucket, policy, keys }: BackupSettings,
  more: Pick<Tick, "asked"> = {},
): Promise<TickOutcome> {
  const { db, nowMs, randomBytes } = world;
  const outcome = await runTick({
    db,
    bucket: openBucket(bucket),
    target: await targetOf(bucket),
    nowMs,
    randomBytes,
    policy,
    keys,
    budget: BUDGETS[trigger.kind],
    follow: true,
    ...more,
  });
  logOutcome(world, outcome);
  return outcome;
}

/** Does the work; a fault of the bucket becomes its refusal, anything else is thrown for the door to judge. */
export async function settled(world: World, work: () => Promise<() => Answer>): Promise<() => Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BucketFault)) {
      return () => {
        throw error;
      };
    }
    world.log("backup.failed", { code: error.code, object: error.object, detail: error.detail });
    return () => refuse(error.code, error.detail);
  }
}

/** The report of a tick, or the refusal of one that was stopped. */
export function reportOf(outcome: TickOutcome): { ok: true; value: TickReport } | Refusal {
  return outcome.state === "stopped" ? stoppedBy(outcome.finding) : { ok: true, value: outcome };
}

export function stoppedBy({ kind, detail, data }: Finding): Refusal {
  const hint =
    kind === "fork"
      ? `Nothing was exported. Look at both with \`ledge backup ls\`, then choose with \`ledge backup pick\`${data.cause === "ahead" ? " or `ledge backup adopt`" : ""}.`
      : "Nothing was exported. Choose another prefix, or set bucket_shared if both may lie there.";
  return refuse(kind === "fork" ? "fork" : "bucket_foreign", `${detail}. ${hint}`);
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
