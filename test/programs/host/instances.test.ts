import { beforeAll, describe, expect, test } from "vitest";
import { buildFor, openTestHost, PROBE_MANIFEST } from "../../../testkit/host.ts";

beforeAll(() => buildFor(PROBE_MANIFEST));

describe.each([
  { name: "memory reset", freshInstances: false },
  { name: "fresh instances", freshInstances: true },
])("guests with $name", ({ freshInstances }) => {
  test("start every request with pristine globals", async () => {
    const host = await openTestHost({ freshInstances });
    for (let left = 20; left > 0; left -= 1) {
      expect(await host.json("/quick/count")).toEqual({ counter: 1, kept: 1 });
    }
  });

  test("answer from SQLite", async () => {
    const host = await openTestHost({ freshInstances });
    const body = JSON.stringify([["select ?1 + 1, x'0102', 'é', null, 1.5", [41]]]);
    expect(await host.json("/quick/sql", { method: "POST", body })).toEqual([
      {
        columns: ["?1 + 1", "x'0102'", "'é'", "null", "1.5"],
        rows: [[42, { blob: [1, 2] }, "é", null, 1.5]],
      },
    ]);
  });
});
