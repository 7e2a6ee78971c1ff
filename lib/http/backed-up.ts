/**
 * The export that a commit asks for, by service chaining. Promise: the commit is durable by then, and nothing that goes
 * wrong here changes its answer but the header that says what the bucket holds.
 */
import { BACKED_UP_HEADER } from "../core/on-commit.ts";
import type { Park } from "../core/waiting.ts";
import { readExported } from "../store/catalogue/exported.ts";
import type { CalledReply, World } from "./world.ts";

/** Who exports. */
export const EXPORTER = "snapshot-export";

/** Asks the exporter to bring a revision to the bucket; gives the newest one there, where that was waited for. */
export function askForExport(world: World, park: Park): string | undefined {
  const path = exportPath(world, park);
  return path === undefined ? undefined : exportedBy(world, park, world.chain?.(EXPORTER, path));
}

/** What to post to the exporter; undefined where nothing has to be asked. */
export function exportPath({ db, nowMs }: World, { revision, seconds }: Park): string | undefined {
  const wait = seconds > 0;
  // An exporter at work looks again before it rests, so this commit goes with it: one for each commit would cost more
  // than the commit. Who waits asks all the same: the exporter's instance waits then, and holds up no writer's.
  if (!wait && readExported(db, nowMs()).leased) return undefined;
  const until = wait ? `&until=${nowMs() + seconds * 1000}` : "";
  return `/internal/backup/committed?revision=${revision}&wait=${wait}${until}`;
}

/** The newest revision in the bucket by the exporter's answer, where that was waited for. */
export function exportedBy(
  world: World,
  { revision, seconds }: Park,
  reply: CalledReply | undefined,
): string | undefined {
  if (reply === undefined || reply.status >= 300) {
    world.log("backup.not_started", { revision, status: reply?.status ?? null });
  }
  const held = reply?.headers.find(([name]) => name.toLowerCase() === BACKED_UP_HEADER)?.[1];
  return seconds > 0 ? held : undefined;
}
