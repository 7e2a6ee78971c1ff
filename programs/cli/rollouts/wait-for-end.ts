/** Looks at a rollout until it no longer goes on, and shows how it does. */
import { setTimeout as sleep } from "node:timers/promises";
import { Rollout } from "../../../lib/api/rollout-bodies.ts";
import type { ChannelPlace } from "../../../lib/core/rollout/documents.ts";
import { isWatched } from "../../../lib/core/rollout/reading.ts";
import type { Client } from "../client.ts";
import { showGoingOn } from "./going-on.ts";
import { nameOfChannel, pathOfChannel } from "./place.ts";
import { shortLine } from "./view.ts";

const LOOK_MS = 1000;

/** The rollout as it ended, or as it is when the time is over. */
export async function waitForEnd(client: Client, place: ChannelPlace, timeoutMs: number): Promise<Rollout> {
  const end = performance.now() + timeoutMs;
  const progress = showGoingOn();
  for (;;) {
    const found = await client.json(Rollout, "GET", pathOfChannel("rollouts", place), {
      what: nameOfChannel(place),
    });
    progress.show(shortLine(found));
    // One that waits may be approved yet.
    if (!isWatched(found) || performance.now() >= end) {
      progress.end();
      return found;
    }
    await sleep(Math.min(LOOK_MS, Math.max(0, end - performance.now())));
  }
}
