/** Rollouts: begun and steered by people. What a tick does to them: test/backup/component-rollouts.test.ts. */
import { describe, expect, test } from "vitest";
import { beaconOf, headOf, lineageOf, setChannel } from "../../testkit/rollouts.ts";
import { makeToken, putText, type ServerReply, type TestServer, told } from "../../testkit/server.ts";
import { openTwoNamespaces } from "../../testkit/two-namespaces.ts";

const ROUTE = "/v1/admin/rollouts/shop/stable";
const ANY = { "if-match": "*" };
const STEPS = [
  { labels: { ring: "canary" }, bakeSeconds: 60 },
  { percent: 100, bakeSeconds: 60 },
];
const jsonOf = ({ text }: ServerReply) => JSON.parse(text);

/** The channel `stable` of `shop` stands at the first of two revisions, and `fra-1` is in the ring `canary`. */
async function withChannel(): Promise<{ server: TestServer; first: number; second: number }> {
  const server = await openTwoNamespaces();
  await putText(server, "shop", "k", "one");
  const first = headOf(server.db);
  await putText(server, "shop", "k", "two");
  await putText(server, "shop", "more", "x");
  const second = headOf(server.db);
  await setChannel(server, "shop/stable", first);
  await server.send("PUT", "/v1/admin/edges/fra-1", { json: { labels: { ring: "canary" } } });
  return { server, first, second };
}

const start = (
  server: TestServer,
  body: object,
  { query = "", headers = {}, token = server.rootToken } = {},
) => server.send("PUT", `${ROUTE}${query}`, { json: { steps: STEPS, ...body }, headers, token });
const steer = (server: TestServer, verb: string, { token = server.rootToken, headers = {} } = {}) =>
  server.send("POST", `${ROUTE}/${verb}`, { token, headers });
const readAs = async (server: TestServer, edge: string) =>
  (await server.send("GET", `/v1/read/shop?key=k&channel=stable&edge=${edge}`)).text;

