import { describe, expect, test } from "vitest";
import { TIMING } from "../../../packages/agent/timing.ts";
import { Fleet } from "../../../testkit/simulation/fleet.ts";
import { simulateRollout } from "../../../testkit/simulation/rollout-fleet.ts";
import {
  commitSeen,
  outageSeen,
  quiet,
  relayLostSeen,
  restoreSeen,
  settle,
} from "../../../testkit/simulation/scenarios.ts";

const [DIRECT, RELAYS, EDGES] = [1000, 4, 400];
const withRelays = (seed: number) =>
  new Fleet({ seed, relays: RELAYS, edgesBehindRelays: EDGES, directEdges: 40 });
const direct = (seed: number) => new Fleet({ seed, relays: 0, edgesBehindRelays: 0, directEdges: DIRECT });

/** What each edge sends a second when nothing happens. */
const IDLE = 1 / TIMING.waitSeconds + 1000 / TIMING.beaconMs;
/** A mean of so many a second has no second with more than this, but once in a million. */
const bound = (mean: number) => mean + 5 * Math.sqrt(mean);

describe("a fleet of agents, simulated", () => {
  test.each([1, 2, 3])("converges through commits, outages and a restore, never back: seed %d", (seed) => {
    const fleet = withRelays(seed);
    settle(fleet);
    for (const one of [commitSeen(fleet), outageSeen(fleet, 600, { commits: 250 })]) {
      expect(one.convergence.last).toBeLessThan(65_000);
      expect(fleet.behind).toBe(0);
    }
    relayLostSeen(fleet);
    const own = fleet.edges.filter(({ follower }) => follower.followed === fleet.relays[0]);
    expect(own.length).toBe(EDGES / RELAYS);
    expect(fleet.behind).toBe(0);
    restoreSeen(fleet, 600);
    expect(fleet.behind).toBe(0);
    commitSeen(fleet);
    expect(fleet.behind).toBe(0);
    expect({ wentBack: fleet.wentBack, torn: fleet.torn }).toEqual({ wentBack: 0, torn: 0 });
  });

  test("comes back after an outage in no more than what jitter spreads over its pauses", () => {
    const fleet = direct(4);
    settle(fleet);
    const { load } = outageSeen(fleet, 600);
    // Each asks, has the news, asks again and reports; the pauses have a mean of half of their bound.
    const returning = (3 * DIRECT) / (TIMING.pauseMsMax / 2000);
    expect(load.origin.peak).toBeLessThan(bound(returning + DIRECT / (TIMING.beaconMs / 1000)));
    expect(fleet.behind).toBe(0);
  });

  test("does not ask together for ever after a commit that came to all at one moment", () => {
    const fleet = direct(5);
    settle(fleet);
    fleet.commit();
    fleet.run(5);
    const { origin } = quiet(fleet, 100);
    // With each wait a whole one, a third of all would come in one second.
    expect(origin.peak).toBeLessThan(bound(2 * IDLE * DIRECT));
  });
});

describe("a rollout over a fleet, simulated", () => {
  const steps = [
    { labels: { ring: "canary" }, bakeSeconds: 300 },
    { percent: 10, bakeSeconds: 300 },
    { percent: 100, bakeSeconds: 300 },
  ];
  const rollout = { edges: 300, canaries: 5, steps };

  test.each([
    { name: "refuse everywhere", harm: { kind: "refused", share: 1 }, step: 0 },
    { name: "serve it badly", harm: { kind: "errors", share: 1 }, step: 0 },
  ] as const)("stays within its ring when edges $name", ({ harm, step }) => {
    const seen = simulateRollout({ seed: 6, ...rollout, harm });
    expect(seen).toMatchObject({ state: "failed", step, given: 5, wentBack: 0 });
    expect(seen.served + seen.refused).toBe(5);
    expect(seen.takenBackSeconds).toBeDefined();
  });

  test.each([7, 8, 9])("reaches no edge beyond the step that finds a rare harm: seed %d", (seed) => {
    const seen = simulateRollout({ seed, ...rollout, harm: { kind: "refused", share: 0.05 } });
    expect(seen).toMatchObject({ state: "failed", wentBack: 0 });
    expect(seen.served + seen.refused).toBeLessThanOrEqual(seen.given);
    expect(seen.refused).toBeGreaterThan(0);
    expect(seen.takenBackSeconds).toBeDefined();
  });

  test("brings a good revision to every edge", () => {
    const seen = simulateRollout({ seed: 10, ...rollout });
    expect(seen).toMatchObject({ state: "done", served: 300, refused: 0, wentBack: 0 });
  });
});
