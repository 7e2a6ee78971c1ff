import { describe, expect, test } from "vitest";
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { RefusalError } from "../../lib/core/refusal.ts";
import { planOf } from "../../testkit/plans.ts";
import { seededRandom } from "../../testkit/random.ts";
import { makeNamespace, makeToken, type TestServer, told } from "../../testkit/server.ts";
import { answerOf, commitOf, putJson, openTwoNamespaces as two } from "../../testkit/two-namespaces.ts";

const remove = (key: string) => ({ op: "delete", namespace: "shop", key, ifRevision: "any" });

/** Commits, and gives the revision. */
async function commit(server: TestServer, ...changes: unknown[]): Promise<number> {
  const reply = await commitOf(server, changes);
  if (reply.status !== 200) throw new Error(reply.text);
  const answer: CommitAnswer = JSON.parse(reply.text);
  return answer.revision;
}

const revert = (
  server: TestServer,
  json: unknown,
  more: { token?: string; headers?: Record<string, string> } = {},
) => server.send("POST", "/v1/revert", { json, ...more });

/** What a revert did, by key. Throws for another status than 200. */
async function done(server: TestServer, json: unknown): Promise<string[]> {
  const reply = await revert(server, json);
  if (reply.status !== 200) throw new Error(reply.text);
  const answer: CommitAnswer = JSON.parse(reply.text);
  return answer.changes.map(({ key, result }) => `${result} ${key}`);
}

async function refusedWith(server: TestServer, json: unknown): Promise<string[]> {
  const reply = await revert(server, json);
  const { code, errors = [] }: { code: string; errors?: RefusalError[] } = JSON.parse(reply.text);
  return [code, ...errors.map(({ namespace, key, revision }) => `${namespace}/${key} ${revision ?? "-"}`)];
}

/** The values of a namespace, by key. */
async function stateOf(server: TestServer, namespace = "shop"): Promise<Record<string, unknown>> {
  const { documents } = await answerOf<{ documents: { key: string; value: unknown }[] }>(
    server,
    `/v1/list/${namespace}?values=json&limit=1000`,
  );
  return Object.fromEntries(documents.map(({ key, value }) => [key, value]));
}

describe("POST /v1/revert of commits", () => {
  test("puts back what stood there before, deletes what was made, and is reverted itself", async () => {
    const server = await two();
    await commit(server, putJson("shop", "a", 1), putJson("shop", "b", 1), putJson("other", "c", 1));
    const before = [await stateOf(server), await stateOf(server, "other")];
    const changed = [
      putJson("shop", "a", 2),
      remove("b"),
      putJson("other", "c", 2),
      putJson("shop", "new", 1),
    ];
    const undone = await commit(server, ...changed);
    const after = [await stateOf(server), await stateOf(server, "other")];
    expect(await done(server, { commit: undone, message: "why" })).toEqual([
      "changed c",
      "changed a",
      "created b",
      "deleted new",
    ]);
    expect([await stateOf(server), await stateOf(server, "other")]).toEqual(before);
    await done(server, { commit: undone + 1 });
    expect([await stateOf(server), await stateOf(server, "other")]).toEqual(after);
  });

  test("of several goes back to before the first, and to nothing where all is so already", async () => {
    const server = await two();
    await commit(server, putJson("shop", "a", 0));
    const first = await commit(server, putJson("shop", "a", 1));
    const second = await commit(server, putJson("shop", "a", 2), putJson("shop", "b", 2));
    expect(await done(server, { commits: [second, first, first] })).toEqual(["changed a", "deleted b"]);
    expect(await stateOf(server)).toEqual({ a: 0 });
    const again = await revert(server, { commits: [second, first] });
    expect(JSON.parse(again.text)).toMatchObject({ unchanged: true, changes: [], revision: second + 1 });
  });

  test("names keys that were changed again, and does for each what is said of it", async () => {
    const server = await two();
    await commit(server, putJson("shop", "a", 0), putJson("shop", "b", 0), putJson("shop", "c", 0));
    const undone = await commit(
      server,
      putJson("shop", "a", 1),
      putJson("shop", "b", 1),
      putJson("shop", "c", 1),
    );
    const later = await commit(server, putJson("shop", "a", 2), putJson("shop", "b", 2));
    expect(await refusedWith(server, { commit: undone })).toEqual([
      "stale",
      `shop/a ${later}`,
      `shop/b ${later}`,
    ]);
    const ours = [{ namespace: "shop", key: "a", conflicts: "ours" }];
    expect(await refusedWith(server, { commit: undone, keys: ours })).toEqual(["stale", `shop/b ${later}`]);
    const strange = [{ namespace: "shop", key: "z", conflicts: "ours" }];
    expect(told(await revert(server, { commit: undone, keys: strange }))).toBe("422 invalid_body");
    const settled = { commit: undone, conflicts: "theirs", keys: ours };
    expect(await done(server, settled)).toEqual(["changed a", "changed c"]);
    expect(await stateOf(server)).toEqual({ a: 0, b: 2, c: 0 });
    expect(await done(server, { commit: undone, conflicts: "ours" })).toEqual(["changed b"]);
  });

  test("finds no conflict in a key that is as it was, or that only these commits changed", async () => {
    const server = await two();
    await commit(server, putJson("shop", "a", 0));
    const first = await commit(server, putJson("shop", "a", 1), putJson("shop", "b", 1));
    await commit(server, putJson("shop", "a", 0));
    expect(await done(server, { commit: first })).toEqual(["deleted b"]);
  });
});

