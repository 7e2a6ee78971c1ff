/**
 * What a tick does first: rollouts go on by what edges have said, each as a commit of `_rollout`, and edges that were silent for long
 * are forgotten. It needs no bucket. Promise: a commit names what was looked at, so of two ticks at one time one moves it.
 */
import type { Proposal } from "../../lib/core/commit/proposal.ts";
import {
  type ChannelDocument,
  channelKey,
  placeOfPointer,
  type RolloutDocument,
} from "../../lib/core/rollout/documents.ts";
import { moved } from "../../lib/core/rollout/moves.ts";
import { nextMove } from "../../lib/core/rollout/next.ts";
import { parseMode } from "../../lib/core/settings.ts";
import { encodeUtf8 } from "../../lib/core/utf8.ts";
import { acceptedDurability } from "../../lib/http/durable.ts";
import type { World } from "../../lib/http/world.ts";
import { commit } from "../../lib/store/commit/commit.ts";
import { findSetting, listSettings, type Setting } from "../../lib/store/documents/settings.ts";
import { forgetSilent, listFollowers } from "../../lib/store/fleet/beacons.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";

const READ_AT_ONCE = 500;
const PREFIX = "rollout/";

/** Throws StoreFault. */
export function tickRollouts(world: World): void {
  const { db, nowMs } = world;
  if (!isClosed(db)) moveAll(world);
  forgetSilent(db, nowMs());
}

/** Read-only mode lets Ledge's own actors commit, but this can wait until it ends. */
function isClosed(db: Db): boolean {
  const mode = findSetting(db, "_system", "mode");
  return mode !== undefined && parseMode(mode.json) === "read_only";
}

function moveAll(world: World): void {
  const { db } = world;
  for (let after = ""; ; ) {
    const settings = listSettings(db, "_system", { prefix: PREFIX, after, limit: READ_AT_ONCE });
    for (const setting of settings) moveOne(world, setting);
    const last = settings.at(-1);
    if (last === undefined || settings.length < READ_AT_ONCE) return;
    after = last.key;
  }
}

function moveOne(world: World, setting: Setting): void {
  const rollout: RolloutDocument = JSON.parse(setting.json);
  const place = placeOfPointer(setting.key);
  if (rollout.state !== "running" || place === undefined) return;
  const { db } = world;
  const standing = findSetting(db, "_system", channelKey(place));
  if (standing === undefined) return;
  const channel: ChannelDocument = JSON.parse(standing.json);
  const nowMs = world.nowMs();
  const next = nextMove({ ...place, rollout, nowMs, followers: listFollowers(db, place, nowMs) });
  const made = moved(next, { rollout, channel, nowMs });
  if (made === undefined) return;
  const documents: Change[] = [{ setting, document: made.rollout }];
  if (made.channel !== undefined) documents.push({ setting: standing, document: made.channel });
  const outcome = commit(
    db,
    proposalOf(documents, { nowMs, message: made.rollout.reason }),
    acceptedDurability(world, 0),
  );
  const about = { namespace: place.namespace, channel: place.channel };
  // Refused: somebody was faster, or the store takes no writes. The next tick looks again.
  if (!outcome.ok) world.log("rollout.held", { ...about, code: outcome.code });
  else world.log("rollout.moved", { ...about, state: made.rollout.state, step: made.rollout.step });
}

interface Change {
  readonly setting: Setting;
  readonly document: object;
}

function proposalOf(
  changes: readonly Change[],
  { nowMs, message }: { readonly nowMs: number; readonly message: string },
): Proposal {
  const texts = changes.map(({ document }) => JSON.stringify(document));
  const bodies = texts.map(encodeUtf8);
  let at = 0;
  const ops = changes.map(({ setting: { key, revision, lineage } }, index) => {
    const size = bodies[index]?.length ?? 0;
    const begin = at;
    at += size;
    return {
      op: "put",
      namespace: "_system",
      key,
      mediaType: "application/json",
      ifRevision: revision,
      ifLineage: lineage,
      at: begin,
      size,
      text: true,
    } as const;
  });
  return {
    proposer: { kind: "reserved", actor: "_rollout" },
    door: "admin",
    nowMs,
    requestId: null,
    message,
    author: null,
    meta: null,
    trace: null,
    ops,
    body: encodeUtf8(texts.join("")),
  };
}
