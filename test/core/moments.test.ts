import { describe, expect, test } from "vitest";
import { parseTime } from "../../lib/core/time.ts";
import { parseTypedMoment } from "../../lib/core/typed-moment.ts";

const NONE = [
  "2027-02-30T00:00:00Z",
  "2026-11-31T12:00:00Z",
  "2027-02-29T00:00:00Z",
  "2027-00-10T00:00:00Z",
  "2027-13-01T00:00:00Z",
  "2027-01-00T00:00:00Z",
  "2027-01-01T24:00:00Z",
  "2027-01-01T23:60:00Z",
  "2027-01-01T23:59:60Z",
  "2027-01-01T00:00:00+24:00",
  "2027-01-01T00:00:00+01:60",
  "2027-01-01T00:00:00",
  "2027-01-01 00:00:00Z",
  "2027-01-01",
  "90d",
  "",
];

describe("parseTime", () => {
  test("takes a moment with its zone", () => {
    expect(parseTime("2028-02-29T12:00:00Z")).toBe(Date.UTC(2028, 1, 29, 12));
    expect(parseTime("2027-01-01T00:30:00.25+01:00")).toBe(Date.UTC(2026, 11, 31, 23, 30, 0, 250));
  });

  test.each(NONE)("is undefined for %j", (text) => {
    expect(parseTime(text)).toBe(undefined);
  });
});

describe("parseTypedMoment", () => {
  const nowMs = Date.UTC(2026, 0, 31, 12);
  const ahead = (text: string) => parseTypedMoment(text, { nowMs, span: "ahead" });

  test("takes what the interface takes, a date alone in UTC, and a span either way", () => {
    expect(ahead("2027-01-01T00:00:00Z")).toBe(Date.UTC(2027, 0, 1));
    expect(ahead("2027-01-01")).toBe(Date.UTC(2027, 0, 1));
    expect(ahead("90d")).toBe(nowMs + 90 * 86_400_000);
    expect(parseTypedMoment("12h", { nowMs, span: "back" })).toBe(nowMs - 43_200_000);
  });

  test.each(["2027-02-30", "2026-11-31", "tomorrow", "90", "-5d", "90 d", "999999w", "2027-1-1", ""])(
    "is undefined for %j",
    (text) => {
      expect(ahead(text)).toBe(undefined);
    },
  );
});
