/** Rollouts that wait for a second person: by their own document and by a policy, approved, changed and gone past. */
import { describe, expect, test } from "vitest";
import { headOf, setChannel } from "../../testkit/rollouts.ts";
import { makeToken, putText, type ServerReply, type TestServer, told } from "../../testkit/server.ts";
import { openTwoNamespaces } from "../../testkit/two-namespaces.ts";

const ROUTE = "/v1/admin/rollouts/shop/stable";
const ANY = { "if-match": "*" };
const STEPS = [
  { labels: { ring: "canary" }, bakeSeconds: 60 },
  { percent: 100, bakeSeconds: 60 },
];
const DEMANDED = { rollouts: "review" };
const jsonOf = ({ text }: ServerReply) => JSON.parse(text);

/** A channel at the first of two revisions, who starts rollouts, who approves them, and who may override. */
async function openChannel(policy?: object) {
  const server = await openTwoNamespaces();
  await putText(server, "shop", "k", "one");
  const first = headOf(server.db);
  await putText(server, "shop", "k", "two");
  const second = headOf(server.db);
  await setChannel(server, "shop/stable", first);
  await server.send("PUT", "/v1/admin/edges/fra-1", { json: { labels: { ring: "canary" } } });
  if (policy !== undefined) await server.send("PUT", "/v1/admin/policies/shop", { json: policy });
  const token = (name: string, ...verbs: string[]) =>
    makeToken(server, [{ verbs, namespace: "shop" }], { name });
  return {
    server,
    first,
    second,
    starter: await token("starter", "rollout", "approve", "read"),
    approver: await token("approver", "approve"),
    urgent: await token("urgent", "rollout", "override"),
    start: (json: object = {}, by = server.rootToken, query = "", headers: Record<string, string> = {}) =>
      server.send("PUT", `${ROUTE}${query}`, {
        json: { to: second, steps: STEPS, ...json },
        token: by,
        headers,
      }),
    steer: (verb: string, by: string) => server.send("POST", `${ROUTE}/${verb}`, { token: by }),
    shown: async (by = server.rootToken) => jsonOf(await server.send("GET", ROUTE, { token: by })),
    approve: (revision: number, by: string, query = "") =>
      server.send("POST", `${ROUTE}/approve${query}`, { json: { revision }, token: by }),
    readAs: async (edge: string) =>
      (await server.send("GET", `/v1/read/shop?key=k&channel=stable&edge=${edge}`)).text,
  };
}

const metaOf = async (server: TestServer, made: ServerReply) =>
  jsonOf(await server.send("GET", `/v1/commits/${jsonOf(made).revision}`));

describe("a rollout that waits", () => {
  test.each([
    { name: "by its own document", policy: undefined, body: { review: true } },
    { name: "by a policy", policy: DEMANDED, body: {} },
  ])("$name moves no edge, and is shown so until somebody else approves it", async ({ policy, body }) => {
    const { server, start, shown, approve, readAs, starter, approver, second } = await openChannel(policy);
    expect(told(await start(body, starter))).toBe("201");
    const waiting = await shown(approver);
    expect(waiting).toMatchObject({
      state: "waiting",
      step: -1,
      startedBy: { by: starter.slice(4, 16), byName: "starter" },
      reason: "Step 1 waits for a second person to approve it.",
      progress: { edges: 0, next: "Step 1 waits for a second person to approve it." },
    });
    expect(waiting.steps).toEqual([{ ...STEPS[0], review: true }, STEPS[1]]);
    expect(await readAs("fra-1")).toBe("one");
    expect((await server.send("GET", "/metrics")).text).toContain('\nledge_rollouts{state="waiting"} 1\n');
    expect(told(await setChannel(server, "shop/stable", second))).toBe("409 rollout_active");
    expect(told(await server.send("PUT", ROUTE, { json: { to: second, steps: STEPS }, headers: ANY }))).toBe(
      "409 rollout_active",
    );
    const made = await approve(waiting.revision, approver, "?message=looks+well");
    expect(told(made)).toBe("200");
    expect(await shown()).toMatchObject({ state: "running", step: 0, approved: { byName: "approver" } });
    expect([await readAs("fra-1"), await readAs("fra-2")]).toEqual(["two", "one"]);
    expect(await metaOf(server, made)).toMatchObject({
      actor: "_rollout",
      author: `approver (${approver.slice(4, 16)})`,
      message: "approved: looks well",
      meta: { _approved: approver.slice(4, 16) },
    });
    const head = headOf(server.db);
    expect(told(await approve(waiting.revision, approver))).toBe("200");
    expect(told(await approve(waiting.revision, server.rootToken))).toBe("404 not_found");
    expect(headOf(server.db)).toBe(head);
  });

  test("is approved by nobody who began it, and by nobody without approve over all of it", async () => {
    const { server, start, shown, approve, starter, urgent } = await openChannel(DEMANDED);
    await start({}, starter);
    const { revision } = await shown();
    const grants = [{ verbs: ["approve"], namespace: "shop" }];
    const part = await makeToken(server, [{ verbs: ["approve"], namespace: "shop", scope: "k" }], {
      name: "p",
    });
    const same = await makeToken(server, grants, { name: "starter" });
    for (const token of [starter, same, part, urgent])
      expect(told(await approve(revision, token)), token).toBe("403 forbidden");
    expect((await shown()).state).toBe("waiting");
  });

  test("that was begun anew is another: what was seen of the first is void", async () => {
    const { server, steer, start, shown, approve, approver, starter, second } = await openChannel(DEMANDED);
    await start({}, starter);
    const seen = await shown();
    await steer("abort", starter);
    expect(told(await approve(seen.revision, approver))).toBe("404 not_found");
    const json = { to: second, steps: [{ percent: 100, bakeSeconds: 0 }] };
    expect(told(await server.send("PUT", ROUTE, { json, headers: ANY, token: starter }))).toBe("200");
    expect(told(await approve(seen.revision, approver))).toBe("409 approval_void");
    expect((await shown()).state).toBe("waiting");
  });

  test("is ended, and cannot be paused or resumed", async () => {
    const { start, steer, shown, starter, readAs } = await openChannel(DEMANDED);
    await start({}, starter);
    for (const verb of ["pause", "resume"]) expect(told(await steer(verb, starter))).toBe("404 not_found");
    expect(told(await steer("abort", starter))).toBe("200");
    expect(await shown()).toMatchObject({ state: "aborted" });
    expect(await readAs("fra-1")).toBe("one");
  });

  test("does not begin in a freeze that was put since", async () => {
    const { server, start, shown, approve, starter, approver } = await openChannel(DEMANDED);
    await start({}, starter);
    const freeze = [{ from: "2020-01-01T00:00:00Z", until: "2100-01-01T00:00:00Z", reason: "x" }];
    await server.send("PUT", "/v1/admin/policies/shop", { json: { ...DEMANDED, freeze }, headers: ANY });
    expect(told(await approve((await shown()).revision, approver))).toBe("422 frozen");
    expect((await shown()).state).toBe("waiting");
  });
});

