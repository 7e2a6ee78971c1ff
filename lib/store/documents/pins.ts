/** Which revisions of a namespace channels pin, and which revision a channel gives an edge, as the store has it now. */

import {
  type ChannelPlace,
  channelKey,
  edgeKey,
  placeOfPointer,
  rolloutKey,
} from "../../core/rollout/documents.ts";
import { type Pin, pinsOf } from "../../core/rollout/pins.ts";
import { type ChannelReader, type Pointers, revisionFor } from "../../core/rollout/reading.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf, rowsOf } from "../sqlite/statement.ts";
import { pinningOfSql, pinningSql, pointersSql } from "./pins.sql.ts";

/** Of all namespaces that keep only a part of their past; `marks` says from which revision on. Throws StoreFault. */
export function readPinsAt(db: Db, marks: ReadonlyMap<string, number>): Pin[] {
  const pinning = new Set(rowsOf(db, pinningSql).flatMap(({ key }) => placeOfPointer(key)?.namespace ?? []));
  return [...marks].flatMap(([namespace, mark]) =>
    pinning.has(namespace)
      ? readPinsOf(db, namespace, mark).map((revision) => ({ namespace, revision }))
      : [],
  );
}

/** Of one namespace, by what was in force at a revision or came later. Throws StoreFault. */
export function readPinsOf(db: Db, namespace: string, since: number): number[] {
  const rows = rowsOf(db, pinningOfSql, [since, namespace]);
  return rows.flatMap(({ key, json }) => pinsOf(key, json)).map(({ revision }) => revision);
}

/** What a channel gives a reader. */
export interface Pointed {
  readonly revision: number;
  /** The newest revision among the documents that say so. */
  readonly pointer: number;
}

/** Undefined where there is no such channel. Throws StoreFault. */
export function readChannelPointers(db: Db, place: ChannelPlace): Omit<Pointers, "edge"> | undefined {
  const { channel, rollout } = onlyOf(db, pointersSql, [channelKey(place), rolloutKey(place), null]);
  if (channel === null) return undefined;
  return { channel: JSON.parse(channel), rollout: rollout === null ? undefined : JSON.parse(rollout) };
}

/** Undefined where there is no such channel. Throws StoreFault. */
export function readPointed(db: Db, reader: ChannelReader): Pointed | undefined {
  const row = onlyOf(db, pointersSql, [
    channelKey(reader),
    rolloutKey(reader),
    reader.edge === null ? null : edgeKey(reader.edge),
  ]);
  if (row.channel === null) return undefined;
  const pointers: Pointers = {
    channel: JSON.parse(row.channel),
    rollout: row.rollout === null ? undefined : JSON.parse(row.rollout),
    edge: row.edge === null ? undefined : JSON.parse(row.edge),
  };
  const { channelRevision, rolloutRevision, edgeRevision } = row;
  const pointer = Math.max(channelRevision ?? 0, rolloutRevision ?? 0, edgeRevision ?? 0);
  return { revision: revisionFor(pointers, reader), pointer };
}
