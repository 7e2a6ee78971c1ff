import { describe, expect, test } from "vitest";
import { costOf, monthsUse } from "../../../../packages/console/views/backups/cost.ts";

const nowMs = Date.parse("2026-11-30T12:00:00Z");
const hoursAgo = (hours: number, baseRevision: number) => ({
  made: new Date(nowMs - hours * 3_600_000).toISOString(),
  baseRevision,
});

describe("monthsUse", () => {
  test("goes by the exports of the last two days, and the bases of all points", () => {
    const points = [...Array.from({ length: 48 }, (_, hour) => hoursAgo(hour, 9)), hoursAgo(300, 5)];
    expect(monthsUse({ points, storeBytes: 2_000_000, nowMs })).toEqual({
      bases: 2,
      storedBytes: 4_000_000,
      exports: 730,
      writes: 3650,
      reads: 5840,
      readBytes: 60_000_000,
    });
  });

  test("of a bucket that holds nothing is nothing", () => {
    const use = monthsUse({ points: [], storeBytes: 2_000_000, nowMs });
    expect(costOf(use, { storage: 1, writes: 1, reads: 1, traffic: 1 }).all).toBe(0);
  });

  test("of a store that began just now takes no more than its hour for a sample", () => {
    expect(monthsUse({ points: [hoursAgo(0.01, 1)], storeBytes: 1, nowMs }).exports).toBe(730);
  });
});

test("a cost is each amount times its price", () => {
  const use = { bases: 1, storedBytes: 3e9, exports: 0, writes: 5000, reads: 2000, readBytes: 1e9 };
  expect(costOf(use, { storage: 0.02, writes: 0.005, reads: 0.0004, traffic: 0.09 })).toEqual({
    storage: 0.06,
    writes: 0.025,
    reads: 0.0008,
    traffic: 0.09,
    all: 0.06 + 0.025 + 0.0008 + 0.09,
  });
});
