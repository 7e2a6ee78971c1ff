import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { openGate } from "../../../testkit/gate.ts";
import { buildFor, openTestHost, PROBE_MANIFEST } from "../../../testkit/host.ts";

beforeAll(() => buildFor(PROBE_MANIFEST, ["quick", "chained"]));

/** What a request can do to its instance, short of not ending. */
const STEPS = [
  "/quick/count",
  "/quick/raw",
  "/quick/throw",
  "/quick/overflow",
  "/quick/hog",
  "/quick/grow?100000",
  "/quick/grow?20000000",
  "/quick/fetch?http://chained.spin.internal/x",
  "/quick/open?many",
  "/quick/log",
];

describe("a request after any other request", () => {
  test("finds the globals as they were built", async () => {
    const host = await openTestHost();
    const seed = Number(process.env.LEDGE_SEED ?? Date.now() % 1_000_000);
    const runs = process.env.LEDGE_FULL === "1" ? 300 : 12;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 6 }), async (paths) => {
        for (const path of paths) await (await fetch(`${host.url}${path}`)).arrayBuffer();
        expect(await host.json("/quick/count")).toEqual({ counter: 1, kept: 1 });
      }),
      { numRuns: runs, seed },
    );
  });

  test("finds them so after two hundred traps too", async () => {
    const host = await openTestHost();
    for (let left = 200; left > 0; left -= 1) {
      expect((await fetch(`${host.url}/quick/raw`)).status).toBe(500);
    }
    expect(await host.json("/quick/count")).toEqual({ counter: 1, kept: 1 });
  });

  test("keeps the host's memory where it is over many requests", async () => {
    const host = await openTestHost();
    const some = async (count: number) => {
      for (let left = count; left > 0; left -= 1) await host.json("/quick/count");
    };
    // What a request leaves behind, it leaves in each round; what the collector and other tests do, not in each.
    const growths: number[] = [];
    while (growths.length < 40 && !growths.some((bytes) => bytes < 4e6)) {
      const before = process.memoryUsage.rss();
      await some(500);
      growths.push(process.memoryUsage.rss() - before);
    }
    expect(Math.min(...growths)).toBeLessThan(4e6);
  });
});

describe("a request beside guests that sleep", () => {
  test("is served before they wake, though there is one worker", async () => {
    const gate = await openGate();
    const host = await openTestHost({ variables: { outside: gate.url } });
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    const sleeping = [1, 2, 3].map(() => host.json(`/quick/fetch?${gate.url}/`).then(note("slept")));
    await expect.poll(gate.waiting).toBeGreaterThan(0);
    // One of these may already stand behind a sleeper; the others go round.
    const reading = [1, 2, 3, 4].map(() => host.json("/quick/count").then(note("read")));
    await Promise.any(reading);
    gate.open();
    await Promise.all([...sleeping, ...reading]);
    expect(order[0]).toBe("read");
  });
});

describe("requests that wait for a thread", () => {
  test("have a cap: what comes after is refused, and nothing of it is begun", async () => {
    const host = await openTestHost({ workers: 1, maxQueued: 0 });
    const ask = () => fetch(`${host.url}/quick/sleep?1`);
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).not.toBeNull();
    expect(await refused.json()).toMatchObject({
      code: "overloaded",
      retryable: true,
      detail: expect.stringMatching(/^0 requests wait/),
    });
  });
});