describe("POST /v1/revert to a revision or a moment", () => {
  test("puts a prefix or one key back, whatever came after", async () => {
    const server = await two();
    const start = await commit(
      server,
      putJson("shop", "in/a", 1),
      putJson("shop", "in/b", 1),
      putJson("shop", "out", 1),
    );
    await commit(server, putJson("shop", "in/a", 2), remove("in/b"));
    await commit(server, putJson("shop", "in/a", 3), putJson("shop", "in/c", 3), putJson("shop", "out", 3));
    expect(await done(server, { namespace: "shop", key: "in/b", to: start })).toEqual(["created in/b"]);
    expect(await done(server, { namespace: "shop", prefix: "in/", to: start })).toEqual([
      "changed in/a",
      "deleted in/c",
    ]);
    expect(await stateOf(server)).toEqual({ "in/a": 1, "in/b": 1, out: 3 });
    expect(await done(server, { namespace: "shop", prefix: "", to: start + 1 })).toEqual([
      "changed in/a",
      "deleted in/b",
      "changed out",
    ]);
    const moment = "2100-01-01T00:00:00Z";
    const now = await revert(server, { namespace: "shop", prefix: "", to: moment });
    expect(JSON.parse(now.text)).toMatchObject({ unchanged: true });
    expect(await done(server, { namespace: "shop", prefix: "", to: 0 })).toHaveLength(2);
    expect(await stateOf(server)).toEqual({});
  });

  test("is refused by name where members do not go together", async () => {
    const server = await two();
    const place = { namespace: "shop", prefix: "" };
    const bodies = [
      {},
      { commit: 3, commits: [3] },
      { commit: 3, ...place, to: 3 },
      { commit: 3, to: 3 },
      { commits: [] },
      place,
      { namespace: "shop", to: 3 },
      { ...place, key: "a", to: 3 },
      { ...place, to: "yesterday" },
      { ...place, to: 3, conflicts: "ours" },
      { ...place, to: 3, colour: 1 },
    ];
    for (const body of bodies)
      expect([body, told(await revert(server, body))]).toEqual([body, "422 invalid_body"]);
    expect(told(await revert(server, { commit: 999 }))).toBe("404 revision_unknown");
  });
});

