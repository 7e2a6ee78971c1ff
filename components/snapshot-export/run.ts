/** One tick and its answer: what was written, or why not. */
import { type Bucket, BucketFault } from "../../lib/backup/bucket.ts";
import { runTick, type TickOutcome } from "../../lib/backup/export-tick.ts";
import { targetOf } from "../../lib/backup/s3-bucket.ts";
import { refuse } from "../../lib/core/refusal.ts";
import type { Answer } from "../../lib/door/answer.ts";
import { jsonReply } from "../../lib/door/reply.ts";
import type { Trigger } from "../../lib/guest/starling.ts";
import type { BucketSettings } from "../../lib/wire/bucket-settings.ts";
import type { World } from "../../lib/world.ts";

/** A scheduled tick leaves the rest to the next one; somebody who asks wants it done. */
const BUDGETS = {
  cron: { bytes: 268_435_456, ms: 20_000 },
  http: { bytes: 4_294_967_296, ms: 240_000 },
};

export interface RunOptions {
  readonly openBucket: (settings: BucketSettings) => Bucket;
  readonly trigger: Trigger;
}

/** Runs the tick. What comes back gives the answer or throws what the tick threw, for the door to judge. */
export async function runOnce(
  world: World,
  settings: BucketSettings,
  { openBucket, trigger }: RunOptions,
): Promise<() => Answer> {
  const { db, nowMs, randomBytes } = world;
  try {
    const outcome = await runTick({
      db,
      bucket: openBucket(settings),
      target: await targetOf(settings),
      nowMs,
      randomBytes,
      budget: BUDGETS[trigger.kind],
    });
    logOutcome(world, outcome);
    return () => answerFor(outcome);
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

function answerFor(outcome: TickOutcome): Answer {
  if (outcome.state !== "stopped") return jsonReply(200, outcome);
  const { kind, detail } = outcome.finding;
  return refuse(kind === "fork" ? "fork" : "bucket_foreign", `${detail}. Nothing was exported.`);
}

function logOutcome(world: World, outcome: TickOutcome): void {
  if (outcome.state === "stopped")
    world.log("backup.stopped", { kind: outcome.finding.kind, detail: outcome.finding.detail });
  if (outcome.state !== "exported") return;
  const { from, to, objects, bytes } = outcome;
  world.log("backup.exported", { from, to, objects, bytes });
}
