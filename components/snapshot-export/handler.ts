/**
 * snapshot-export: brings the bucket up to the store, when asked over HTTP and when the cron trigger fires.
 * Promise: both do the same tick; what went wrong stands in the status afterwards. Routes and callers are
 * judged by the same doors as everywhere, before anything waits for the network.
 */
import type { Bucket } from "../../lib/backup/bucket.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import { type Answer, answer, type Door } from "../../lib/door/answer.ts";
import { judgeStore } from "../../lib/door/caller.ts";
import { dispatch, type Route } from "../../lib/door/route.ts";
import type { ScheduledHandler } from "../../lib/guest/starling.ts";
import type { Migration } from "../../lib/store/migrate.ts";
import { readView } from "../../lib/store/view.ts";
import type { BucketSettings } from "../../lib/wire/bucket-settings.ts";
import type { World } from "../../lib/world.ts";
import { type Admit, admitRun, requireBucket } from "./admit.ts";
import { type Defer, restoreRoutes, tendEmptyStore } from "./restore.ts";
import { type RestoreWork, runRestore } from "./restore-run.ts";
import { runOnce } from "./run.ts";
import { getStatus } from "./status.ts";

const ADMITTED: HttpReply = { status: 202, headers: [], body: "" };

/** The component's handler. `openBucket` is the S3 client, or something else in tests. */
export function snapshotExport(
  migrations: readonly Migration[],
  openBucket: (settings: BucketSettings) => Bucket,
): ScheduledHandler {
  return async (request, world, trigger) => {
    let settings: BucketSettings | undefined;
    const admit: Admit = (admitted) => {
      settings = admitted;
      return ADMITTED;
    };
    let deferred: { bucket: Bucket; work: RestoreWork } | undefined;
    const defer: Defer = (found, work) => {
      deferred = { bucket: openBucket(found), work };
      return ADMITTED;
    };
    const reply = (work: (door: Door) => Answer) => answer(work, migrations)(request, world);
    if (trigger.kind === "cron") {
      const judged = reply((door) => tendOrTick(door, defer, admit));
      if (settings === undefined && deferred === undefined) return quietly(judged, world);
    } else {
      const judged = reply((door) => dispatch([...routes(admit), ...restoreRoutes(defer)], door));
      if (settings === undefined && deferred === undefined) return judged;
    }
    if (deferred !== undefined) {
      const restored = await runRestore(world, deferred.bucket, deferred.work);
      return reply(() => restored());
    }
    if (settings === undefined) throw new Error("a request that was admitted has no settings");
    const outcome = await runOnce(world, settings, { openBucket, trigger });
    return reply(() => outcome());
  };
}

function routes(admit: Admit): readonly Route[] {
  return [
    { path: "/v1/backup/run", methods: { POST: (door, target) => admitRun(door, target, admit) } },
    { path: "/v1/backup/status", methods: { GET: getStatus } },
  ];
}

/** A store without a history is looked after; one that has a history is backed up. */
function tendOrTick(door: Door, defer: Defer, admit: Admit): Answer {
  const tended = tendEmptyStore(door, defer);
  if (tended !== undefined) return tended.ok ? tended.value : tended;
  return admitTick(door, admit);
}

/** The scheduler needs no token; without a bucket its tick is over. */
function admitTick(door: Door, admit: Admit): Answer {
  const view = readView(door.world.db, null, null);
  const unfit = judgeStore(view, door);
  if (unfit !== undefined) return unfit;
  const settings = requireBucket(door.world);
  return settings.ok ? admit(settings.value) : settings;
}

/** A tick with no bucket set is nothing to fail about: status says it, and everything else goes on. */
function quietly(judged: HttpReply, world: World): HttpReply {
  if (judged.status !== 409) return judged;
  world.log("backup.not_set", {});
  return { status: 200, headers: [], body: "" };
}
