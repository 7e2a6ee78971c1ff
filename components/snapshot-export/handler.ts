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
import { type CommittedAsk, committedRoutes, followCommit } from "./committed.ts";
import { runOnce } from "./run.ts";
import { getStatus } from "./status.ts";

const ADMITTED: HttpReply = { status: 202, headers: [], body: "" };

/** The component's handler. `openBucket` is the S3 client, or something else in tests. */
export function snapshotExport(
  migrations: readonly Migration[],
  openBucket: (settings: BucketSettings) => Bucket,
): ScheduledHandler {
  return async (request, world, trigger, later) => {
    let settings: BucketSettings | undefined;
    let committed: CommittedAsk | undefined;
    const admit: Admit = (admitted) => {
      settings = admitted;
      return ADMITTED;
    };
    const admitCommit = (ask: CommittedAsk) => {
      committed = ask;
      return ADMITTED;
    };
    const reply = (work: (door: Door) => Answer) => answer(work, migrations)(request, world);
    if (trigger.kind === "cron") {
      const judged = reply((door) => admitTick(door, admit));
      if (settings === undefined) return quietly(judged, world);
    } else {
      const own = committedRoutes(request, admitCommit);
      const judged = reply((door) => dispatch([...routes(admit), ...own], door));
      if (committed !== undefined) {
        const { settings: bucket } = committed;
        const run = () => runOnce(world, bucket, { openBucket, trigger });
        const outcome = await followCommit(committed, { world, later, run });
        return reply(() => outcome());
      }
      if (settings === undefined) return judged;
    }
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
