/**
 * What a tick does first: rollouts go on by what edges have said, each as a commit of `_rollout`, and edges that were silent for long
 * are forgotten. It needs no bucket.
 */
import { placeOfPointer } from "../../lib/core/rollout/documents.ts";
import { acceptedDurability } from "../../lib/http/durable.ts";
import { rolloutMove } from "../../lib/http/move-rollout.ts";
import type { World } from "../../lib/http/world.ts";
import { commit } from "../../lib/store/commit/commit.ts";
import { listSettings, type Setting } from "../../lib/store/documents/settings.ts";
import { forgetSilent } from "../../lib/store/fleet/beacons.ts";

const READ_AT_ONCE = 500;
const PREFIX = "rollout/";

/** Throws StoreFault. */
export function tickRollouts(world: World): void {
  const { db, nowMs } = world;
  for (let after = ""; ; ) {
    const settings = listSettings(db, "_system", { prefix: PREFIX, after, limit: READ_AT_ONCE });
    for (const setting of settings) moveOne(world, setting);
    const last = settings.at(-1);
    if (last === undefined || settings.length < READ_AT_ONCE) break;
    after = last.key;
  }
  forgetSilent(db, nowMs());
}

function moveOne(world: World, setting: Setting): void {
  const { db } = world;
  const nowMs = world.nowMs();
  const move = rolloutMove(db, setting, nowMs);
  const place = placeOfPointer(setting.key);
  if (move === undefined || place === undefined) return;
  const outcome = commit(db, { ...move.proposed, nowMs }, acceptedDurability(world, 0));
  const about = { namespace: place.namespace, channel: place.channel };
  // Refused: somebody was faster, or the store takes no writes. The next tick looks again.
  if (!outcome.ok) world.log("rollout.held", { ...about, code: outcome.code });
  else world.log("rollout.moved", { ...about, state: move.rollout.state, step: move.rollout.step });
}
