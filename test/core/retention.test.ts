import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_POLICY, POLICY_DEFAULTS, parseBackupPolicy } from "../../lib/backup/policy.ts";
import { parseDuration } from "../../lib/core/duration.ts";
import { keptPoints, parseRetention } from "../../lib/core/retention.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 20, 12, 30);

describe("parseDuration", () => {
  test.each([
    ["90s", 90_000],
    ["1m", 60_000],
    ["24h", DAY],
    ["14d", 14 * DAY],
    ["52w", 364 * DAY],
    ["0h", 0],
  ])("reads %s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(["", "5", "h", "-1h", "1.5h", "1 h", "1y", "1234567d"])("refuses %s", (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});

describe("parseRetention", () => {
  test("reads stages in any order; what is left out is 0", () => {
    expect(parseRetention("weekly 2w, all 1h")).toEqual({
      kind: "stages",
      all: HOUR,
      hourly: 0,
      daily: 0,
      weekly: 14 * DAY,
    });
    expect(parseRetention("forever")).toEqual({ kind: "forever" });
  });

  test.each(["", "all", "all 1h, all 2h", "monthly 1d", "all 1h 2h", "all -1h", "forever, all 1h"])(
    "refuses %s",
    (text) => expect(parseRetention(text)).toBeUndefined(),
  );
});

describe("keptPoints", () => {
  const at = (...hoursAgo: number[]) => hoursAgo.map((hours) => ({ madeMs: NOW - hours * HOUR }));
  const ages = (points: { madeMs: number }[]) => points.map(({ madeMs }) => (NOW - madeMs) / HOUR);

  test("keeps all for a while, then the newest of each hour, day and week", () => {
    const retention = parseRetention("all 1h, hourly 6h, daily 3d, weekly 3w");
    const points = at(0, 0.2, 0.9, 1.1, 1.2, 1.4, 2.1, 5, 5.4, 30, 31, 60, 200, 210, 400, 900);
    expect(ages(keptPoints(points, retention ?? { kind: "forever" }, NOW))).toEqual([
      // Hours and days are those of the calendar (UTC), weeks begin on Thursday, as 1970 did.
      0, 0.2, 0.9, 2.1, 5, 30, 60, 210, 400,
    ]);
  });

  test("keeps the newest whatever its age, and what a wrong clock put into the future", () => {
    const retention = { kind: "stages", all: 0, hourly: 0, daily: 0, weekly: 0 } as const;
    expect(ages(keptPoints(at(9000, 9001), retention, NOW))).toEqual([9000]);
    expect(ages(keptPoints(at(9000, -5), retention, NOW))).toEqual([-5]);
  });

  test("never gives up more when a span grows, and is stable when applied again", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 0, max: 500 }),
        (hours, spans, more) => {
          const [all = 0, hourly = 0, daily = 0, weekly = 0] = spans.map((span) => span * HOUR);
          const points = at(...hours);
          const small = keptPoints(points, { kind: "stages", all, hourly, daily, weekly }, NOW);
          const large = keptPoints(
            points,
            { kind: "stages", all: all + more * HOUR, hourly, daily, weekly },
            NOW,
          );
          expect(small.every((point) => large.includes(point))).toBe(true);
          expect(keptPoints(small, { kind: "stages", all, hourly, daily, weekly }, NOW)).toEqual(small);
        },
      ),
    );
  });
});

describe("parseBackupPolicy", () => {
  test("has the defaults that the variables' own defaults say", () => {
    expect(parseBackupPolicy(() => undefined)).toEqual({ kind: "set", policy: DEFAULT_POLICY });
    const told: Record<string, string> = POLICY_DEFAULTS;
    expect(parseBackupPolicy((name) => told[name])).toEqual({ kind: "set", policy: DEFAULT_POLICY });
  });

  test("names every variable that it cannot read", () => {
    const told: Record<string, string> = {
      backup_retention: "a while",
      backup_grace: "soon",
      backup_proof_interval: "0h",
      bucket_shared: "yes",
    };
    expect(parseBackupPolicy((name) => told[name])).toEqual({
      kind: "invalid",
      variables: ["backup_retention", "backup_grace", "backup_proof_interval", "bucket_shared"],
    });
  });

  test("refuses a grace that an exporter may sleep through", () => {
    const judged = (grace: string) =>
      parseBackupPolicy((name) => (name === "backup_grace" ? grace : undefined)).kind;
    expect(["0s", "599s", "600s", "10m"].map(judged)).toEqual(["invalid", "invalid", "set", "set"]);
  });
});
