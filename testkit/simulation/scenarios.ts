/** What happens to a fleet of the simulation, and what was seen of it. Each goes on from where the fleet is. */
import type { Fleet, Member } from "./fleet.ts";
import type { LoadFigures } from "./load-counter.ts";

/** How long after a commit edges served it, in milliseconds; infinite where too few ever did. */
export interface Convergence {
  readonly median: number;
  readonly p99: number;
  readonly last: number;
}

export interface FleetLoad {
  readonly origin: LoadFigures;
  /** Of the relay with the highest peak. */
  readonly relay: LoadFigures;
}

export interface Seen {
  readonly fromMs: number;
  readonly convergence: Convergence;
  readonly load: FleetLoad;
}

/** Until the first questions are spread over a wait, and the reports over a round. */
const SETTLE_SECONDS = 90;

export function settle(fleet: Fleet): void {
  fleet.run(SETTLE_SECONDS);
}

/** Nothing happens. */
export function quiet(fleet: Fleet, seconds: number): FleetLoad {
  const fromMs = fleet.clock.nowMs;
  fleet.run(seconds);
  return loadOf(fleet, fromMs);
}

export function commitSeen(fleet: Fleet, seconds = 90): Seen {
  return seen(fleet, seconds, () => fleet.commit());
}

/** The origin is away; it comes back as it was, and some commits are made the moment before. */
export function outageSeen(
  fleet: Fleet,
  awaySeconds: number,
  { commits = 1, seconds = 120 }: { readonly commits?: number; readonly seconds?: number } = {},
): Seen {
  fleet.origin.goDown();
  fleet.run(awaySeconds);
  return seen(fleet, seconds, () => {
    for (let nth = 0; nth < commits; nth += 1) fleet.commit();
    fleet.originBack();
  });
}

/** A relay is away: those behind it go to their next source, have a commit, and come back. The loads while it is away. */
export function relayLostSeen(fleet: Fleet, seconds = 120): FleetLoad {
  const fromMs = fleet.clock.nowMs;
  fleet.setRelayAway(0, true);
  fleet.run(seconds);
  const load = loadOf(fleet, fromMs);
  fleet.commit();
  fleet.run(1);
  fleet.setRelayAway(0, false);
  fleet.run(seconds);
  return load;
}

/** The origin comes back from a backup, without its last commit, and commits: each replica is made anew. */
export function restoreSeen(fleet: Fleet, seconds: number): Seen {
  fleet.commit();
  fleet.run(60);
  fleet.origin.goDown();
  fleet.run(60);
  return seen(fleet, seconds, () => fleet.originRestored(1));
}

/** A commit at each of so many minutes, for some hours. */
export function hoursSeen(fleet: Fleet, hours: number, minutes: number): FleetLoad {
  const fromMs = fleet.clock.nowMs;
  for (let minute = 0; minute < hours * 60; minute += minutes) {
    fleet.commit();
    fleet.run(minutes * 60);
  }
  return loadOf(fleet, fromMs);
}

export function convergenceOf(members: readonly Member[]): Convergence {
  const after = members
    .map(({ servedAfterMs }) => servedAfterMs ?? Number.POSITIVE_INFINITY)
    .sort((a, b) => a - b);
  const at = (share: number) => after[Math.min(after.length - 1, Math.floor(after.length * share))] ?? 0;
  return { median: at(0.5), p99: at(0.99), last: at(1) };
}

function seen(fleet: Fleet, seconds: number, happens: () => void): Seen {
  const fromMs = fleet.clock.nowMs;
  happens();
  fleet.run(seconds);
  return { fromMs, convergence: convergenceOf(fleet.edges), load: loadOf(fleet, fromMs) };
}

function loadOf({ origin, relays, clock }: Fleet, fromMs: number): FleetLoad {
  const figures = relays.map(({ load }) => load.between(fromMs, clock.nowMs));
  const none = { total: 0, mean: 0, peak: 0 };
  return {
    origin: origin.load.between(fromMs, clock.nowMs),
    relay: figures.reduce((most, one) => (one.peak > most.peak ? one : most), none),
  };
}
