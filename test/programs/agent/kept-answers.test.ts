/** Answers that an agent gives again: never one that the request would not get now, and each with the age that it has now. */
import { beforeAll, describe, expect, test } from "vitest";
import { agentAnswers } from "../../../programs/agent/kept-answers.ts";
import type { KeptAnswer } from "../../../programs/host/answers.ts";
import { openAgentDoor } from "../../../testkit/edge/agent-door.ts";
import { runLane } from "../../../testkit/edge/lanes.ts";
import { ModelOrigin } from "../../../testkit/edge/model-source.ts";
import { type EdgeOrigin, openEdgeOrigin } from "../../../testkit/edge/origin.ts";
import { buildFor, LEDGE_MANIFEST, testFolder } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";

beforeAll(() => buildFor(LEDGE_MANIFEST));

const PATH = "/v1/read/shop?key=limits";

async function openShop() {
  const origin = await openEdgeOrigin({ engine: testNativeEngine() });
  await origin.put("limits", "1");
  const door = await openAgentDoor(origin);
  const read = (headers: Record<string, string> = {}) => door.read(PATH, origin.edgeToken, headers);
  // The first request waits for what the origin says of its token; what was waited for is not kept.
  await read();
  return { ...door, origin, door, read };
}

/** What a source says of a namespace that has not moved: how old its state is there. */
function heard({ lane }: Pick<Awaited<ReturnType<typeof openShop>>, "lane">, ageSeconds: number): void {
  lane.state.heard({ kind: "relay", name: "a relay" }, { head: lane.state.head, ageSeconds });
  lane.state.confirmed();
}

const accessorIn = (token: string) => token.split("_")[1] ?? "";
const revoke = (origin: EdgeOrigin, token: string) =>
  origin.send("DELETE", `/v1/admin/tokens/${accessorIn(token)}`);

describe("an answer that an agent gives again", () => {
  test("says how old it is now and from where, and is the same in all else", async () => {
    const shop = await openShop();
    const first = await shop.read();
    const handled = shop.handled();
    heard(shop, 500);
    const second = await shop.read();
    expect(shop.handled()).toBe(handled);
    expect([first.headers.get("age"), first.headers.get("ledge-source")]).toEqual(["0", "origin"]);
    expect(Number(second.headers.get("age"))).toBeGreaterThanOrEqual(500);
    expect(second.headers.get("ledge-source")).toBe("relay");
    const rest = ({ headers }: typeof first) =>
      [...headers].filter(([name]) => !["age", "date", "ledge-source"].includes(name));
    expect([second.text, rest(second)]).toEqual([first.text, rest(first)]);
  });

  test("is another one from the move on", async () => {
    const { origin, lane, read } = await openShop();
    for (let n = 2; n < 12; n += 1) {
      await read();
      const revision = await origin.put("limits", String(n));
      await expect.poll(() => lane.replica?.place.revision).toBe(revision);
      const answers = [await read(), await read()];
      expect(answers.map(({ text }) => text)).toEqual([String(n), String(n)]);
    }
  });

  test("is not for who takes no state so old", async () => {
    const shop = await openShop();
    const strict = { "ledge-max-staleness": "100" };
    expect((await shop.read(strict)).status).toBe(200);
    heard(shop, 500);
    const refused = await shop.read(strict);
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([503, "too_stale"]);
    expect((await shop.read()).status).toBe(200);
    heard(shop, 0);
    expect((await shop.read(strict)).status).toBe(200);
  });

  test("ends within a minute of its token's revocation", async () => {
    const { origin, clock, handled, read } = await openShop();
    expect((await read()).status).toBe(200);
    await revoke(origin, origin.edgeToken);
    clock.steadyMs += 59_999;
    const before = handled();
    expect([(await read()).status, handled()]).toEqual([200, before]);
    clock.steadyMs += 1;
    expect((await read()).status).toBe(401);
    expect((await read()).status).toBe(401);
  });

  test("goes on with the same word about its token, without a handler", async () => {
    const { clock, handled, read } = await openShop();
    await read();
    clock.steadyMs += 60_000;
    expect((await read()).status).toBe(200);
    const before = handled();
    expect((await read()).status).toBe(200);
    expect(handled()).toBe(before);
  });

  test("is another one where the token may do less", async () => {
    const { origin, door, clock } = await openShop();
    const accessor = accessorIn(origin.edgeToken);
    await door.read(PATH, origin.edgeToken);
    const other = [{ verbs: ["read"], namespace: "shop", scope: "other/" }];
    const real = globalThis.fetch;
    try {
      // An origin that has taken the grant away says so to who asks; no door of ours narrows a token.
      globalThis.fetch = async (input, init) =>
        String(input).endsWith("/v1/whoami")
          ? Response.json({ accessor, name: "edge", grants: other, created: "2026-01-01T00:00:00.000Z" })
          : real(input, init);
      clock.steadyMs += 60_000;
      expect((await door.read(PATH, origin.edgeToken)).status).toBe(403);
      expect((await door.read(PATH, origin.edgeToken)).status).toBe(403);
    } finally {
      globalThis.fetch = real;
    }
  });

  test("is for nobody once a namespace under a channel is public no more", async () => {
    const origin = await openEdgeOrigin({ engine: testNativeEngine() });
    await origin.send("PUT", "/v1/admin/namespaces/shop", { public: true });
    const revision = await origin.put("limits", "1");
    await origin.send("PUT", "/v1/admin/channels/shop/stable", { revision });
    const { read } = await openAgentDoor(origin, { follows: "shop@stable" });
    expect([(await read(PATH, undefined)).status, (await read(PATH, undefined)).status]).toEqual([200, 200]);
    await origin.send("PUT", "/v1/admin/namespaces/shop", { public: false });
    await expect.poll(async () => (await read(PATH, undefined)).status).toBe(401);
  });

  test("ends with its token to the millisecond, and is bounded by bytes alone", async () => {
    const model = new ModelOrigin();
    const running = runLane(testFolder(), [model.source({ pageCommits: 9, pageDocuments: 9 })]);
    await expect.poll(() => running.lane.replica).toBeDefined();
    let nowMs = 1999;
    const tokens = { goodnessOf: () => () => true };
    const answers = agentAnswers({ tokens, laneOf: () => running.lane, nowMs: () => nowMs });
    const keep = (name: string, size: number) => {
      const headers = ["age", "0", "ledge-source", "origin"];
      const reply = { status: 200, headers, body: new Uint8Array(size), sameUntilMs: 2000 };
      const answer: KeptAnswer = { route: "/", prepared: { reply, headers: [...headers], body: "" } };
      answers.keep(name, answer, { method: "GET", uri: "/", headers: [], body: new Uint8Array(0) });
    };
    const found = (count: number) =>
      Array.from({ length: count }, (_, nth) => answers.find(`n${nth}`)).filter((one) => one !== undefined);
    for (let nth = 0; nth < 5000; nth += 1) keep(`n${nth}`, 800);
    expect([found(5000).length, found(5000).length]).toEqual([5000, 5000]);
    for (let nth = 0; nth < 40_000; nth += 1) keep(`n${nth}`, 800);
    expect(found(40_000).length).toBeLessThan((2 * 16_777_216) / (2 * 800 + 1500));
    nowMs = 2000;
    expect(found(40_000)).toEqual([]);
    await running.stop();
  });
});
