/**
 * The last word of each edge about each namespace. It is operational: no part of the history or of a backup. Promise: an older
 * word, which a relay passed on late, does not replace a newer one.
 */
import { FORGOTTEN_MS, type KeptBeacon, SILENT_MS } from "../../core/rollout/beacon.ts";
import type { ChannelPlace } from "../../core/rollout/documents.ts";
import type { Follower } from "../../core/rollout/next.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf, rowsOf } from "../sqlite/statement.ts";
import { inTransaction } from "../sqlite/transaction.ts";
import {
  beaconsSql,
  countBeaconsSql,
  countEdgesSql,
  followersSql,
  forgetSql,
  lackedSql,
  nextTurnSql,
  putBeaconsSql,
  standingsSql,
  turnSql,
  waitingSql,
} from "./beacons.sql.ts";

/** A part of the fleet, and the clock by which it is judged. */
export interface FleetPart {
  /** Null for all. */
  readonly namespace: string | null;
  readonly nowMs: number;
}

export function beaconName({ namespace, edge }: Pick<KeptBeacon, "namespace" | "edge">): string {
  return `beacon/${namespace}/${edge}`;
}

/** Gives how many are kept then, and keeps none where that is more than `keptMax`. Throws StoreFault. */
export function keepBeacons(
  db: Db,
  beacons: readonly KeptBeacon[],
  { nowMs, keptMax }: { readonly nowMs: number; readonly keptMax: number },
): number {
  const rows = JSON.stringify(beacons.map((beacon) => [beaconName(beacon), beacon]));
  try {
    return inTransaction(db, () => {
      db.all(putBeaconsSql, [rows, nowMs]);
      db.all(nextTurnSql);
      const { count } = onlyOf(db, countBeaconsSql, ["", 0]);
      if (count > keptMax) throw new TooMany(count);
      return count;
    });
  } catch (error) {
    if (error instanceof TooMany) return error.count;
    throw error;
  }
}

/** Thrown to roll back. */
class TooMany extends Error {
  readonly count: number;
  constructor(count: number) {
    super("too many beacons");
    this.count = count;
  }
}

/** How often beacons have come: whoever waits for edges is asked again when it grows. Throws StoreFault. */
export function readTurn(db: Db): number {
  return onlyOf(db, turnSql).turn;
}

/** In the order of their names, which are those of `beaconName`. Throws StoreFault. */
export function listBeacons(
  db: Db,
  part: FleetPart,
  { after, limit }: { readonly after: string; readonly limit: number },
): KeptBeacon[] {
  return rowsOf(db, beaconsSql, [...rangeOf(part), after, limit]).map(({ value }) => parse(value));
}

/** Replicas that are alike. */
export interface Alike {
  readonly namespace: string;
  readonly lineage: string;
  readonly revision: number;
  readonly channel: string | null;
  readonly count: number;
  readonly silent: number;
  readonly refusing: number;
}

/** Throws StoreFault. */
export function countAlike(db: Db, part: FleetPart): Alike[] {
  return rowsOf(db, standingsSql, [...rangeOf(part), part.nowMs - SILENT_MS]);
}

/** Throws StoreFault. */
export function countEdges(db: Db, part: FleetPart): number {
  return onlyOf(db, countEdgesSql, rangeOf(part)).edges;
}

/** Of a channel, in no order. Throws StoreFault. */
export function listFollowers(db: Db, { namespace, channel }: ChannelPlace, nowMs: number): Follower[] {
  return JSON.parse(onlyOf(db, followersSql, [...rangeOf({ namespace, nowMs }), channel]).followers);
}

/** Who is heard and has not come to a revision of this history. Throws StoreFault. */
export function listWaiting(
  db: Db,
  part: FleetPart,
  { revision, limit }: { readonly revision: number; readonly limit: number },
) {
  return rowsOf(db, waitingSql, [...rangeOf(part), part.nowMs - SILENT_MS, revision, limit]).map(
    ({ channel, ...one }) => (channel === null ? one : { ...one, channel }),
  );
}

/** How many commits lie between two states of a namespace, and when the oldest was made. Throws StoreFault. */
export function countLacked(
  db: Db,
  { namespace, from, to }: { readonly namespace: string; readonly from: number; readonly to: number },
): { readonly commits: number; readonly sinceMs: number | null } {
  return onlyOf(db, lackedSql, [from, to, namespace]);
}

/** Edges that were not heard for long go. Throws StoreFault. */
export function forgetSilent(db: Db, nowMs: number): void {
  db.all(forgetSql, [nowMs - FORGOTTEN_MS, nowMs + FORGOTTEN_MS]);
}

function rangeOf({ namespace, nowMs }: FleetPart): [string, number] {
  return [namespace === null ? "" : `${namespace}/`, nowMs - FORGOTTEN_MS];
}

/** It was judged when it came. */
function parse(json: string): KeptBeacon {
  return JSON.parse(json);
}
