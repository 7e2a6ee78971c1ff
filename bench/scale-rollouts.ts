/** Rollouts over a fleet in a simulation: how many edges a bad revision ever reaches, and how long until it is taken back. */
import {
  type RolloutFleetOptions,
  type RolloutSeen,
  simulateRollout,
} from "../testkit/simulation/rollout-fleet.ts";
import type { BenchForm, BenchRow } from "./rows.ts";

const BAKE_SECONDS = 600;
const STEPS = [
  { labels: { ring: "canary" }, bakeSeconds: BAKE_SECONDS },
  ...[1, 10, 50, 100].map((percent) => ({ percent, bakeSeconds: BAKE_SECONDS })),
];
const CANARIES = 20;

interface Rollout {
  readonly work: string;
  readonly options: Pick<RolloutFleetOptions, "harm" | "cuts" | "maxSilenceSeconds">;
}

const CUTS = { aDay: 1 / 7, seconds: 600 };
const ROLLOUTS: readonly Rollout[] = [
  { work: "a good revision", options: {} },
  { work: "a revision that every edge refuses", options: { harm: { kind: "refused", share: 1 } } },
  { work: "a revision that 1 edge of 100 refuses", options: { harm: { kind: "refused", share: 0.01 } } },
  { work: "a revision that 1 edge of 1,000 refuses", options: { harm: { kind: "refused", share: 0.001 } } },
  {
    work: "a revision with which half of the requests of each edge fail",
    options: { harm: { kind: "errors", share: 1 } },
  },
  {
    work: "a revision with which half of the requests of 1 edge of 20 fail",
    options: { harm: { kind: "errors", share: 0.05 } },
  },
  {
    work: "a good revision, where a link is cut once a week for 10 minutes",
    options: { cuts: CUTS },
  },
  {
    work: "the same with --max-silence 30m",
    options: { cuts: CUTS, maxSilenceSeconds: 1800 },
  },
];

export function rolloutRows({ full }: BenchForm): BenchRow[] {
  const [edges, seeds] = full ? [10_000, [1, 2, 3, 4, 5]] : [1000, [1]];
  return ROLLOUTS.map(({ work, options }) => {
    const seen = seeds.map((seed) =>
      simulateRollout({ seed, edges, canaries: CANARIES, steps: STEPS, ...options }),
    );
    const failed = seen.filter(({ state }) => state === "failed");
    return {
      work: `a rollout over ${edges.toLocaleString("en-US")} edges (20 canaries, 1 %, 10 %, 50 %, all; 10 minutes each), ${seeds.length} seeds: ${work}`,
      figure: `served by ${span(seen, ({ served }) => served)} edges, refused by ${span(seen, ({ refused }) => refused)}`,
      beside:
        failed.length === 0
          ? "done in each"
          : `stopped in ${failed.length}, in step ${span(failed, ({ step }) => step + 1)}; taken back after ${span(failed, takenBackMinutes)} minutes`,
      ratio: undefined,
    };
  });
}

function takenBackMinutes({ takenBackSeconds = Number.POSITIVE_INFINITY }: RolloutSeen): number {
  return Math.round(takenBackSeconds / 6) / 10;
}

function span(seen: readonly RolloutSeen[], figureOf: (one: RolloutSeen) => number): string {
  const figures = seen.map(figureOf);
  const [least, most] = [Math.min(...figures), Math.max(...figures)];
  const text = (figure: number) => (Number.isFinite(figure) ? figure.toLocaleString("en-US") : "more");
  return least === most ? text(least) : `${text(least)} to ${text(most)}`;
}
