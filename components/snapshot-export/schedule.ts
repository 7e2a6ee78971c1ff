/**
 * The tick of the cron trigger, which asks without a token: a store that has a history is backed up, after its rollouts have
 * moved; an empty one is compared with its bucket, and restored where the setting says so.
 */
import { parseBackupPolicy } from "../../lib/backup/policy.ts";
import type { Bucket } from "../../lib/bucket/bucket.ts";
import { type BucketSettings, parseBucketVariables } from "../../lib/bucket/settings.ts";
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { accept, type Outcome } from "../../lib/core/refusal.ts";
import { refusalOfFault } from "../../lib/http/faults.ts";
import { restoresItself } from "../../lib/http/first-history.ts";
import type { Answer } from "../../lib/http/result.ts";
import { replyOf, upToDate } from "../../lib/http/service.ts";
import { judgeFormat } from "../../lib/http/store-state.ts";
import type { World } from "../../lib/http/world.ts";
import { readView } from "../../lib/store/documents/view.ts";
import { findRestoreRecord } from "../../lib/store/restore/record.ts";
import { isEmptyStore } from "../../lib/store/restore/rows.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { compactNow } from "./compact.ts";
import { tendNow } from "./restore-run.ts";
import { tickRollouts } from "./rollouts.ts";
import { runNow } from "./run.ts";
import { answered, openExporting } from "./with-bucket.ts";

interface Schedule {
  readonly migrations: readonly Migration[];
  readonly openBucket: (settings: BucketSettings) => Bucket;
}

/** Never throws. A tick with no bucket set is nothing to fail about: the status says it. */
export async function tickNow(request: HttpRequest, world: World, schedule: Schedule): Promise<HttpReply> {
  const reply = (answer: Answer<unknown>) => replyOf(answer, request, world);
  try {
    const due = upToDate(world.db, schedule.migrations, (format) => judgeDue(world, format));
    if (!due.ok) return reply(due);
    if (due.value === "backup") tickRollouts(world);
    const exporting = openExporting(world, schedule.openBucket, "cron");
    if (!exporting.ok) {
      world.log("backup.not_set", {});
      if (due.value === "backup") compactAlone(world);
    }
    if (!exporting.ok || due.value === "nothing") return DONE;
    const restores = restoresItself(world);
    return reply(
      due.value === "backup"
        ? await answered(exporting.value, runNow)
        : await tendNow(exporting.value, { restores }),
    );
  } catch (error) {
    return reply(refusalOfFault(error, request, world));
  }
}

/** Where no bucket is set. One that is set wrongly is not to find less than there was. */
function compactAlone(world: World): void {
  const policy = parseBackupPolicy(world.variable);
  if (policy.kind === "set" && parseBucketVariables(world.variable).kind === "not_set")
    compactNow(world, { keepMs: policy.policy.historyKeepMs, hasBucket: false });
}

const DONE: HttpReply = { status: 200, headers: [], body: "" };

/** What a tick has to do, as far as that is seen without asking the bucket. */
function judgeDue(world: World, format: number): Outcome<"backup" | "tend" | "nothing"> {
  const view = readView(world.db, null, null);
  const unfit = judgeFormat(view, format);
  if (unfit !== undefined) return unfit;
  const itself = restoresItself(world);
  if (view.state === "restoring") return accept(itself ? "tend" : "nothing");
  if (!isEmptyStore(world.db)) return accept("backup");
  const record = findRestoreRecord(world.db);
  return accept(record?.kind === "looked" && !(record.holds && itself) ? "backup" : "tend");
}
