import { describe, expect, test } from "vitest";
import type { PlanAnswer } from "../../lib/api/plan-answer.ts";
import { digestOfPlan, planOf } from "../../testkit/plans.ts";
import { seededRandom } from "../../testkit/random.ts";
import { beaconOf, lineageOf } from "../../testkit/rollouts.ts";
import { makeNamespace, makeToken, putText, type TestServer, told } from "../../testkit/server.ts";
import { commitOf, putJson, openTwoNamespaces as two } from "../../testkit/two-namespaces.ts";

const remove = (key: string, ifRevision: unknown = "any") => ({
  op: "delete",
  namespace: "shop",
  key,
  ifRevision,
});
const codes = ({ refusals }: PlanAnswer) => refusals.map(({ code, pointer }) => `${code} ${pointer}`);
const warned = async (server: TestServer, ...changes: unknown[]) =>
  (await planOf(server, { changes })).warnings.map(({ code, pointer }) => `${code} ${pointer}`);

async function commit(server: TestServer, changes: unknown, more: object = {}) {
  const reply = await commitOf(server, changes, { ...more });
  if (reply.status !== 200) throw new Error(reply.text);
}

describe("POST /v1/plan", () => {
  test("says of each change what it would do, and does nothing", async () => {
    const server = await two();
    await commit(server, [putJson("shop", "a", { n: 1 }), putJson("shop", "b"), putJson("shop", "same")]);
    const plan = await planOf(server, {
      message: "why",
      changes: [
        putJson("shop", "a", { n: 20 }),
        remove("b", 4),
        putJson("shop", "same"),
        { op: "put", namespace: "other", key: "c", mediaType: "text/plain", text: "ü", ifRevision: 0 },
        { op: "check", namespace: "shop", key: "lock", ifRevision: 0 },
      ],
    });
    const sizes = (baseRevision: number, sizeBefore: number, sizeAfter: number) => ({
      baseRevision,
      sizeBefore,
      sizeAfter,
    });
    const json = { mediaType: "application/json" };
    expect(plan).toMatchObject({ head: 4, ok: true, refusals: [], warnings: [{ code: "large_step" }] });
    expect(plan.changes).toEqual([
      { op: "put", namespace: "shop", key: "a", result: "changed", ...sizes(4, 7, 8), ...json },
      { op: "delete", namespace: "shop", key: "b", result: "deleted", ...sizes(4, 1, 0) },
      { op: "put", namespace: "shop", key: "same", result: "unchanged", ...sizes(4, 1, 1), ...json },
      {
        op: "put",
        namespace: "other",
        key: "c",
        result: "created",
        ...sizes(0, 0, 2),
        mediaType: "text/plain",
      },
      { op: "check", namespace: "shop", key: "lock", result: "checked", ...sizes(0, 0, 0) },
    ]);
    expect(server.db.all("select revision from store")).toEqual([[4]]);
  });

  test("says how many edges read each namespace, where any has reported", async () => {
    const server = await two();
    const changes = [putJson("shop", "a"), putJson("other", "b")];
    expect(await planOf(server, { changes })).not.toHaveProperty("readers");
    const seen = { namespace: "shop", lineage: lineageOf(server.db) };
    const beacons = ["fra-1", "ams-1"].map((edge) => beaconOf(edge, seen));
    expect(told(await server.send("POST", "/v1/fleet/beacons", { json: { beacons } }))).toBe("200");
    expect((await planOf(server, { changes })).readers).toEqual([{ namespace: "shop", edges: 2 }]);
  });

  test("names every refusal, and first the one that a commit would be refused with", async () => {
    const server = await two();
    await makeNamespace(server, "strict", { messageRequired: true, quota: { keys: 0 } });
    await commit(server, [putJson("shop", "a")]);
    const changes = [
      putJson("none", "k"),
      putJson("strict", "k"),
      remove("absent"),
      { ...putJson("shop", "a"), ifRevision: 0 },
      { op: "check", namespace: "shop", key: "b", ifRevision: 3 },
    ];
    expect(codes(await planOf(server, { changes }))).toEqual([
      "namespace_not_found /changes/0",
      "message_required /changes/1",
      "not_found /changes/2",
      "exists /changes/3",
      "stale /changes/4",
      "quota_exceeded /changes/1",
    ]);
    expect(told(await commitOf(server, changes))).toBe("404 namespace_not_found");
    await server.send("PUT", "/v1/admin/mode", { json: { mode: "read_only" } });
    expect(codes(await planOf(server, { changes: [putJson("shop", "a", 2)] }))).toEqual([
      "read_only /changes/0",
    ]);
  });

  test("refuses as a commit does what no commit would take", async () => {
    const server = await two();
    const plan = async (json: object) => told(await server.send("POST", "/v1/plan", { json }));
    expect(await plan({ changes: [putJson("_system", "mode")] })).toBe("403 reserved_namespace");
    expect(await plan({ changes: [putJson("shop", "a"), putJson("shop", "a")] })).toBe(
      "422 duplicate_change",
    );
    expect(await plan({ changes: [{ ...putJson("shop", "a"), colour: 1 }] })).toBe("422 invalid_body");
    expect(await plan({ changes: [putJson("shop", "a")], commit: 3 })).toBe("422 invalid_body");
    expect(await plan({})).toBe("422 invalid_body");
  });

  test("needs plan and read over each key, and says the same whether it exists", async () => {
    const server = await two();
    await commit(server, [putJson("shop", "in/a"), putJson("shop", "out/a")]);
    const grant = (verbs: string[], scope: string) => ({ verbs, namespace: "shop", scope });
    const token = await makeToken(server, [grant(["plan", "read"], "in/"), grant(["plan"], "out/")]);
    const ask = (...keys: string[]) =>
      server.send("POST", "/v1/plan", {
        token,
        json: { changes: keys.map((key) => ({ ...putJson("shop", key, 2), ifRevision: 1 })) },
      });
    expect(told(await ask("in/a", "in/b"))).toBe("200");
    const [there, absent] = [await ask("in/a", "out/a"), await ask("in/a", "out/b")];
    expect(told(there)).toBe("403 forbidden");
    const without = (text: string) => text.replace(/"instance":"[^"]*"/, "");
    expect(without(there.text)).toBe(without(absent.text));
    expect(told(await commitOf(server, [putJson("shop", "in/a", 2)], { token }))).toBe("403 forbidden");
  });
});