test("a rollout with review of a later step begins, and only it names who began it", async () => {
  const { start, steer, shown, starter } = await openChannel();
  const [first, last] = STEPS;
  await start({ steps: [first, { ...last, review: true }] }, starter);
  expect(await shown()).toMatchObject({ state: "running", step: 0, startedBy: { byName: "starter" } });
  await steer("abort", starter);
  const { etag } = await shown();
  await start({}, starter, "", { "if-match": etag });
  expect((await shown()).startedBy).toBeUndefined();
});

test("a budget that was put since keeps no rollout that waits", async () => {
  const { server, start, shown, approve, starter, approver } = await openChannel(DEMANDED);
  await start({}, starter);
  const json = { ...DEMANDED, budgets: { keysChanged: 0 } };
  await server.send("PUT", "/v1/admin/policies/shop", { json, headers: ANY });
  expect(told(await approve((await shown()).revision, approver))).toBe("200");
});

describe("an emergency", () => {
  test("goes past what a policy demands with override and a reason, which the log keeps", async () => {
    const { server, start, shown, starter, urgent } = await openChannel(DEMANDED);
    expect(told(await start({}, starter, "?override=INC-1"))).toBe("403 override_required");
    const made = await start({}, urgent, "?override=INC-1");
    expect(told(made)).toBe("201");
    expect(await shown()).toMatchObject({ state: "running", step: 0 });
    const { meta } = await metaOf(server, made);
    expect(meta).toEqual({
      _override: "INC-1",
      _overridden: "a second person has to approve each rollout of shop",
    });
  });

  test("hurries one that waits, and not without the verb", async () => {
    const { server, start, steer, shown, starter, urgent, readAs } = await openChannel(DEMANDED);
    await start({}, starter);
    expect(told(await steer("hurry?override=INC-2", starter))).toBe("403 override_required");
    const made = await steer("hurry?override=INC-2", urgent);
    expect(told(made)).toBe("200");
    expect((await shown()).state).toBe("done");
    expect(await readAs("fra-2")).toBe("two");
    const { meta } = await metaOf(server, made);
    expect(meta._overridden).toContain("skips the approval of step 1");
  });

  test("does not go past what the rollout itself demands by how it is begun", async () => {
    const { start, shown, urgent } = await openChannel(DEMANDED);
    expect(told(await start({ review: true }, urgent, "?override=INC-3"))).toBe("201");
    expect((await shown()).state).toBe("waiting");
  });
});

describe("a policy that reviews rollouts", () => {
  test("lets a channel that is there go back at once, and forward by a rollout alone", async () => {
    const { server, first, second } = await openChannel(DEMANDED);
    expect(told(await setChannel(server, "shop/stable", second))).toBe("409 approval_required");
    expect(told(await setChannel(server, "shop/stable", first - 1))).toBe("200");
    expect(told(await setChannel(server, "shop/stable", first))).toBe("409 approval_required");
    expect(told(await setChannel(server, "shop/other", second))).toBe("201");
  });

  test("keeps a channel from where a rollout that was taken back would have brought it", async () => {
    const { server, start, steer, starter, second } = await openChannel(DEMANDED);
    await start({}, starter);
    await steer("abort", starter);
    expect(told(await setChannel(server, "shop/stable", second))).toBe("409 approval_required");
  });

  test("is that of the whole namespace", async () => {
    const { server } = await openChannel();
    const put = (scope: string, json: object) =>
      server.send("PUT", `/v1/admin/policies/shop?scope=${scope}`, { json });
    expect(told(await put("k", DEMANDED))).toBe("422 invalid_body");
    expect(told(await put("", { rollouts: "never" }))).toBe("422 invalid_body");
    expect(told(await put("", DEMANDED))).toBe("201");
    expect(jsonOf(await server.send("GET", "/v1/admin/policies/shop"))).toMatchObject(DEMANDED);
  });
});
