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

  test("holds before a step that waits for a second person, and ends by harm", () => {
    const steps = ROLLOUT.steps.map((step, at) => (at === 1 ? { ...step, review: true } : step));
    const looked = look([follower("a")], { steps });
    const next = nextMove(looked);
    expect(next).toEqual({
      kind: "hold",
      reason: expect.stringMatching(/^Step 1 held: .* Step 2 waits for a second person/),
    });
    const channel = { revision: 10 };
    const rollout = moved(next, { rollout: looked.rollout, channel, nowMs: T0 })?.rollout;
    expect(rollout).toMatchObject({ state: "waiting", step: 0 });
    const edge = { ...PLACE, edge: "a" };
    expect(rollout && revisionFor({ channel, rollout, edge: RING }, edge)).toBe(20);
    const waiting = look([follower("a")], { steps, state: "waiting", afterS: 90 });
    expect(nextMove(waiting)).toMatchObject({ kind: "wait" });
    expect(nextMove(look([follower("a", { errorRate: 1 })], { steps, state: "waiting" }))).toMatchObject({
      kind: "fail",
    });
    expect(nextMove(look([], { steps, state: "waiting", step: -1 }))).toEqual({
      kind: "wait",
      reason: "Step 1 waits for a second person to approve it.",
    });
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

  describe("with some silence allowed", () => {
    /** Edges of a ring of 100, so many of them silent after 400 s. */
    const ring = (silent: number, all = 100) =>
      Array.from({ length: all }, (_, nth) => follower(`${all}-${nth}`, { heardS: nth < silent ? 10 : 390 }));
    const health = { ...DEFAULT_HEALTH, maxSilent: 0.29 };

    test.each([
      { name: "that share of a ring", silent: 29, kind: "advance" },
      { name: "one edge more", silent: 30, kind: "fail" },
    ])("$name: $kind", ({ silent, kind }) => {
      const relaxed = { ...health, minShare: 0.5 };
      expect(nextMove(look(ring(silent), { afterS: 400, health: relaxed }))).toMatchObject({ kind });
    });

    test("the default is one of a hundred, and none of fewer", () => {
      const kinds = [ring(1), ring(2), ring(1, 99)].map(
        (followers) => nextMove(look(followers, { afterS: 400 })).kind,
      );
      expect(kinds).toEqual(["advance", "fail", "fail"]);
    });

    test("who is silent does not vouch for the new revision", () => {
      const looked = look(ring(29), { afterS: 400, health });
      expect(progressOf(looked)).toMatchObject({ edges: 100, reported: 71, silent: 29 });
      expect(nextMove(looked)).toMatchObject({
        kind: "fail",
        reason: expect.stringContaining("Only 71 of 100"),
      });
    });

    test("a small ring that is lost does not hide among the many of the next step", () => {
      const many = ring(0, 1000).map((one) => ({ ...one, edge: null }));
      const next = nextMove(look([...many, follower("canary", { heardS: 10 })], { step: 1, afterS: 400 }));
      expect(next).toMatchObject({
        kind: "fail",
        reason: expect.stringContaining("1 edge fell silent for more than 300 s, of 1 in step 1; 1 % may"),
      });
    });

    test("a rollout that was begun before there was a share allows none", () => {
      const { maxSilent: _, maxFailing: __, ...before } = DEFAULT_HEALTH;
      const looked = look(ring(1), { afterS: 400, health: before });
      expect(nextMove(looked)).toMatchObject({ kind: "fail" });
    });
  });

  test("stops at once where few of many fail, whatever their mean is", () => {
    const many = Array.from({ length: 200 }, (_, nth) =>
      follower(`e${nth}`, { errorRate: nth < 3 ? 0.5 : 0 }),
    );
    expect(nextMove(look(many, { afterS: 30 }))).toMatchObject({
      kind: "fail",
      reason: expect.stringContaining("3 edges have an error rate above 5 %, of 200; 1 % may"),
    });
    expect(nextMove(look(many.slice(1), { afterS: 30 }))).toMatchObject({ kind: "fail" });
    expect(nextMove(look(many.slice(2), { afterS: 30 }))).toMatchObject({ kind: "wait" });
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

  test("resumed, it goes on without who is silent, and stops for who falls silent then", () => {
    const resumed = formatTime(T0 + 600_000);
    const gone = follower("gone", { heardS: 10 });
    const well = follower("well", { heardS: 1000 });
    const since = resumed;
    expect(nextMove(look([gone, well], { afterS: 1000, resumed, since }))).toMatchObject({ kind: "advance" });
    const lost = follower("lost", { heardS: 610 });
    expect(nextMove(look([lost, well], { afterS: 1000, resumed, since }))).toMatchObject({ kind: "fail" });
    expect(nextMove(look([gone, well], { afterS: 1000, since }))).toMatchObject({ kind: "fail" });
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