describe("/v1/admin/rollouts", () => {
  test("begins with the edges of the first step, and the channel stays", async () => {
    const { server, first, second } = await withChannel();
    expect(told(await start(server, { to: second }))).toBe("201");
    expect([await readAs(server, "fra-1"), await readAs(server, "fra-2")]).toEqual(["two", "one"]);
    const shown = await server.send("GET", ROUTE);
    expect(jsonOf(shown)).toMatchObject({
      channel: "stable",
      from: first,
      to: second,
      step: 0,
      state: "running",
      health: { minShare: 0.9, maxRefusals: 0 },
      onFailure: "stop",
      progress: { edges: 0, next: expect.stringMatching(/^Step 1 bakes for \d+ s more\.$/) },
    });
    expect(jsonOf(await server.send("GET", "/v1/admin/rollouts?ns=shop")).rollouts).toHaveLength(1);
    const pointer = (await server.send("GET", "/v1/read/shop?key=k&channel=stable&edge=fra-2")).headers;
    expect(pointer["ledge-pointer-revision"]).toBe(String(headOf(server.db)));
  });

  test("is counted by its state in the metrics", async () => {
    const { server, second } = await withChannel();
    const counted = async () => {
      const { text } = await server.send("GET", "/metrics");
      const states = [...text.matchAll(/^ledge_rollouts\{state="(\w+)"\} (\d+)$/gm)];
      expect(states).toHaveLength(6);
      expect(text).toContain("\nledge_rollouts_overdue 0\n");
      return states.filter(([, , count]) => count !== "0").map(([, state, count]) => `${state} ${count}`);
    };
    expect(await counted()).toEqual([]);
    await start(server, { to: second });
    expect(await counted()).toEqual(["running 1"]);
    await steer(server, "pause");
    expect(await counted()).toEqual(["paused 1"]);
    await steer(server, "abort");
    expect(await counted()).toEqual(["aborted 1"]);
  });

  test("while one goes on, none is begun, and the channel neither moves nor goes", async () => {
    const { server, first, second } = await withChannel();
    await start(server, { to: second });
    expect(told(await start(server, { to: second - 1 }, { headers: ANY }))).toBe("409 rollout_active");
    expect(told(await setChannel(server, "shop/stable", second))).toBe("409 rollout_active");
    expect(told(await server.send("DELETE", "/v1/admin/channels/shop/stable", { headers: ANY }))).toBe(
      "409 rollout_active",
    );
    expect(told(await setChannel(server, "shop/stable", first))).toBe("200");
  });

  test.each([
    { name: "a refusal", says: { refusal: { code: "schema_violation" } }, state: "failed" },
    { name: "an error rate", says: { errorRate: 0.5 }, state: "failed" },
    { name: "an error rate that may be", says: { errorRate: 0.01 }, state: "running" },
  ])("ends by a report of $name as it should, with no tick", async ({ says, state }) => {
    const { server, first, second } = await withChannel();
    await start(server, { to: second, onFailure: "back" });
    const refuses = "refusal" in says && says.refusal !== undefined;
    const seen = {
      namespace: "shop",
      lineage: lineageOf(server.db),
      channel: "stable",
      revision: refuses ? first : second,
      ...(refuses ? { refusal: { ...says.refusal, revision: second } } : says),
    };
    const beacons = [beaconOf("fra-2", { ...seen, errorRate: 0 }), beaconOf("fra-1", seen)];
    expect(told(await server.send("POST", "/v1/fleet/beacons", { json: { beacons } }))).toBe("200");
    expect(jsonOf(await server.send("GET", ROUTE)).state).toBe(state);
    expect(await readAs(server, "fra-1")).toBe(state === "failed" ? "one" : "two");
    // In read-only mode nobody writes; the report is taken.
    await server.send("PUT", "/v1/admin/mode", { json: { mode: "read_only" } });
    expect(told(await server.send("POST", "/v1/fleet/beacons", { json: { beacons } }))).toBe("200");
  });

  test("refuses where nothing is to be moved, and a revision that is not there", async () => {
    const { server, first, second } = await withChannel();
    expect(told(await start(server, { to: second + 99 }))).toBe("404 revision_unknown");
    expect(told(await start(server, { to: first }))).toBe("422 invalid_body");
    expect(told(await start(server, { from: second, to: second - 1 }))).toBe("412 stale");
    const none = await server.send("PUT", "/v1/admin/rollouts/shop/none", {
      json: { to: second, steps: STEPS },
    });
    expect(told(none)).toBe("404 not_found");
    server.db.all("update usage set compacted=? where namespace='shop'", [second]);
    expect(told(await start(server, { to: second - 1 }))).toBe("410 compacted");
  });

  test.each([
    { name: "no step", steps: [], says: "/steps" },
    { name: "a step for nobody", steps: [{ bakeSeconds: 1 }], says: "labels or a percent" },
    { name: "more than all", steps: [{ percent: 101, bakeSeconds: 1 }], says: "/steps/0/percent" },
    { name: "a ring without labels", steps: [{ labels: {}, bakeSeconds: 1 }], says: "at least one label" },
  ])("refuses $name", async ({ steps, says }) => {
    const { server, second } = await withChannel();
    const reply = await start(server, { to: second, steps });
    expect([told(reply), reply.text]).toEqual(["422 invalid_body", expect.stringContaining(says)]);
  });

  test.each([
    { health: { maxSilent: 1.01 }, at: "/health/maxSilent" },
    { health: { maxSilent: "1%" }, at: "/health/maxSilent" },
    { health: { maxFailing: -0.01 }, at: "/health/maxFailing" },
    { health: { maxSilents: 0 }, at: "maxSilents" },
  ])("refuses the health $health, and says where", async ({ health, at }) => {
    const { server, second } = await withChannel();
    const reply = await start(server, { to: second, health });
    expect([told(reply), reply.text]).toEqual(["422 invalid_body", expect.stringContaining(at)]);
  });

  test("a request that is repeated is known by its key", async () => {
    const { server, second } = await withChannel();
    const headers = { "idempotency-key": "again" };
    const first = await start(server, { to: second }, { headers });
    const again = await start(server, { to: second }, { headers });
    expect([again.status, again.headers["ledge-replayed"]]).toEqual([201, "true"]);
    expect(jsonOf(again).revision).toBe(jsonOf(first).revision);
    const paused = await steer(server, "pause", { headers: { "idempotency-key": "p" } });
    const repeated = await steer(server, "pause", { headers: { "idempotency-key": "p" } });
    expect(repeated.headers["ledge-replayed"]).toBe("true");
    expect(jsonOf(repeated).revision).toBe(jsonOf(paused).revision);
  });

  test("is paused, goes on, and is aborted: then everybody reads what was before", async () => {
    const { server, second } = await withChannel();
    await start(server, { to: second });
    const state = async () => jsonOf(await server.send("GET", ROUTE)).state;
    expect([told(await steer(server, "pause")), await state()]).toEqual(["200", "paused"]);
    expect(await readAs(server, "fra-1")).toBe("two");
    expect([told(await steer(server, "resume")), await state()]).toEqual(["200", "running"]);
    expect([told(await steer(server, "abort")), await state()]).toEqual(["200", "aborted"]);
    expect(await readAs(server, "fra-1")).toBe("one");
    for (const verb of ["pause", "resume"]) expect(told(await steer(server, verb))).toBe("404 not_found");
    expect(told(await start(server, { to: second }, { headers: ANY }))).toBe("200");
  });

  test("resumed after a failure counts what edges say from then on", async () => {
    const { server, first, second } = await withChannel();
    await start(server, { to: second });
    const refusal = { code: "schema_violation", revision: second };
    const seen = { namespace: "shop", lineage: lineageOf(server.db), channel: "stable", revision: first };
    const report = () =>
      server.send("POST", "/v1/fleet/beacons", {
        json: { beacons: [beaconOf("fra-1", { ...seen, refusal })] },
      });
    const shown = async () => jsonOf(await server.send("GET", ROUTE));
    await report();
    const failed = await shown();
    expect(failed).toMatchObject({ state: "failed", progress: { refusing: 1 } });
    expect(told(await steer(server, "resume"))).toBe("200");
    const resumed = await shown();
    expect(resumed).toMatchObject({ state: "running", progress: { refusing: 0 } });
    expect(resumed.resumed).toBe(resumed.since);
    await report();
    expect((await shown()).state).toBe("failed");
    // Of one that was paused nothing is forgotten.
    await steer(server, "resume");
    const before = await shown();
    await steer(server, "pause");
    await steer(server, "resume");
    expect((await shown()).resumed).toBe(before.resumed);
  });

  test("hurrying needs a reason and the verb override, and both stand in the commit", async () => {
    const { server, second } = await withChannel();
    await start(server, { to: second });
    const token = await makeToken(server, [{ verbs: ["rollout"], namespace: "shop" }]);
    expect(told(await steer(server, "hurry"))).toBe("400 bad_parameter");
    expect(told(await steer(server, "hurry?override=INC-1", { token }))).toBe("403 override_required");
    const hurried = await steer(server, "hurry?override=INC-1");
    expect(told(hurried)).toBe("200");
    const { meta } = jsonOf(await server.send("GET", `/v1/commits/${jsonOf(hurried).revision}`));
    expect(meta).toEqual({ _override: "INC-1", _overridden: expect.stringContaining("skips") });
    expect(await readAs(server, "fra-2")).toBe("two");
    expect(jsonOf(await server.send("GET", "/v1/admin/channels/shop/stable")).revision).toBe(second);
    expect(jsonOf(await server.send("GET", ROUTE))).toMatchObject({
      state: "done",
      reason: "It was hurried: INC-1",
    });
  });

  test("steering is for rollout or admin over the whole namespace", async () => {
    const { server, second } = await withChannel();
    await start(server, { to: second });
    const grants = [{ verbs: ["rollout"], namespace: "shop", scope: "k" }];
    const token = await makeToken(server, grants);
    expect(told(await steer(server, "pause", { token }))).toBe("403 forbidden");
    const whole = await makeToken(server, [{ verbs: ["rollout"], namespace: "*" }]);
    expect(told(await steer(server, "pause", { token: whole }))).toBe("200");
  });

  test("a channel goes with the rollout that has ended on it", async () => {
    const { server, second } = await withChannel();
    await start(server, { to: second });
    await steer(server, "abort");
    expect(told(await server.send("DELETE", "/v1/admin/channels/shop/stable", { headers: ANY }))).toBe("200");
    expect(told(await server.send("GET", ROUTE))).toBe("404 not_found");
  });
});

