/**
 * Fleets of agents in a simulation (testkit/simulation): no time of this machine is measured, and each figure follows from its seed. How
 * soon a commit is everywhere, what origin and relays are asked, and what an outage, a lost relay and a restore do to them.
 */
import { Fleet, type FleetOptions } from "../testkit/simulation/fleet.ts";
import type { LoadFigures } from "../testkit/simulation/load-counter.ts";
import {
  type Convergence,
  commitSeen,
  type FleetLoad,
  hoursSeen,
  outageSeen,
  quiet,
  relayLostSeen,
  restoreSeen,
  type Seen,
  settle,
} from "../testkit/simulation/scenarios.ts";
import type { Curve, Plot } from "./plots.ts";
import type { BenchForm, BenchPart, BenchRow } from "./rows.ts";
import { rolloutRows } from "./scale-rollouts.ts";

interface Shape extends Omit<FleetOptions, "seed"> {
  readonly name: string;
}

const SEED = 1;
const SMALL: readonly Shape[] = [
  {
    name: "10,000 edges, 500 of them at the origin and the others behind 20 relays",
    relays: 20,
    edgesBehindRelays: 9500,
    directEdges: 500,
  },
  { name: "10,000 edges at the origin", relays: 0, edgesBehindRelays: 0, directEdges: 10_000 },
];
const LARGE: Shape = {
  name: "100,000 edges, 500 of them at the origin and the others behind 200 relays",
  relays: 200,
  edgesBehindRelays: 99_500,
  directEdges: 500,
};
/** How much is simulated. */
interface Length {
  readonly awaySeconds: number;
  readonly hours: number;
  readonly restoreSeconds: number;
}

const QUICK: Length = { awaySeconds: 300, hours: 1 / 6, restoreSeconds: 60 };
const FULL: Length = { awaySeconds: 3600, hours: 1, restoreSeconds: 3600 };
/** Ten times as many edges are as far after a sixth of the time. */
const FULL_LARGE: Length = { awaySeconds: 600, hours: 1 / 6, restoreSeconds: 600 };
const COMMIT_EACH_MINUTES = 10;
/** Seconds of a plot. */
const SHOWN_SECONDS = 90;

export async function benchScale(_: string, { full }: BenchForm): Promise<BenchPart> {
  const seen = SMALL.map((shape) => fleetSeen(shape, full ? FULL : QUICK));
  if (full) seen.push(fleetSeen(LARGE, FULL_LARGE));
  return {
    page: "scale.md",
    rows: [...seen.flatMap(({ rows }) => rows), ...rolloutRows({ full })],
    plots: [
      {
        name: "scale-convergence",
        title: "Edges that serve a commit",
        x: "milliseconds since the commit",
        y: "% of the edges",
        evenly: "y",
        curves: seen.map(({ served }) => served),
      },
      loadPlot(
        "scale-commit",
        "Requests to the origin after a commit",
        seen.map(({ afterCommit }) => afterCommit),
      ),
      loadPlot(
        "scale-outage",
        "Requests to the origin when it is back after an outage",
        seen.map(({ afterOutage }) => afterOutage),
      ),
    ],
  };
}

interface FleetSeen {
  readonly rows: readonly BenchRow[];
  readonly served: Curve;
  readonly afterCommit: Curve;
  readonly afterOutage: Curve;
}

function fleetSeen(shape: Shape, size: Length): FleetSeen {
  const { name } = shape;
  const fleet = new Fleet({ seed: SEED, ...shape });
  settle(fleet);
  const calm = quiet(fleet, 60);
  const commit = commitSeen(fleet);
  const served = servedCurve(name, fleet);
  const day = hoursSeen(fleet, size.hours, COMMIT_EACH_MINUTES);
  const outage = outageSeen(fleet, size.awaySeconds);
  const curves = {
    served,
    afterCommit: loadCurve(name, fleet, commit),
    afterOutage: loadCurve(name, fleet, outage),
  };
  const row = (work: string, figure: string, beside: string): BenchRow => ({
    work: `${name}: ${work}`,
    figure,
    beside,
    ratio: undefined,
  });
  const rows = [
    row("when nothing happens", loadText("origin", calm.origin), relayText(calm)),
    row(
      "from a commit to its being served",
      convergenceText(commit.convergence),
      `the second after it: ${peaksText(commit.load)}`,
    ),
    row(
      `a day with a commit each ${COMMIT_EACH_MINUTES} minutes (${Math.round(size.hours * 60)} minutes simulated)`,
      loadText("origin", day.origin),
      relayText(day),
    ),
    row(
      `the origin back after ${size.awaySeconds / 60} minutes, with a commit`,
      convergenceText(outage.convergence),
      `in its busiest second: ${peaksText(outage.load)}`,
    ),
  ];
  if (fleet.relays.length > 0)
    rows.push(
      row(
        "one relay away for two minutes",
        "all others serve on",
        `in the busiest second: ${peaksText(relayLostSeen(fleet))}`,
      ),
    );
  const restored = restoreSeen(fleet, size.restoreSeconds);
  rows.push(
    row(
      `the origin back from a backup; each replica of 21 pages is made anew`,
      convergenceText(restored.convergence),
      loadText("origin, while that goes on", restored.load.origin),
    ),
    row(
      "moves to an older state, or to one that is not whole",
      String(fleet.wentBack + fleet.torn),
      `edges: ${fleet.edges.length}`,
    ),
  );
  return { rows, ...curves };
}

function servedCurve(name: string, { edges }: Fleet): Curve {
  const after = edges
    .flatMap(({ servedAfterMs }) => (servedAfterMs === undefined ? [] : [servedAfterMs]))
    .sort((a, b) => a - b);
  const points = Array.from({ length: 51 }, (_, nth) => {
    const at = Math.min(after.length - 1, Math.floor((nth / 50) * after.length));
    return [Math.max(1, Math.round(after[at] ?? 0)), nth * 2] as const;
  });
  return { name, points };
}

function loadCurve(name: string, { origin }: Fleet, { fromMs }: Seen): Curve {
  const each = origin.load.each(fromMs, fromMs + SHOWN_SECONDS * 1000);
  return { name, points: each.map((count, second) => [second, count] as const) };
}

function loadPlot(name: string, title: string, curves: readonly Curve[]): Plot {
  return { name, title, x: "seconds", y: "requests a second", evenly: "both", curves };
}

function convergenceText({ median, p99, last }: Convergence): string {
  return `half of the edges after ${secondsText(median)}, 99 % after ${secondsText(p99)}, the last after ${secondsText(last)}`;
}

function secondsText(ms: number): string {
  return Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : "later than was simulated";
}

function loadText(who: string, { mean, peak }: LoadFigures): string {
  return `${who}: ${countText(mean)}/s, ${countText(peak)} in the busiest second`;
}

function relayText({ relay }: FleetLoad): string {
  return relay.total === 0 ? "no relay" : loadText("the busiest relay", relay);
}

function peaksText({ origin, relay }: FleetLoad): string {
  const own = `origin ${countText(origin.peak)}`;
  return relay.total === 0 ? own : `${own}, the busiest relay ${countText(relay.peak)}`;
}

function countText(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
