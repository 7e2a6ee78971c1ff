import { describe, expect, test } from "vitest";
import {
  afterAnswer,
  FROM_THE_FIRST,
  goingTo,
  isBetterDue,
  waitSecondsAt,
} from "../../../packages/agent/source-order.ts";
import { TIMING } from "../../../packages/agent/timing.ts";

const pace = (random: number) => ({ timing: TIMING, random: () => random });
const answered = (hasNews: boolean) => afterAnswer(FROM_THE_FIRST, { nowMs: 0, hasNews }, pace(0.5));

describe("afterAnswer", () => {
  const second = (nowMs: number, order = { ...FROM_THE_FIRST, at: 1 }) =>
    afterAnswer(order, { nowMs, hasNews: false }, pace(0.5));

  test("leaves a better source due when the wait for it ends with the answer of another", () => {
    const followed = second(0);
    expect(isBetterDue(followed, TIMING.betterMs - 1)).toBe(false);
    expect(isBetterDue(second(TIMING.betterMs, followed), TIMING.betterMs)).toBe(true);
  });
});

describe("isBetterDue", () => {
  test("is a matter of who is followed: where that one has failed, all are asked in turn", () => {
    expect(isBetterDue({ ...FROM_THE_FIRST, at: 1 }, 9)).toBe(false);
    expect(isBetterDue({ ...FROM_THE_FIRST, at: 1, followed: 1 }, 9)).toBe(true);
  });
});

describe("goingTo", () => {
  const followed = { ...FROM_THE_FIRST, at: 2, followed: 2 };

  test("asks the better source, while the worse one is still followed", () => {
    expect(goingTo(followed, 1)).toMatchObject({ at: 1, followed: 2 });
    const failed = { ...followed, at: 0 };
    expect([goingTo(failed, 1), goingTo({ ...failed, at: 3 }, 1).at]).toEqual([failed, 3]);
  });
});

describe("waitSecondsAt", () => {
  test("asks to be held for the whole time after an answer without news", () => {
    expect(waitSecondsAt(answered(false), 0, pace(0.1))).toBe(TIMING.waitSeconds);
  });

  test("asks to be held for any part of it after news, so that waits do not end together", () => {
    const after = answered(true);
    expect(waitSecondsAt(after, 0, pace(0.01))).toBe(1);
    expect(waitSecondsAt(after, 0, pace(0.5))).toBe(13);
    expect(waitSecondsAt(after, 0, pace(0.999))).toBe(TIMING.waitSeconds);
  });

  test("is held no longer than until a better source is tried", () => {
    const order = { ...answered(false), at: 1, betterAtMs: 4500 };
    expect(waitSecondsAt(order, 0, pace(0.5))).toBe(5);
    expect(waitSecondsAt(order, 9000, pace(0.5))).toBe(0);
  });

  test("only looks at a better source while another one is followed", () => {
    const order = { ...answered(false), at: 0, followed: 1 };
    expect(waitSecondsAt(order, 0, pace(0.5))).toBe(0);
    expect(waitSecondsAt({ ...order, followed: 0 }, 0, pace(0.5))).toBe(TIMING.waitSeconds);
  });
});