describe("the warnings of a plan", () => {
  test("tell of secrets by their names and forms, and never show one", async () => {
    const server = await two();
    const text = (key: string, text: string) => ({
      ...putJson("shop", key),
      value: undefined,
      mediaType: "text/plain",
      text,
    });
    const changes = [
      putJson("shop", "a", { db: { password: "hunter2" } }),
      putJson("shop", "api-token", "abc"),
      text("b", "user=kim\nAPI_KEY=hunter2\n"),
      text("c", "-----BEGIN EC PRIVATE KEY-----\nhunter2"),
      text("d", "id: AKIAABCDEFGHIJKLMNOP"),
      putJson("shop", "e", { password: "vault:db/password", secretRef: "x", token: 3, monkey: "x" }),
      text("f", "tokens are counted"),
    ];
    const plan = await planOf(server, { changes });
    expect(plan.warnings.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual(
      [0, 1, 2, 3, 4].map((at) => `looks_secret /changes/${at}`),
    );
    expect(JSON.stringify(plan)).not.toContain("hunter2");
    expect(plan.ok).toBe(true);
  });

  test("tell of documents that become empty and of numbers that make a large step", async () => {
    const server = await two();
    const before = { a: { x: 1 }, b: [1], c: 100, d: { rps: 10, same: 1, deep: { n: 1 } }, e: 0, f: 5 };
    await commit(
      server,
      Object.entries(before).map(([key, value]) => putJson("shop", key, value)),
    );
    const after = { a: {}, b: [2], c: 1001, d: { rps: 0.5, same: 10, deep: { n: 100 } }, e: 9, f: 0 };
    const changes = Object.entries(after).map(([key, value]) => putJson("shop", key, value));
    expect(await warned(server, ...changes)).toEqual([
      "becomes_empty /changes/0",
      "large_step /changes/2",
      "large_step /changes/3",
      "large_step /changes/5",
    ]);
    expect(await warned(server, putJson("shop", "c", 1000), putJson("shop", "new", {}))).toEqual([]);
  });

  test("tell of the outermost prefix that loses more than half of its keys", async () => {
    const server = await two();
    const keys = ["a/b/1", "a/b/2", "a/b/3", "a/4", "c/5", "c/6", "c/7"];
    await commit(
      server,
      keys.map((key) => putJson("shop", key)),
    );
    expect(await warned(server, remove("a/b/1"), remove("a/b/2"))).toEqual(["prefix_shrinks /changes/0"]);
    const plan = await planOf(server, {
      changes: [remove("c/5"), remove("a/b/1"), remove("a/b/2"), remove("a/b/3")],
    });
    expect(plan.warnings.map(({ detail }) => detail)).toEqual([
      "The namespace shop would lose 4 of its 7 keys.",
    ]);
    expect(await warned(server, remove("a/b/1"), remove("a/b/2"), putJson("shop", "a/b/4"))).toEqual([]);
  });
});

describe("the digest of a plan", () => {
  test("is that of its lines, be they few bytes or many", async () => {
    const server = await two();
    await commit(server, [putJson("shop", "a", 1), putJson("shop", "b", 1)]);
    for (const length of [10, 20_000]) {
      const text = "ü".repeat(length);
      const plan = await planOf(server, { changes: [putJson("shop", "a", text), remove("b")] });
      expect(plan.planDigest, String(length)).toBe(digestOfPlan(plan, [JSON.stringify(text)]));
    }
  });

  test("binds a commit: any other part of it is plan_changed and commits nothing", async () => {
    const server = await two();
    await commit(server, [putJson("shop", "a", 1), putJson("shop", "b", 1)]);
    const changes = [putJson("shop", "a", "x"), remove("b"), putJson("other", "c", "long ".repeat(4000))];
    const { planDigest } = await planOf(server, { changes });
    const [first, second, third] = changes;
    const others: [string, object[]][] = [
      ["value", [{ ...first, value: "y" }, { ...second }, { ...third }]],
      ["long value", [{ ...first }, { ...second }, { ...third, value: "long ".repeat(4001) }]],
      ["type", [{ ...first, mediaType: "application/x+json" }, { ...second }, { ...third }]],
      ["key", [{ ...first, key: "a2" }, { ...second }, { ...third }]],
      ["namespace", [{ ...first, namespace: "other" }, { ...second }, { ...third }]],
      ["op", [{ ...first }, { ...putJson("shop", "b", 2) }, { ...third }]],
      ["fewer", [{ ...first }, { ...second }]],
      ["more", [...changes, putJson("shop", "d")]],
    ];
    for (const [name, sent] of others)
      expect([name, told(await commitOf(server, sent, { planDigest }))]).toEqual([name, "409 plan_changed"]);
    expect(server.db.all("select revision from store")).toEqual([[4]]);
    expect(told(await commitOf(server, changes, { planDigest, message: "another" }))).toBe("200");
  });

  test("no longer holds where another document stands at a key, or another rule", async () => {
    const server = await two();
    await commit(server, [putJson("shop", "a", 1)]);
    const changes = [putJson("shop", "a", 2)];
    const { planDigest } = await planOf(server, { changes });
    await commit(server, [putJson("shop", "beside", 1)]);
    expect(codes(await planOf(server, { changes, planDigest }))).toEqual([]);
    await putText(server, "shop", "a", "1", "application/json");
    expect(codes(await planOf(server, { changes, planDigest }))).toEqual([]);
    await commit(server, [putJson("shop", "a", 3)]);
    expect(codes(await planOf(server, { changes, planDigest }))).toEqual(["plan_changed "]);
    expect(told(await commitOf(server, changes, { planDigest }))).toBe("409 plan_changed");
    const again = await planOf(server, { changes });
    const revision = 2;
    server.db.all(
      "insert into change (namespace,key,revision,op,media_type,text,value) values ('_system','schema/shop/',?1,'delete',null,0,null)",
      [revision],
    );
    expect(told(await commitOf(server, changes, { planDigest: again.planDigest }))).toBe("409 plan_changed");
    const now = await planOf(server, { changes });
    expect(now.planDigest).toBe(digestOfPlan(now, ["2"], revision));
    server.db.all("delete from change where key='schema/shop/'");
  });

  test("does not stand in the way of a repeat of the commit that carried it out", async () => {
    const server = await two();
    const changes = [putJson("shop", "a", 1)];
    const { planDigest } = await planOf(server, { changes });
    const send = () =>
      server.send("POST", "/v1/commit", {
        json: { changes, planDigest },
        headers: { "idempotency-key": "once" },
      });
    expect(told(await send())).toBe("200");
    const again = await send();
    expect([told(again), again.headers["ledge-replayed"]]).toEqual(["200", "true"]);
  });
});

describe("a plan and its commit", () => {
  test("end alike at one head, whatever is proposed", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const server = await two();
    await makeNamespace(server, "strict", { messageRequired: true, quota: { keys: 2, bytes: 60 } });
    const ruled = { body: '{"maxLength":20}', headers: { "content-type": "application/json" } };
    for (const place of ["shop?scope=a/", "strict"])
      expect(told(await server.send("PUT", `/v1/admin/schemas/${place}`, ruled))).toBe("201");
    const keys = ["a", "a/b", "é"] as const;
    const drawn = () => {
      const place = {
        namespace: random.pick(["shop", "shop", "other", "strict", "none"]),
        key: random.pick(keys),
      };
      const ifRevision = random.pick(["any", "any", 0, 4, 5, undefined]);
      if (random.below(6) === 0) return { op: "check", ...place, ifRevision: random.below(2) * 5 };
      if (random.below(4) === 0) return { op: "delete", ...place, ifRevision };
      return { op: "put", ...place, value: "x".repeat(random.below(30)), ifRevision };
    };
    const policies = [
      ["shop", { budgets: { keysChanged: 2, growthBytes: 40 } }],
      [
        "shop?scope=a/",
        { freeze: [{ from: "2020-01-01T00:00:00Z", until: "2100-01-01T00:00:00Z", reason: "x" }] },
      ],
      ["other", { budgets: { keysDeleted: 0, emptied: 0 } }],
    ] as const;
    for (const [place, json] of policies) await server.send("PUT", `/v1/admin/policies/${place}`, { json });
    const token = await makeToken(server, [
      { verbs: ["plan", "read", "write"], namespace: "*" },
      { verbs: ["override"], namespace: "shop" },
    ]);
    const narrow = await makeToken(server, [
      { verbs: ["plan", "read", "write"], namespace: "shop", scope: "a/" },
      { verbs: ["plan", "read", "write"], namespace: "other" },
    ]);
    for (let step = 0; step < 60; step += 1) {
      const body = {
        changes: Array.from({ length: 1 + random.below(3) }, drawn),
        ...(random.below(2) === 0 ? { message: "m" } : {}),
        ...(random.below(4) === 0 ? { override: { reason: "r" } } : {}),
      };
      const asker = random.below(5) === 0 ? narrow : token;
      const planned = await server.send("POST", "/v1/plan", { json: body, token: asker });
      const committed = await server.send("POST", "/v1/commit", { json: body, token: asker });
      const name = `seed ${seed}, step ${step}: ${JSON.stringify(body)}`;
      if (planned.status !== 200) expect(told(committed), name).toBe(told(planned));
      else {
        const plan: PlanAnswer = JSON.parse(planned.text);
        const answer = JSON.parse(committed.text);
        if (!plan.ok) expect(answer.code, name).toBe(plan.refusals[0]?.code);
        else {
          expect(told(committed), name).toBe("200");
          expect(
            plan.changes.map(({ result }) => result),
            name,
          ).toEqual(answer.changes.map(({ result }: { result: string }) => result));
        }
      }
    }
  });
});
