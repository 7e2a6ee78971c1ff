/**
 * snapshot-export: brings the bucket up to the store, when asked over HTTP and when the cron trigger fires, and all
 * else that needs the bucket. Promise: both do the same tick; what went wrong stands in the status afterwards.
 * Requests are judged as everywhere, before anything waits for the network.
 */
import { PickBody } from "../../lib/api/admin-bodies.ts";
import { RestoreBody } from "../../lib/api/restore-bodies.ts";
import { SNAPSHOT_EXPORT } from "../../lib/api/tables/snapshot-export.built.ts";
import type { Bucket } from "../../lib/bucket/bucket.ts";
import type { BucketSettings } from "../../lib/bucket/settings.ts";
import type { Later, ScheduledHandler } from "../../lib/engines/starling/serve.ts";
import { parseJsonBody } from "../../lib/http/body.ts";
import { type AsyncParts, asyncService } from "../../lib/http/service.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { postCommitted } from "./committed.ts";
import { postPlanDigest } from "./digest-plan.ts";
import { postLook } from "./look.ts";
import { postUsed } from "./note-used.ts";
import { adoptStore, pickBranch } from "./pick.ts";
import { proveNow } from "./prove.ts";
import { pruneNow } from "./prune.ts";
import { getRestore, postRestore } from "./restore.ts";
import { tickRollouts } from "./rollouts.ts";
import { runNow } from "./run.ts";
import { tickNow } from "./schedule.ts";
import { sealNow } from "./seal.ts";
import { listSnapshots } from "./snapshots.ts";
import { getBackupStatus } from "./status.ts";
import { withBucket } from "./with-bucket.ts";

export type OpenBucket = (settings: BucketSettings) => Bucket;

/** The component's handler. `openBucket` is the S3 client, or something else in tests. */
export function snapshotExport(migrations: readonly Migration[], openBucket: OpenBucket): ScheduledHandler {
  return (request, world, trigger, later) =>
    trigger.kind === "cron"
      ? tickNow(request, world, { migrations, openBucket })
      : asyncService(SNAPSHOT_EXPORT, partsOf(openBucket, later), migrations)(request, world);
}

function partsOf(openBucket: OpenBucket, later: Later): AsyncParts<"snapshot-export"> {
  return {
    handlers: {
      runBackup: withBucket(openBucket, (exporting) => {
        tickRollouts(exporting.world);
        return runNow(exporting);
      }),
      proveBackup: withBucket(openBucket, proveNow),
      pruneBackup: withBucket(openBucket, pruneNow),
      pickBranch: withBucket(openBucket, pickBranch),
      adoptStore: withBucket(openBucket, adoptStore),
      sealBackup: withBucket(openBucket, sealNow),
      listSnapshots: withBucket(openBucket, listSnapshots),
      readBackupStatus: getBackupStatus,
      previewRestore: withBucket(openBucket, getRestore),
      restore: withBucket(openBucket, postRestore),
      backUpCommitted: withBucket(openBucket, (exporting, input: Parameters<typeof postCommitted>[1]) =>
        postCommitted(exporting, input, later),
      ),
      lookForBackups: withBucket(openBucket, (exporting, input: Parameters<typeof postLook>[1]) =>
        postLook(exporting, input, later),
      ),
      digestPlan: postPlanDigest,
      noteUsed: postUsed,
    },
    bodies: { PickBody, RestoreBody },
    parseBody: parseJsonBody,
  };
}
