import { describe, expect, test } from "vitest";
import { formatPark, formatParked, parsePark, parseParked } from "../../lib/core/waiting.ts";

describe("what a component tells its host of a wait", () => {
  test.each([
    { park: { until: "head", revision: 7, seconds: 55 }, text: "head=7; seconds=55" },
    {
      park: { until: "head", revision: 7, seconds: 1, namespaces: ["shop-prod"] },
      text: "head=7; seconds=1; namespace=shop-prod",
    },
    {
      park: { until: "head", revision: 7, seconds: 1, namespaces: ["a", "_system"] },
      text: "head=7; seconds=1; namespace=a,_system",
    },
    { park: { until: "fleet", revision: 3, seconds: 20 }, text: "fleet=3; seconds=20" },
    { park: { until: "exported", revision: 2 ** 40, seconds: 0 }, text: "exported=1099511627776; seconds=0" },
  ] as const)("is $text", ({ park, text }) => {
    expect(formatPark(park)).toBe(text);
    expect(parsePark(text)).toEqual(park);
  });

  test("asks for no more than there is", () => {
    const text = formatPark({ until: "head", revision: 7, seconds: 1000 });
    expect(parsePark(text)).toEqual({ until: "head", revision: 7, seconds: 55 });
  });

  test.each([
    "",
    "head=7",
    "tail=7; seconds=1",
    "head=07; seconds=1",
    "head=7; seconds=-1",
    "head=7;seconds=1",
    "head=7; seconds=1; namespace=A",
    "head=7; seconds=1; namespace=",
    "head=7; seconds=1; namespace=a,",
  ])("is not %j", (text) => expect(parsePark(text)).toBeUndefined());
});

describe("what a host tells of the time", () => {
  test("is milliseconds, or that it is over", () => {
    expect(formatParked({ ms: 250.7, ended: false })).toBe("250");
    expect(formatParked({ ms: 1, ended: true })).toBe("end");
    expect(parseParked("250")).toEqual({ ms: 250, ended: false });
    expect(parseParked("end")).toMatchObject({ ended: true });
    for (const text of ["", "-1", "1.5", "END", "1e3"]) expect(parseParked(text)).toBeUndefined();
  });
});
