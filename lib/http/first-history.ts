/**
 * An empty store beside a bucket: it may be a new one, or one that somebody lost. Which it is stands in the
 * bucket, and the components that cannot ask it read what snapshot-export found there.
 */
import { type Refusal, refuse } from "../core/refusal.ts";
import { findRestoreRecord } from "../store/restore/record.ts";
import type { RestoreRecord } from "../store/restore/record-schema.ts";
import { isEmptyStore } from "../store/restore/rows.ts";
import { askForLook, isBucketSet } from "./looked.ts";
import type { World } from "./world.ts";

/** Not ready while a store that restores itself has not found out whether it has to. Throws StoreFault. */
export function judgeSelfRestore(world: World): Refusal<"not_ready"> | undefined {
  if (!restoresItself(world) || !isBucketSet(world) || !isEmptyStore(world.db)) return undefined;
  const record = findRestoreRecord(world.db);
  if (record?.kind === "looked" && !record.holds) return undefined;
  return record === undefined
    ? notReady("The bucket has not been looked at yet; the next tick of the schedule does.")
    : notReady("The bucket holds backups, and the next tick of the schedule restores them.");
}

/** May an empty store begin a history of its own? Where nobody has looked yet, the exporter does now. Throws StoreFault. */
export function judgeFirstHistory(
  world: World,
  { fresh }: { fresh: boolean },
): Refusal<"not_ready" | "bucket_foreign"> | undefined {
  if (fresh || !isBucketSet(world) || !isEmptyStore(world.db)) return undefined;
  const record = findRestoreRecord(world.db) ?? lookedNow(world);
  if (record?.kind === "looked" && !record.holds) return undefined;
  if (record === undefined)
    return notReady(
      "The bucket was asked whether it holds backups, and did not say. Ask again; GET /v1/backup/restore with the bootstrap secret tells what is wrong.",
    );
  if (restoresItself(world))
    return notReady("The bucket holds backups, and the next tick of the schedule restores them.");
  return refuse(
    "bucket_foreign",
    'The store is empty and the bucket holds backups. Restore them with POST /v1/backup/restore, or begin a new history on purpose with "fresh": true in the body.',
  );
}

/** How long whoever asks for the first token waits for the bucket. */
const LOOK_SECONDS = 10;

/** What the exporter finds in the bucket; undefined when it does not say in time. */
function lookedNow(world: World): RestoreRecord | undefined {
  askForLook(world, LOOK_SECONDS);
  return findRestoreRecord(world.db);
}

export function restoresItself({ variable }: World): boolean {
  return variable("restore_on_start") === "true";
}

function notReady(detail: string): Refusal<"not_ready"> {
  return refuse("not_ready", detail);
}
