import { beforeAll, describe, expect, test } from "vitest";
import { buildFor, openTestHost, PROBE_MANIFEST } from "../../../testkit/host.ts";

beforeAll(() => buildFor(PROBE_MANIFEST, ["quick", "chained"]));

describe.each([
  { name: "memory reset", freshInstances: false },
  { name: "fresh instances", freshInstances: true },
])("a guest that fails, with $name", ({ freshInstances }) => {
  test("answers an empty 500 when it traps, logs its words, and serves the next", async () => {
    const host = await openTestHost({ freshInstances });
    const response = await fetch(`${host.url}/quick/raw`);
    expect([response.status, await response.text()]).toEqual([500, ""]);
    expect(host.lines.some(({ component }) => component === "quick")).toBe(true);
    expect(await host.json("/quick/count")).toEqual({ counter: 1, kept: 1 });
  });

  test("is told out of memory at the cap, and the next is served", async () => {
    const host = await openTestHost({ freshInstances });
    const before = process.memoryUsage.rss();
    const response = await fetch(`${host.url}/quick/hog`);
    expect([200, 500]).toContain(response.status);
    expect(process.memoryUsage.rss() - before).toBeLessThan(700 * 1024 * 1024);
    expect(await host.json("/quick/count")).toEqual({ counter: 1, kept: 1 });
  });

  test("answers 503 over its limit, and only its worker is replaced", async () => {
    const host = await openTestHost({ freshInstances, requestTimeoutMs: 1500 });
    const stuck = fetch(`${host.url}/quick/loop`);
    const behind = host.json("/quick/count");
    const [read, other] = [await stuck, await behind];
    expect(read.status).toBe(503);
    expect(await read.json()).toMatchObject({ code: "timeout" });
    expect(other).toEqual({ counter: 1, kept: 1 });
    const write = await fetch(`${host.url}/quick/loop`, { method: "POST", body: "x" });
    expect(await write.json()).toMatchObject({ code: "outcome_unknown", retryable: false });
    expect(await host.json("/quick/count")).toEqual({ counter: 1, kept: 1 });
  });

  test("is not ended inside SQLite: the answer comes at the limit, the process lives", async () => {
    const host = await openTestHost({ freshInstances, requestTimeoutMs: 1500 });
    const slow =
      "with recursive c(x) as (select 1 union all select x+1 from c where x < 20000000) select count(*) from c";
    const response = await fetch(`${host.url}/quick/sql`, { method: "POST", body: JSON.stringify([[slow]]) });
    expect(response.status).toBe(503);
    expect(await host.json("/quick/count")).toEqual({ counter: 1, kept: 1 });
  });
});

describe("a wasi:http guest that does not end", () => {
  test("answers 503 over its limit, and another takes its place", async () => {
    await buildFor(PROBE_MANIFEST, ["scheduled"]);
    const host = await openTestHost({ tickTimeoutMs: 3000 });
    expect((await fetch(`${host.url}/scheduled/loop`)).status).toBe(503);
    expect(await host.json("/scheduled/count")).toEqual({ counter: 1 });
  });
});
