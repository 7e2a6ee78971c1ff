import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startCrons } from "../../../programs/host/spin/cron.ts";

const START = new Date("2026-01-01T00:00:00.500Z");
const START_S = Math.floor(START.getTime() / 1000);

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("startCrons", () => {
  test("begins each tick at its second, whatever became of the one before", async () => {
    const begun: number[] = [];
    const stop = startCrons([{ component: "a", expression: "* * * * * *" }], (_component, timestamp) => {
      // A tick that never ends: the next one is due all the same.
      begun.push(timestamp);
    });
    await vi.advanceTimersByTimeAsync(3000);
    stop();
    expect(begun).toEqual([START_S + 1, START_S + 2, START_S + 3]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(begun).toHaveLength(3);
  });

  test("reads the schedule of spin.toml as every full minute", async () => {
    const begun: number[] = [];
    const stop = startCrons([{ component: "a", expression: "0 * * * * *" }], (_, at) => begun.push(at));
    await vi.advanceTimersByTimeAsync(120_000);
    stop();
    expect(begun.map((at) => at - START_S)).toEqual([60, 120]);
  });

  test.each(["* * * * *", "0 * * * * * 2026"])("refuses '%s', which is not six fields", (expression) => {
    expect(() => startCrons([{ component: "a", expression }], () => {})).toThrow("six fields");
  });
});
