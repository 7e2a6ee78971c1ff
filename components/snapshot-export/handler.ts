/**
 * snapshot-export: brings the bucket up to the store, when asked over HTTP and when the cron trigger fires, and all
 * else that needs the bucket. Promise: both do the same tick; what went wrong stands in the status afterwards.
 * Routes and callers are judged by the same doors as everywhere, before anything waits for the network.
 */
import type { Bucket } from "../../lib/bucket/bucket.ts";
import type { BucketSettings } from "../../lib/bucket/settings.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import type { ScheduledHandler } from "../../lib/engines/starling/serve.ts";
import { type Answer, answer, type Door } from "../../lib/http/answer.ts";
import { judgeStore } from "../../lib/http/caller.ts";
import { dispatch, type Route } from "../../lib/http/route.ts";
import type { World } from "../../lib/http/world.ts";
import { readView } from "../../lib/store/documents/view.ts";
import { raiseDurability } from "../../lib/store/sqlite/durability.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { type Admit, admitBucket, admitWork, type BackupSettings, type Work } from "./admit.ts";
import { type CommittedAsk, committedRoutes, followCommit } from "./committed.ts";
import { type Export, settled } from "./export.ts";
import { adoptStore, postPick } from "./pick.ts";
import { proveNow } from "./prove.ts";
import { postPrune } from "./prune.ts";
import { type Defer, restoreRoutes, tendEmptyStore } from "./restore.ts";
import { runRestore } from "./restore-run.ts";
import { runNow } from "./run.ts";
import { sealNow } from "./seal.ts";
import { getSnapshots } from "./snapshots.ts";
import { getStatus } from "./status.ts";

const ADMITTED: HttpReply = { status: 202, headers: [], body: "" };

/** The component's handler. `openBucket` is the S3 client, or something else in tests. */
export function snapshotExport(
  migrations: readonly Migration[],
  openBucket: (settings: BucketSettings) => Bucket,
): ScheduledHandler {
  return async (request, world, trigger, later) => {
    let admitted: { readonly settings: BackupSettings; readonly work: Work } | undefined;
    let committed: CommittedAsk | undefined;
    const admit: Admit = (settings, work) => {
      admitted = { settings, work };
      return ADMITTED;
    };
    const admitCommit = (ask: CommittedAsk) => {
      committed = ask;
      return ADMITTED;
    };
    const reply = (work: (door: Door) => Answer) => answer(work, migrations)(request, world);
    const exporting: Export = { world, openBucket, trigger };
    const defer: Defer = (settings, restore) =>
      admit(settings, ({ bucket, keys }) =>
        runRestore({ world, bucket: openBucket(bucket), reading: keys.reading }, restore),
      );
    const judged = reply((door) => judge(door, { exporting, admit, admitCommit, defer }));
    // What the bucket is told must not be forgotten here: a seal, a lineage, what a run is about to write.
    if (committed !== undefined || admitted !== undefined) raiseDurability(world.db);
    if (committed !== undefined) {
      const { settings } = committed;
      const run = () => settled(world, () => runNow(exporting)(settings));
      const outcome = await followCommit(committed, { world, later, run });
      return reply(() => outcome());
    }
    if (admitted === undefined) return trigger.kind === "cron" ? quietly(judged, world) : judged;
    const { settings, work } = admitted;
    const outcome = await settled(world, () => work(settings));
    return reply(() => outcome());
  };
}

interface Judging {
  readonly exporting: Export;
  readonly admit: Admit;
  readonly admitCommit: (ask: CommittedAsk) => HttpReply;
  readonly defer: Defer;
}

function judge(door: Door, { exporting, admit, admitCommit, defer }: Judging): Answer {
  if (exporting.trigger.kind === "cron")
    return tendOrTick(door, defer, () => admitTick(door, admit, exporting));
  const own = [...restoreRoutes(defer), ...committedRoutes(door.request, admitCommit)];
  return dispatch([...routes(exporting, admit), ...own], door);
}

function routes(exporting: Export, admit: Admit): readonly Route[] {
  const working =
    (work: (exporting: Export) => Work): Route["methods"][string] =>
    (door, target) =>
      admitWork(door, target, { admit, work: work(exporting) });
  return [
    { path: "/v1/backup/run", methods: { POST: working(runNow) } },
    { path: "/v1/backup/prove", methods: { POST: working(proveNow) } },
    {
      path: "/v1/backup/prune",
      methods: { POST: (door, target) => postPrune(door, target, { exporting, admit }) },
    },
    {
      path: "/v1/backup/pick",
      methods: { POST: (door, target) => postPick(door, target, { exporting, admit }) },
    },
    { path: "/v1/backup/adopt", methods: { POST: working(adoptStore) } },
    { path: "/v1/backup/seal", methods: { POST: working(sealNow) } },
    {
      path: "/v1/backup/snapshots",
      methods: { GET: (door, target) => getSnapshots(door, target, { exporting, admit }) },
    },
    { path: "/v1/backup/status", methods: { GET: getStatus } },
  ];
}

/** A store without a history is looked after; one that has a history is backed up. */
function tendOrTick(door: Door, defer: Defer, tick: () => Answer): Answer {
  const tended = tendEmptyStore(door, defer);
  if (tended !== undefined) return tended.ok ? tended.value : tended;
  return tick();
}

/** The scheduler needs no token; without a bucket its tick is over. */
function admitTick(door: Door, admit: Admit, exporting: Export): Answer {
  const view = readView(door.world.db, null, null);
  const unfit = judgeStore(view, door);
  if (unfit !== undefined) return unfit;
  return admitBucket(door, { admit, work: runNow(exporting) });
}

/** A tick with no bucket set is nothing to fail about: status says it, and everything else goes on. */
function quietly(judged: HttpReply, world: World): HttpReply {
  if (judged.status !== 409) return judged;
  world.log("backup.not_set", {});
  return { status: 200, headers: [], body: "" };
}
