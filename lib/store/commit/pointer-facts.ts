/** The facts that only a change of a channel or of its rollout is judged by. */

import { parseLives } from "../../core/ancestry.ts";
import type { PointerFacts } from "../../core/commit/pointers.ts";
import { SYSTEM } from "../../core/namespace.ts";
import { policyKey, reviewsRollouts } from "../../core/policy.ts";
import { channelKey, placeOfPointer, rolloutKey } from "../../core/rollout/documents.ts";
import { pointersSql } from "../documents/pins.sql.ts";
import { readPinsOf } from "../documents/pins.ts";
import { viewSql } from "../documents/read.sql.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf } from "../sqlite/statement.ts";

/** Null for an operation on something else. Throws StoreFault. */
export function readPointerFacts(
  db: Db,
  [, namespace, key]: readonly [op: string, namespace: string, key: string],
): PointerFacts | null {
  const place = namespace === SYSTEM ? placeOfPointer(key) : undefined;
  if (place === undefined) return null;
  const store = onlyOf(db, viewSql, [place.namespace, null]);
  const keys = [channelKey(place), rolloutKey(place), policyKey({ ...place, scope: "" })];
  // No edge is asked for: the third document is the namespace's policy.
  const { channel, rollout, edge: policy } = onlyOf(db, pointersSql, keys);
  return {
    homed: store.namespace !== null,
    lives: parseLives(store.lives),
    head: store.head,
    compacted: store.compacted,
    pins: readPinsOf(db, place.namespace, store.compacted),
    channel,
    rollout,
    reviewed: reviewsRollouts(policy),
  };
}
