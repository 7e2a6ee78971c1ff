import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EdgeDocument, RolloutDocument, RolloutStep } from "../../../lib/core/rollout/documents.ts";
import { DEFAULT_HEALTH, parseRollout } from "../../../lib/core/rollout/documents.ts";
import { isGivenNew, revisionFor } from "../../../lib/core/rollout/reading.ts";
import { shareOf } from "../../../lib/core/rollout/share.ts";

const PLACE = { namespace: "shop", channel: "stable" };
const AT = "2027-01-01T00:00:00.000Z";

function rolloutOf(steps: readonly RolloutStep[], more: Partial<RolloutDocument> = {}): RolloutDocument {
  return {
    from: 10,
    to: 20,
    steps,
    step: 0,
    state: "running",
    since: AT,
    started: AT,
    health: DEFAULT_HEALTH,
    onFailure: "stop",
    reason: "It began.",
    ...more,
  };
}

const CANARY = { labels: { ring: "canary" }, bakeSeconds: 0 };
const share = (percent: number) => ({ percent, bakeSeconds: 0 });
const edgeOf = (labels: Record<string, string>): EdgeDocument => ({ labels });
const read = (rollout: RolloutDocument | undefined, edge: EdgeDocument | undefined, name: string | null) =>
  revisionFor({ channel: { revision: 10 }, rollout, edge }, { ...PLACE, edge: name });

const label = fc.constantFrom("canary", "eu", "us");
const step = fc.oneof(
  fc.record({ labels: fc.record({ ring: label }), bakeSeconds: fc.constant(0) }),
  fc.integer({ min: 1, max: 100 }).map(share),
);
const name = fc.stringMatching(/^[a-z0-9][a-z0-9._/-]{0,20}$/);
const edge = fc.option(
  label.map((ring) => edgeOf({ ring })),
  { nil: undefined },
);

describe("revisionFor", () => {
  test("gives a ring by its labels the new revision, and others the one before", () => {
    const rollout = rolloutOf([CANARY, share(100)]);
    expect(read(rollout, edgeOf({ ring: "canary", region: "eu" }), "fra-1")).toBe(20);
    expect(read(rollout, edgeOf({ ring: "late" }), "fra-2")).toBe(10);
    expect(read(rollout, undefined, "fra-3")).toBe(10);
    expect(read(rolloutOf([CANARY, share(100)], { step: 1 }), undefined, "fra-3")).toBe(20);
  });

  test("gives whoever names no edge the new revision only once it is the channel's", () => {
    expect(read(rolloutOf([share(100)]), undefined, null)).toBe(10);
    expect(read(undefined, undefined, null)).toBe(10);
  });

  test.each([
    { name: "paused", more: { state: "paused" as const }, revision: 20 },
    { name: "stopped by a failure", more: { state: "failed" as const }, revision: 20 },
    { name: "gone back", more: { state: "failed" as const, step: -1 }, revision: 10 },
    { name: "aborted", more: { state: "aborted" as const, step: -1 }, revision: 10 },
    { name: "done, where the channel says it", more: { state: "done" as const }, revision: 10 },
  ])("an edge of a step of a rollout that is $name", ({ more, revision }) => {
    expect(read(rolloutOf([CANARY], more), edgeOf({ ring: "canary" }), "a")).toBe(revision);
  });

  test("an edge that a step gives the new revision has it in every later one", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), edge, name, (steps, document, who) => {
        const given = steps.map((_, at) =>
          isGivenNew({ steps, step: at }, document, { ...PLACE, edge: who }),
        );
        expect(given).toEqual([...given].sort((a, b) => Number(a) - Number(b)));
      }),
    );
  });

  test("an abort gives every edge the revision that it came from", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), edge, name, (steps, document, who) => {
        const at = fc.sample(fc.nat(steps.length - 1), 1)[0] ?? 0;
        expect(read(rolloutOf(steps, { step: at, state: "aborted" }), document, who)).toBe(10);
      }),
    );
  });
});

describe("shareOf", () => {
  test.each([1, 5, 10, 25, 50, 90])("of many edges, %i % stand below that share", (percent) => {
    const edges = 20_000;
    let below = 0;
    for (let at = 0; at < edges; at += 1) if (shareOf({ ...PLACE, edge: `fra-${at}` }) < percent) below += 1;
    // Four times the deviation of a fair draw.
    const near = 4 * Math.sqrt((percent / 100) * (1 - percent / 100) * edges);
    expect(Math.abs(below - (percent / 100) * edges)).toBeLessThan(near);
  });

  test("is the same everywhere and for ever", () => {
    expect(["fra-1", "fra-2", "ams/9"].map((one) => shareOf({ ...PLACE, edge: one }))).toMatchInlineSnapshot(`
      [
        21.66,
        43.28,
        57.82,
      ]
    `);
  });

  test("another channel takes other edges first", () => {
    const one = shareOf({ ...PLACE, edge: "fra-1" });
    expect(shareOf({ namespace: "shop", channel: "beta", edge: "fra-1" })).not.toBe(one);
  });
});

describe("parseRollout", () => {
  const good = rolloutOf([CANARY, share(10)]);
  test("takes what is whole", () => {
    expect(parseRollout(JSON.stringify(good))).toEqual(good);
  });

  test.each([
    { name: "a step for nobody", over: { steps: [{ bakeSeconds: 1 }] } },
    { name: "a step of both kinds", over: { steps: [{ ...CANARY, percent: 3 }] } },
    { name: "a ring without labels", over: { steps: [{ labels: {}, bakeSeconds: 1 }] } },
    { name: "no step", over: { steps: [] } },
    { name: "a step that there is not", over: { step: 2 } },
    { name: "a state that there is not", over: { state: "lost" } },
    { name: "half a health", over: { health: { minShare: 1 } } },
    { name: "a member that nobody knows", over: { colour: "red" } },
    { name: "a moment that is none", over: { since: "now" } },
  ])("refuses $name", ({ over }) => {
    expect(parseRollout(JSON.stringify({ ...good, ...over }))).toBeUndefined();
  });
});
