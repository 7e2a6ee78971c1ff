/** A lane that follows a channel of a real origin: forward, back, and by a rollout's steps. */
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { httpSource } from "../../../packages/agent/index.ts";
import type { Source } from "../../../packages/agent/source.ts";
import { LedgeError } from "../../../packages/client/errors.ts";
import { runLane, servedBy } from "../../../testkit/edge/lanes.ts";
import { openEdgeOrigin } from "../../../testkit/edge/origin.ts";
import { buildFor, LEDGE_MANIFEST, testFolder } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";

beforeAll(() => buildFor(LEDGE_MANIFEST));

async function follow({
  edge: own,
  through = (source) => source,
}: {
  readonly edge?: string;
  readonly through?: (source: Source) => Source;
} = {}) {
  const origin = await openEdgeOrigin({ engine: testNativeEngine() });
  const follower = (edge: string | undefined) => {
    const source = httpSource({ url: origin.url, token: origin.edgeToken });
    const running = runLane(testFolder(), [through(source)], {
      subject: { namespace: "shop", channel: "stable", edge },
    });
    onTestFinished(() => running.stop());
    return running;
  };
  const first = await origin.put("limits", "1");
  await origin.send("PUT", "/v1/admin/channels/shop/stable", { revision: first });
  return { origin, first, running: follower(own), follower };
}

function raise(text: string): never {
  throw new Error(text);
}

const text = (state: ReadonlyMap<string, string>) => Object.fromEntries(state);

describe("a lane of a channel", () => {
  test("serves what the channel points at, whatever is committed after it", async () => {
    const { origin, first, running } = await follow();
    await expect.poll(() => running.lane.replica?.place.revision).toBe(first);
    await origin.put("limits", "2");
    const third = await origin.put("banner", "hello");
    expect(text(servedBy(running.lane))).toEqual({ limits: "1" });
    await origin.send("PUT", "/v1/admin/channels/shop/stable", { revision: third });
    await expect.poll(() => running.lane.replica?.place.revision).toBe(third);
    expect(text(servedBy(running.lane))).toEqual({ limits: "2", banner: "hello" });
  });

  test("goes on with a difference where it was cut, and waits for no news first", async () => {
    const asked: (string | undefined)[] = [];
    const waits: number[] = [];
    const { origin, first, running } = await follow({
      through: (source) => ({
        ...source,
        changes(subject, after, how) {
          if (asked.length === 2) waits.push(how.waitSeconds);
          return source.changes(subject, after, how);
        },
        async difference(subject, from, at) {
          if (from === 0) return (await source.difference?.(subject, from, at)) ?? raise("an origin has it");
          asked.push(at.next);
          if (asked.length === 2) throw new LedgeError("unreachable", "cut", { retryable: true });
          const page = await source.difference?.(subject, from, { ...at, next: undefined });
          if (page === undefined) return raise("an origin has it");
          // Its page, and then an empty one.
          return asked.length === 1
            ? { ...page, next: "rest" }
            : { ...page, documents: [], ended: [], next: undefined };
        },
      }),
    });
    await expect.poll(() => running.lane.replica?.place.revision).toBe(first);
    const second = await origin.put("limits", "2");
    await origin.send("PUT", "/v1/admin/channels/shop/stable", { revision: second });
    await expect.poll(() => running.lane.replica?.place.revision).toBe(second);
    expect(text(servedBy(running.lane))).toEqual({ limits: "2" });
    expect([asked, waits]).toEqual([[undefined, "rest", "rest"], [0]]);
  });

  test("goes back where the pointer does, and forward again", async () => {
    const { origin, first, running } = await follow();
    const second = await origin.put("banner", "hello");
    await origin.remove("limits");
    const fourth = await origin.put("extra", "x");
    for (const [revision, state] of [
      [fourth, { banner: "hello", extra: "x" }],
      [first, { limits: "1" }],
      [second, { limits: "1", banner: "hello" }],
      [fourth, { banner: "hello", extra: "x" }],
    ] as const) {
      const moved = await origin.send("PUT", "/v1/admin/channels/shop/stable", { revision });
      await expect.poll(() => running.lane.state.pointer).toBe(moved.revision);
      expect(running.lane.replica?.place.revision).toBe(revision);
      expect(text(servedBy(running.lane))).toEqual(state);
    }
  });

  test("is given the new revision by the step that it is in, and not before", async () => {
    const { origin, first, follower } = await follow();
    await origin.send("PUT", "/v1/admin/edges/fra-1", { labels: { ring: "canary" } });
    const [canary, other] = [follower("fra-1"), follower("ams-1")];
    const second = await origin.put("limits", "2");
    await origin.send("PUT", "/v1/admin/rollouts/shop/stable", {
      to: second,
      steps: [
        { labels: { ring: "canary" }, bakeSeconds: 3600 },
        { percent: 100, bakeSeconds: 0 },
      ],
    });
    await expect.poll(() => canary.lane.replica?.place.revision).toBe(second);
    expect(text(servedBy(canary.lane))).toEqual({ limits: "2" });
    await expect.poll(() => other.lane.state.pointer).toBe(canary.lane.state.pointer);
    expect(other.lane.replica?.place.revision).toBe(first);
    await origin.send("POST", "/v1/admin/rollouts/shop/stable/abort");
    await expect.poll(() => canary.lane.replica?.place.revision).toBe(first);
    expect(text(servedBy(canary.lane))).toEqual({ limits: "1" });
  });

  test("refuses a state beyond its limits, and goes on with the next pointer", async () => {
    const origin = await openEdgeOrigin({ engine: testNativeEngine() });
    const good = await origin.put("limits", "1");
    await origin.send("PUT", "/v1/admin/channels/shop/stable", { revision: good });
    const source = httpSource({ url: origin.url, token: origin.edgeToken });
    const subject = { namespace: "shop", channel: "stable" };
    const running = runLane(testFolder(), [source], { subject, limits: { documentBytes: 10 } });
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.replica?.place.revision).toBe(good);
    const bad = await origin.put("limits", "much too long for this edge");
    await origin.send("PUT", "/v1/admin/channels/shop/stable", { revision: bad });
    await expect.poll(() => running.lane.state.refusal?.revision).toBe(bad);
    expect(text(servedBy(running.lane))).toEqual({ limits: "1" });
    const mended = await origin.put("limits", "2");
    await origin.send("PUT", "/v1/admin/channels/shop/stable", { revision: mended });
    await expect.poll(() => running.lane.replica?.place.revision).toBe(mended);
    expect(running.lane.state.refusal).toBeUndefined();
  });
});
