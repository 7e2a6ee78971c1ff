import { describe, expect, test } from "vitest";
import { parseRate, rateHeaders, takeOne } from "../../lib/core/rate.ts";

const T0 = 1_700_000_000_000;

/** Takes until a bucket is empty; how many there were, and when it is full again. */
function empty(perSecond: number, nowMs: number, from = 0): { count: number; fullMs: number } {
  let fullMs = from;
  for (let count = 0; ; count += 1) {
    const taken = takeOne(fullMs, nowMs, perSecond);
    expect(taken.rate.remaining, `${count}`).toBe(Math.max(0, perSecond - count - 1));
    if (!taken.ok) return { count, fullMs };
    fullMs = taken.fullMs;
  }
}

describe("takeOne", () => {
  test.each([1, 2, 3, 7, 100, 999])("gives a second's worth at once: %i", (perSecond) => {
    expect(empty(perSecond, T0).count).toBe(perSecond);
  });

  test("gives the next one when it has filled up, to the millisecond", () => {
    const { fullMs } = empty(4, T0);
    expect(fullMs).toBe(T0 + 1000);
    expect([249, 250].map((ms) => takeOne(fullMs, T0 + ms, 4).ok)).toEqual([false, true]);
    expect(takeOne(fullMs, T0 + 1000, 4).rate).toEqual({ perSecond: 4, remaining: 3 });
  });

  test("locks nobody out who met a clock that was ahead", () => {
    const wrong = empty(1, T0 + 86_400_000).fullMs;
    expect(takeOne(wrong, T0, 1).ok).toBe(true);
    expect([T0 + 6000, T0 + 6001].map((fullMs) => takeOne(fullMs, T0, 1).ok)).toEqual([false, true]);
  });
});

test("a setting is a number up to 10,000; empty is none", () => {
  expect([undefined, "", "0", "7", "10000"].map(parseRate)).toEqual([0, 0, 0, 7, 10_000]);
  expect(["10001", "100000", "-1", "1.5", " 1", "many", "1e3"].map(parseRate)).toEqual(
    Array(7).fill(undefined),
  );
});

test("the headers are structured fields of draft 11", () => {
  expect(rateHeaders("writes", { perSecond: 10, remaining: 9 })).toEqual([
    ["ratelimit", '"writes";r=9;t=1'],
    ["ratelimit-policy", '"writes";q=10;w=1'],
  ]);
});
