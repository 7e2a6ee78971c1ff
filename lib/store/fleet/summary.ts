/** The fleet in numbers, for whoever asks and for the metrics. Replicas that are alike are judged once. */
import type { History } from "../../core/ancestry.ts";
import { SILENT_MS } from "../../core/rollout/beacon.ts";
import type { Db } from "../sqlite/driver.ts";
import { type Alike, countAlike, countEdges, type FleetPart, listFollowers } from "./beacons.ts";
import { type ReplicaStanding, Standings } from "./standing.ts";

export interface FleetSummary {
  readonly edges: number;
  readonly replicas: number;
  readonly silent: number;
  readonly behind: number;
  readonly refusing: number;
  readonly ahead: number;
  readonly lost: number;
  readonly foreign: number;
}

/** Throws StoreFault. */
export function summarize(db: Db, history: History, part: FleetPart): FleetSummary {
  return summarizeWithLag(db, history, part).summary;
}

/**
 * Silent ones are counted as that alone, since nobody knows where they are now. `lacksSinceMs`: when the oldest commit was made
 * that a replica lacks which is heard; null where none lacks one. Throws StoreFault.
 */
export function summarizeWithLag(
  db: Db,
  history: History,
  part: FleetPart,
): { readonly summary: FleetSummary; readonly lacksSinceMs: number | null } {
  const standings = new Standings(db, history);
  const counts = { current: 0, behind: 0, ahead: 0, lost: 0, foreign: 0 };
  const alike = countAlike(db, part);
  const divided = new Set<string>();
  const lacked: number[] = [];
  const add = ({ standing, lacksSinceMs }: ReplicaStanding, heard: number) => {
    counts[standing] += heard;
    if (heard > 0 && lacksSinceMs !== null) lacked.push(lacksSinceMs);
  };
  for (const one of alike) {
    const { namespace, channel } = one;
    if (channel !== null && standings.isDivided({ namespace, channel }))
      divided.add(`${namespace}/${channel}`);
    else add(standings.of(one, undefined), one.count - one.silent);
  }
  for (const name of divided) {
    const [namespace = "", channel = ""] = name.split("/");
    for (const { beacon, edge } of listFollowers(db, { namespace, channel }, part.nowMs))
      if (beacon.atMs > part.nowMs - SILENT_MS)
        add(standings.of({ ...beacon, namespace, channel }, { edge: beacon.edge, document: edge }), 1);
  }
  const sum = (of: (one: Alike) => number) => alike.reduce((total, one) => total + of(one), 0);
  const { current: _, ...apart } = counts;
  const summary = {
    edges: countEdges(db, part),
    replicas: sum(({ count }) => count),
    silent: sum(({ silent }) => silent),
    refusing: sum(({ refusing }) => refusing),
    ...apart,
  };
  return { summary, lacksSinceMs: lacked.length === 0 ? null : Math.min(...lacked) };
}
