import { describe, expect, test } from "vitest";
import { DEFAULT_HEALTH, type RolloutDocument } from "../../../lib/core/rollout/documents.ts";
import { moved } from "../../../lib/core/rollout/moves.ts";
import { type Follower, type Heard, nextMove, progressOf } from "../../../lib/core/rollout/next.ts";
import { revisionFor } from "../../../lib/core/rollout/reading.ts";
import { formatTime } from "../../../lib/core/time.ts";

const T0 = Date.parse("2027-01-01T00:00:00.000Z");
const PLACE = { namespace: "shop", channel: "stable" };
const RING = { labels: { ring: "canary" } };

const ROLLOUT: RolloutDocument = {
  from: 10,
  to: 20,
  steps: [
    { ...RING, bakeSeconds: 60 },
    { percent: 100, bakeSeconds: 60 },
  ],
  step: 0,
  state: "running",
  since: formatTime(T0),
  started: formatTime(T0),
  health: DEFAULT_HEALTH,
  onFailure: "stop",
  reason: "It began.",
};

/** An edge of the ring, heard `heardS` seconds after the beginning. */
function follower(
  edge: string,
  { heardS = 60, ...more }: Partial<Heard> & { heardS?: number } = {},
): Follower {
  const said = { lineage: "a".repeat(32), revision: 20, errorRate: null, refused: null };
  return { beacon: { edge, atMs: T0 + heardS * 1000, ...said, ...more }, edge: RING };
}

const look = (
  followers: readonly Follower[],
  { afterS = 60, ...more }: Partial<RolloutDocument> & { afterS?: number } = {},
) => ({ ...PLACE, rollout: { ...ROLLOUT, ...more }, followers, nowMs: T0 + afterS * 1000 });

describe("nextMove", () => {
  test("waits while a step bakes, and then goes to the next one", () => {
    expect(nextMove(look([follower("a")], { afterS: 59 }))).toEqual({
      kind: "wait",
      reason: "Step 1 bakes for 1 s more.",
    });
    expect(nextMove(look([follower("a")]))).toMatchObject({ kind: "advance", step: 1 });
  });

  test("is done once the last step has held", () => {
    expect(nextMove(look([follower("a")], { step: 1 }))).toMatchObject({ kind: "done" });
  });

  test.each([
    {
      name: "refusals",
      followers: [follower("a", { revision: 10, refused: 20 })],
      says: "1 edge refuses revision 20",
    },
    { name: "an error rate", followers: [follower("a", { errorRate: 0.2 })], says: "The error rate is 20 %" },
    {
      name: "an edge that fell silent since it began",
      followers: [follower("a", { heardS: 1 })],
      afterS: 400,
      says: "1 edge fell silent",
    },
  ])("stops at once for $name", ({ followers, says, afterS = 30 }) => {
    const next = nextMove(look(followers, { afterS, since: formatTime(T0 + (afterS - 1) * 1000) }));
    expect(next).toMatchObject({ kind: "fail", reason: expect.stringContaining(says) });
  });

  test.each([
    { name: "nobody", followers: [], says: "Too little to go by" },
    {
      name: "too few that have come to it",
      followers: [follower("a"), follower("b", { revision: 10 })],
      says: "Only 1 of 2 edges",
    },
    {
      name: "one that was last heard before it began, and not long ago",
      followers: [follower("a"), follower("b", { heardS: -200 })],
      says: "Only 1 of 2 edges",
    },
  ])("stops after the bake with $name", ({ followers, says }) => {
    expect(nextMove(look(followers))).toMatchObject({ kind: "fail", reason: expect.stringContaining(says) });
  });

  test("does not count an edge that had been silent for long when it began", () => {
    expect(nextMove(look([follower("a"), follower("b", { heardS: -301, revision: 10 })]))).toMatchObject({
      kind: "advance",
    });
  });

  test("counts none but the edges that the steps so far are for", () => {
    const other = { ...follower("b", { errorRate: 1 }), edge: null };
    expect(progressOf(look([follower("a"), other]))).toMatchObject({ edges: 1, errorRate: null });
    expect(progressOf(look([follower("a"), other], { step: 1 }))).toMatchObject({ edges: 2, errorRate: 1 });
  });

  test("does nothing with one that is paused", () => {
    expect(nextMove(look([], { state: "paused", afterS: 9999 }))).toMatchObject({ kind: "wait" });
  });

  test("a clock that was ahead holds no step for longer than its bake", () => {
    const since = formatTime(T0 + 3_600_000);
    expect(nextMove(look([follower("a")], { since }))).toMatchObject({ kind: "advance" });
  });
});

describe("moved", () => {
  const stands = { rollout: ROLLOUT, channel: { revision: 10, description: "d" }, nowMs: T0 + 60_000 };
  const given = (rollout: RolloutDocument, channel = 10) =>
    revisionFor({ channel: { revision: channel }, rollout, edge: RING }, { ...PLACE, edge: "a" });

  test("leaves everything where it is for a wait", () => {
    expect(moved({ kind: "wait", reason: "" }, stands)).toBeUndefined();
  });

  test("takes the channel along when it is done, and keeps what it is for", () => {
    const { rollout, channel } = moved({ kind: "done", reason: "Held." }, stands) ?? {};
    expect([rollout?.state, channel]).toEqual(["done", { revision: 20, description: "d" }]);
  });

  test("after a failure stops where it is, or everybody goes back", () => {
    const fail = { kind: "fail", reason: "Bad." } as const;
    const stopped = moved(fail, stands)?.rollout;
    const back = moved(fail, { ...stands, rollout: { ...ROLLOUT, onFailure: "back" } })?.rollout;
    if (stopped === undefined || back === undefined) throw new Error("it did not move");
    expect([stopped.state, given(stopped), back.state, given(back)]).toEqual(["failed", 20, "failed", 10]);
    expect(back.reason).toBe("Bad. Everybody went back to revision 10.");
  });
});