describe("policies on a rollout", () => {
  const guard = (server: TestServer, json: object, scope = "") =>
    server.send("PUT", `/v1/admin/policies/shop?scope=${scope}`, { json });

  test.each([
    {
      name: "keys changed",
      policy: { budgets: { keysChanged: 1 } },
      says: "keysChanged 2",
      code: "422 policy_violation",
    },
    {
      name: "growth",
      policy: { budgets: { growthBytes: 0 } },
      says: "growthBytes 1",
      code: "422 policy_violation",
    },
    {
      name: "a freeze",
      policy: {
        freeze: [{ from: "2020-01-01T00:00:00Z", until: "2100-01-01T00:00:00Z", reason: "the sale" }],
      },
      says: "frozen until 2100",
      code: "422 frozen",
    },
  ])("judge what it carries as one commit: $name", async ({ policy, says, code }) => {
    const { server, second } = await withChannel();
    await guard(server, policy);
    const refused = await start(server, { to: second });
    expect([told(refused), refused.text]).toEqual([code, expect.stringContaining(says)]);
    const begun = await start(server, { to: second }, { query: "?override=INC-2" });
    expect(told(begun)).toBe("201");
    const { meta } = jsonOf(await server.send("GET", `/v1/commits/${jsonOf(begun).revision}`));
    expect(meta).toEqual({ _override: "INC-2", _overridden: expect.stringContaining(says) });
  });

  test("count deletions and what would be empty, each under its own scope", async () => {
    const { server, second } = await withChannel();
    await putText(server, "shop", "k", "{}");
    await server.send("DELETE", "/v1/write/shop?key=more", { headers: ANY });
    const head = headOf(server.db);
    await setChannel(server, "shop/stable", second);
    await guard(server, { budgets: { emptied: 0, keysDeleted: 1 } });
    await guard(server, { budgets: { keysDeleted: 0 } }, "more");
    const refused = await start(server, { to: head });
    expect(jsonOf(refused).errors.map(({ detail }: { detail: string }) => detail)).toEqual([
      "emptied 1, where shop allows 0.",
      "keysDeleted 1, where more in shop allows 0.",
    ]);
  });

  test("say override_required to whoever may not override them", async () => {
    const { server, second } = await withChannel();
    await guard(server, { budgets: { keysChanged: 0 } });
    const token = await makeToken(server, [{ verbs: ["rollout"], namespace: "shop" }]);
    expect(told(await start(server, { to: second }, { token }))).toBe("403 override_required");
  });
});
