import { describe, expect, test } from "vitest";
import { isOver } from "../../lib/core/span.ts";

describe("isOver", () => {
  const NOW = 1_000_000;
  const cases = [
    { name: "goes on up to its length", sinceMs: NOW - 99, over: false },
    { name: "is over at its length", sinceMs: NOW - 100, over: true },
    {
      name: "goes on where it begins ahead of now, by no more than its length",
      sinceMs: NOW + 100,
      over: false,
    },
    { name: "is void where it begins further ahead", sinceMs: NOW + 101, over: true },
  ];
  test.each(cases)("a span $name", ({ sinceMs, over }) => {
    expect(isOver({ sinceMs, lengthMs: 100 }, NOW)).toBe(over);
  });
});
