/**
 * A rollout's next move, as a proposal of `_rollout`. Promise: it names the documents that were looked at, so of two who find it at one
 * time one makes it.
 */
import {
  type ChannelDocument,
  channelKey,
  placeOfPointer,
  type RolloutDocument,
} from "../core/rollout/documents.ts";
import { moved } from "../core/rollout/moves.ts";
import { type Next, nextMove } from "../core/rollout/next.ts";
import { isWatched } from "../core/rollout/reading.ts";
import { parseMode } from "../core/settings.ts";
import { encodeUtf8 } from "../core/utf8.ts";
import { findSetting, type Setting } from "../store/documents/settings.ts";
import { listFollowers } from "../store/fleet/beacons.ts";
import type { Db } from "../store/sqlite/driver.ts";
import type { Proposed } from "./propose.ts";

export interface RolloutMove {
  readonly kind: Next["kind"];
  readonly proposed: Proposed;
  readonly rollout: RolloutDocument;
}

/** Undefined where there is nothing to do, and while the store is read-only: it can wait until that ends. Throws StoreFault. */
export function rolloutMove(db: Db, setting: Setting, nowMs: number): RolloutMove | undefined {
  const rollout: RolloutDocument = JSON.parse(setting.json);
  const place = placeOfPointer(setting.key);
  if (!isWatched(rollout) || place === undefined || isClosed(db)) return undefined;
  const standing = findSetting(db, "_system", channelKey(place));
  if (standing === undefined) return undefined;
  const channel: ChannelDocument = JSON.parse(standing.json);
  const next = nextMove({ ...place, rollout, nowMs, followers: listFollowers(db, place, nowMs) });
  const made = moved(next, { rollout, channel, nowMs });
  if (made === undefined) return undefined;
  const documents: Change[] = [{ setting, document: made.rollout }];
  if (made.channel !== undefined) documents.push({ setting: standing, document: made.channel });
  return { kind: next.kind, proposed: proposedOf(documents, made.rollout.reason), rollout: made.rollout };
}

function isClosed(db: Db): boolean {
  const mode = findSetting(db, "_system", "mode");
  return mode !== undefined && parseMode(mode.json) === "read_only";
}

interface Change {
  readonly setting: Setting;
  readonly document: object;
}

function proposedOf(changes: readonly Change[], message: string): Proposed {
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
    requestId: null,
    message,
    author: null,
    meta: null,
    trace: null,
    ops,
    body: encodeUtf8(texts.join("")),
  };
}