describe("a revert", () => {
  test("puts back bytes and media type as they were", async () => {
    const server = await two();
    const put = (key: string, more: object) => ({
      op: "put",
      namespace: "shop",
      key,
      ifRevision: "any",
      ...more,
    });
    const start = await commit(
      server,
      put("bin", { mediaType: "application/octet-stream", base64: "/wD+" }),
      put("num", { value: 1 }),
      put("long", { mediaType: "text/plain", text: "ü".repeat(30_000) }),
    );
    const undone = await commit(
      server,
      put("bin", { mediaType: "text/plain", text: "x" }),
      put("num", { mediaType: "text/plain", text: "1" }),
      remove("long"),
    );
    await done(server, { commit: undone });
    for (const key of ["bin", "num", "long"]) {
      const now = await server.send("GET", `/v1/read/shop?key=${key}`);
      const then = await server.send("GET", `/v1/read/shop?key=${key}&revision=${start}`);
      expect(Buffer.compare(now.body, then.body), key).toBe(0);
      expect(now.headers["content-type"], key).toBe(then.headers["content-type"]);
    }
  });

  test("is bound to its plan, which names where each value comes from", async () => {
    const server = await two();
    const start = await commit(server, putJson("shop", "a", 1), putJson("shop", "b", 1));
    const undone = await commit(server, putJson("shop", "a", 2), putJson("shop", "c", 1));
    const plan = await planOf(server, { commit: undone });
    expect(plan).toMatchObject({ ok: true, head: undone });
    expect(plan.changes).toMatchObject([
      { op: "put", key: "a", result: "changed", baseRevision: undone, fromRevision: start },
      { op: "delete", key: "c", result: "deleted" },
    ]);
    const { planDigest } = plan;
    expect(told(await revert(server, { commit: start, planDigest }))).toBe("409 plan_changed");
    await commit(server, putJson("shop", "a", 3));
    expect(told(await revert(server, { commit: undone, planDigest }))).toBe("409 plan_changed");
    const conflicting = await planOf(server, { commit: undone });
    expect(conflicting.refusals).toMatchObject([{ code: "stale", key: "a", pointer: "/changes/0" }]);
    const settled = { commit: undone, conflicts: "theirs" };
    const bound = await planOf(server, settled);
    expect(told(await revert(server, { ...settled, planDigest: bound.planDigest }))).toBe("200");
    expect(await stateOf(server)).toEqual({ a: 3, b: 1 });
  });

  test("is done once for one Idempotency-Key, whatever came after it", async () => {
    const server = await two();
    await commit(server, putJson("shop", "a", 1));
    const undone = await commit(server, putJson("shop", "a", 2), putJson("shop", "b", 2));
    const headers = { "idempotency-key": "once" };
    const { planDigest } = await planOf(server, { commit: undone });
    const first = await revert(server, { commit: undone, planDigest }, { headers });
    await commit(server, putJson("shop", "a", 3));
    const again = await revert(server, { commit: undone, planDigest }, { headers });
    expect([told(first), again.headers["ledge-replayed"]]).toEqual(["200", "true"]);
    expect(again.text).toBe(first.text);
    const others = [
      { commit: undone, message: "m" },
      { commit: undone - 1 },
      { namespace: "shop", key: "z", to: 3 },
    ];
    for (const other of others)
      expect(told(await revert(server, other, { headers }))).toBe("422 idempotency_mismatch");
    expect(await stateOf(server)).toEqual({ a: 3 });
  });

  test("needs write and history over every key, and tells nothing of others", async () => {
    const server = await two();
    const mixed = await commit(server, putJson("shop", "in/a", 1), putJson("shop", "out/a", 1));
    const inside = await commit(server, putJson("shop", "in/a", 2));
    const grant = (verbs: string[], scope: string) => ({ verbs, namespace: "shop", scope });
    const token = await makeToken(server, [
      grant(["write", "history", "plan", "read"], "in/"),
      grant(["write"], "out/"),
    ]);
    const asked = async (json: object) => {
      const [plan, real] = [
        await server.send("POST", "/v1/plan", { json, token }),
        await revert(server, json, { token }),
      ];
      return [told(plan), told(real)];
    };
    const denied = ["403 forbidden", "403 forbidden"];
    expect(await asked({ commit: mixed })).toEqual(denied);
    // The first token, and a namespace: Ledge's own.
    for (const own of [1, 2]) expect(await asked({ commit: own })).toEqual(denied);
    const place = { namespace: "shop", to: 3 };
    for (const part of [
      { prefix: "" },
      { prefix: "i" },
      { prefix: "out/" },
      { key: "out/a" },
      { key: "out/none" },
    ])
      expect([part, await asked({ ...place, ...part })]).toEqual([part, denied]);
    expect(await asked({ ...place, namespace: "none", prefix: "" })).toEqual(denied);
    expect(await asked({ commit: inside })).toEqual(["200", "200"]);
    expect(await asked({ ...place, prefix: "in/" })).toEqual(["200", "200"]);
    for (const own of [1, 2])
      expect(told(await revert(server, { commit: own }))).toBe("403 reserved_namespace");
  });

  test("says what is over a limit or a quota, and what a purge took", async () => {
    const server = await two();
    const keys = Array.from({ length: 501 }, (_, at) => `k${at}`);
    const start = await commit(server, ...keys.map((key) => putJson("shop", key, 1)));
    await commit(server, ...keys.map((key) => putJson("shop", `more-${key}`, 1)));
    const all = { namespace: "shop", prefix: "", to: 3 };
    expect(told(await revert(server, all))).toBe("422 too_many_changes");
    expect(told(await revert(server, { commits: [start, start + 1] }))).toBe("422 too_many_changes");
    expect(await done(server, { ...all, prefix: "more-" })).toHaveLength(501);
    await makeNamespace(server, "strict", { quota: { keys: 1 } });
    const made = await commit(server, putJson("strict", "a"));
    const strict = { op: "delete", namespace: "strict", key: "a", ifRevision: "any" };
    await commit(server, strict);
    await commit(server, putJson("strict", "b"));
    expect(await refusedWith(server, { namespace: "strict", key: "a", to: made })).toEqual([
      "quota_exceeded",
      "strict/a -",
    ]);
    await commit(server, putJson("shop", "k0", 2));
    const purge = { namespace: "shop", key: "k0", why: "a mistake", keepCurrent: true };
    expect(told(await server.send("POST", "/v1/admin/purge", { json: purge }))).toBe("200");
    const purged = { namespace: "shop", key: "k0", to: start };
    expect(await refusedWith(server, purged)).toEqual(["not_found", "shop/k0 -"]);
    expect(told(await server.send("POST", "/v1/plan", { json: purged }))).toBe("404 not_found");
  });

  test("of all that is kept no longer is refused as compacted", async () => {
    const server = await two();
    const first = await commit(server, putJson("shop", "a", 1));
    const second = await commit(server, putJson("shop", "a", 2));
    server.db.all("update usage set compacted=?1 where namespace='shop'", [second]);
    expect(told(await revert(server, { commit: second }))).toBe("410 compacted");
    expect(told(await revert(server, { namespace: "shop", prefix: "", to: first }))).toBe("410 compacted");
    server.db.all("update usage set compacted=?1 where namespace='shop'", [first]);
    server.db.all("update commits set changes=2 where revision=?1", [second]);
    expect(told(await revert(server, { commit: second }))).toBe("410 compacted");
    server.db.all("update commits set changes=1 where revision=?1", [second]);
    expect(await done(server, { commit: second })).toEqual(["changed a"]);
  });

  test("of more than a commit holds is refused, and done in parts", async () => {
    const server = await two();
    const long = "x".repeat(800_000);
    for (const key of ["a", "b", "c"]) await commit(server, putJson("shop", key, long));
    const full = await commit(server, putJson("other", "k"));
    await commit(server, remove("a"), remove("b"), remove("c"));
    expect(told(await revert(server, { namespace: "shop", prefix: "", to: full }))).toBe("413 too_large");
    expect(await done(server, { namespace: "shop", key: "b", to: full })).toEqual(["created b"]);
  });
});

describe("reverts at random", () => {
  test("bring back every state there was, and the plan says what they do", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const server = await two();
    const keys = ["a", "a/b", "a/c", "é"] as const;
    const states: Record<string, unknown>[] = [];
    for (let step = 0; step < 12; step += 1) {
      const now = await stateOf(server);
      const changes = keys
        .filter(() => random.below(2) === 0)
        .map((key) =>
          key in now && random.below(2) === 0 ? remove(key) : putJson("shop", key, random.below(3)),
        );
      await commit(server, putJson("other", "step", step), ...changes);
      states.push(await stateOf(server));
    }
    for (let step = 0; step < 12; step += 1) {
      const back = random.below(states.length);
      const body = { namespace: "shop", prefix: "", to: 4 + back };
      const name = `seed ${seed}, step ${step}, to ${4 + back}`;
      const plan = await planOf(server, body);
      const made = await done(server, { ...body, planDigest: plan.planDigest });
      expect(
        plan.changes.map(({ key, result }) => `${result} ${key}`),
        name,
      ).toEqual(made);
      expect(await stateOf(server), name).toEqual(states[back]);
    }
  });
});
