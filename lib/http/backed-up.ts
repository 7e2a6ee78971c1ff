/**
 * The export that a commit asks for, by service chaining. Promise: the commit is durable by then, and nothing that goes
 * wrong here changes its answer but the header that says what the bucket holds.
 */
import { BACKED_UP_HEADER } from "../core/on-commit.ts";
import type { Park } from "../core/waiting.ts";
import { readExported } from "../store/catalogue/exported.ts";
import type { World } from "./world.ts";

/** Asks snapshot-export to bring a revision to the bucket; gives the newest one there, where that was waited for. */
export function askForExport(world: World, { revision, seconds }: Park): string | undefined {
  const wait = seconds > 0;
  // An exporter at work looks again before it rests, so this commit goes with it: one for each commit would cost more
  // than the commit. Who waits asks all the same: the exporter's instance waits then, and holds up no writer's.
  if (!wait && readExported(world.db, world.nowMs()).leased) return undefined;
  const until = wait ? `&until=${world.nowMs() + seconds * 1000}` : "";
  const path = `/internal/backup/committed?revision=${revision}&wait=${wait}${until}`;
  const reply = world.chain?.("snapshot-export", path);
  if (reply === undefined || reply.status >= 300) {
    world.log("backup.not_started", { revision, status: reply?.status ?? null });
  }
  const held = reply?.headers.find(([name]) => name.toLowerCase() === BACKED_UP_HEADER)?.[1];
  return wait ? held : undefined;
}
