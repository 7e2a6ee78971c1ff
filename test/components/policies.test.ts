import { describe, expect, test } from "vitest";
import { parseToken, secretDigest } from "../../lib/core/token.ts";
import { planOf } from "../../testkit/plans.ts";
import { propose } from "../../testkit/proposals.ts";
import { makeToken, type Sending, type ServerReply, type TestServer, told } from "../../testkit/server.ts";
import { allPages, answerOf, commitOf, openTwoNamespaces, putJson } from "../../testkit/two-namespaces.ts";

const ANY = { "if-match": "*" };
const ROUTE = "/v1/admin/policies/shop";
const FREEZE = { from: "2020-01-01T00:00:00Z", until: "2100-01-01T00:00:00+01:00", reason: "the sale" };

async function guard(server: TestServer, policy: object, scope = ""): Promise<void> {
  const path = `${ROUTE}?scope=${encodeURIComponent(scope)}`;
  const reply = await server.send("PUT", path, { json: policy, headers: { "if-none-match": "*" } });
  if (reply.status !== 201) throw new Error(reply.text);
}

async function commit(server: TestServer, changes: unknown): Promise<number> {
  const reply = await commitOf(server, changes);
  if (reply.status !== 200) throw new Error(reply.text);
  return JSON.parse(reply.text).revision;
}

/** The root token as it proposes by itself. */
function proposerOf({ rootToken }: TestServer) {
  const { accessor = "", secret = "" } = parseToken(rootToken) ?? {};
  return { kind: "token", accessor, digest: secretDigest(secret) } as const;
}

const removed = (key: string) => ({ op: "delete", namespace: "shop", key, ifRevision: "any" });
const detailOf = ({ text }: ServerReply): string => JSON.parse(text).detail;

describe("/v1/admin/policies", () => {
  test("makes, shows, replaces and deletes the policy of a scope", async () => {
    const server = await openTwoNamespaces();
    const json = {
      budgets: { keysChanged: 5, keysDeleted: 0, growthBytes: 1024, emptied: 0 },
      freeze: [FREEZE],
    };
    const made = await server.send("PUT", `${ROUTE}?scope=a/`, { json });
    expect(told(made)).toBe("201");
    const { etag } = made.headers;
    const shown = await server.send("GET", `${ROUTE}?scope=a/`);
    expect(shown.headers.etag).toBe(etag);
    expect(JSON.parse(shown.text)).toMatchObject({
      ...json,
      namespace: "shop",
      scope: "a/",
      revision: 4,
      etag,
    });
    expect(told(await server.send("PUT", `${ROUTE}?scope=a/`, { json: {} }))).toBe(
      "428 precondition_required",
    );
    const replaced = await server.send("PUT", `${ROUTE}?scope=a/`, {
      json: {},
      headers: { "if-match": etag ?? "" },
    });
    expect(told(replaced)).toBe("200");
    expect(told(await server.send("GET", ROUTE))).toBe("404 not_found");
    const read = await server.send("GET", "/v1/read/_system?key=policy/shop/a/");
    expect(read.text).toBe("{}");
    expect(told(await server.send("DELETE", `${ROUTE}?scope=a/`, { headers: ANY }))).toBe("200");
    expect(told(await server.send("GET", `${ROUTE}?scope=a/`))).toBe("404 not_found");
  });

  test("lists those that the token administers, page by page and of one namespace", async () => {
    const server = await openTwoNamespaces();
    for (const scope of ["", "a/", "b"]) await guard(server, {}, scope);
    await server.send("PUT", "/v1/admin/policies/other", { json: {} });
    const scopes = async (query: string, token = server.rootToken) => {
      type Page = { policies: { namespace: string; scope: string }[]; next?: string };
      const pages = await allPages<Page>(
        (asked) => answerOf(server, `/v1/admin/policies?${asked}`, token),
        `limit=2${query}`,
      );
      return pages.map(({ policies }) => policies.map(({ namespace, scope }) => `${namespace} ${scope}`));
    };
    expect(await scopes("")).toEqual([
      ["other ", "shop "],
      ["shop a/", "shop b"],
    ]);
    expect(await scopes("&ns=shop")).toEqual([["shop ", "shop a/"], ["shop b"]]);
    const token = await makeToken(server, [{ verbs: ["admin"], namespace: "other" }]);
    expect(await scopes("", token)).toEqual([["other "]]);
    const { next } = await answerOf<{ next: string }>(server, "/v1/admin/policies?limit=1&ns=shop");
    const strange = await server.send("GET", `/v1/admin/policies?limit=1&cursor=${next}`);
    expect(told(strange)).toBe("400 bad_cursor");
    expect(told(await server.send("GET", "/v1/admin/policies?ns=shop", { token }))).toBe("403 forbidden");
  });

  test.each([
    { name: "a budget", json: { budgets: { keys: 1 } }, says: "keys" },
    { name: "a member", json: { limits: {} }, says: "limits" },
    {
      name: "a freeze that ends before it begins",
      json: { freeze: [{ ...FREEZE, until: FREEZE.from }] },
      says: "it ends after it begins",
    },
    {
      name: "a day that there is not",
      json: { freeze: [{ ...FREEZE, from: "2027-02-30T00:00:00Z" }] },
      says: "/freeze/0/from",
    },
    {
      name: "a freeze without a reason",
      json: { freeze: [{ ...FREEZE, reason: " " }] },
      says: "/freeze/0/reason",
    },
  ])("refuses by its name $name", async ({ json, says }) => {
    const server = await openTwoNamespaces();
    const reply = await server.send("PUT", ROUTE, { json });
    expect(told(reply)).toBe("422 invalid_body");
    expect(reply.text).toContain(says);
  });

  test("takes a hundred of a namespace", async () => {
    const server = await openTwoNamespaces();
    const changes = Array.from({ length: 100 }, (_, at) => ({
      op: "put" as const,
      ns: "_system",
      key: `policy/shop/${at}`,
      value: "{}",
      type: "application/json",
    }));
    const by = proposerOf(server);
    expect(propose(server.db, changes, { door: "admin", by }).ok).toBe(true);
    const put = (place: string) =>
      server.send("PUT", `/v1/admin/policies/${place}`, { json: {}, headers: ANY });
    const refused = await server.send("PUT", `${ROUTE}?scope=more`, { json: {} });
    expect(told(refused)).toBe("422 quota_exceeded");
    expect(JSON.parse(refused.text)).toMatchObject({ limit: 100, size: 101 });
    expect(told(await put("shop?scope=7"))).toBe("200");
    expect(told(await server.send("PUT", "/v1/admin/policies/other", { json: {} }))).toBe("201");
  });

  test("refuses a scope that is no key", async () => {
    const server = await openTwoNamespaces();
    for (const method of ["GET", "PUT", "DELETE"]) {
      const sending: Sending = method === "PUT" ? { json: {} } : {};
      expect(told(await server.send(method, `${ROUTE}?scope=%01`, sending))).toBe("400 bad_parameter");
    }
  });
});

/** Every way in which documents change. `undone` is a commit that changed `shop` `file`. */
const WAYS: readonly { name: string; ask(server: TestServer, undone: number): Promise<ServerReply> }[] = [
  {
    name: "PUT",
    ask: (server) =>
      server.send("PUT", "/v1/write/shop?key=file", {
        body: "",
        headers: { "content-type": "text/plain", ...ANY },
      }),
  },
  { name: "DELETE", ask: (server) => server.send("DELETE", "/v1/write/shop?key=file", { headers: ANY }) },
  { name: "POST /v1/commit", ask: (server) => commitOf(server, [putJson("shop", "file", {})]) },
  {
    name: "POST /v1/revert",
    ask: (server, undone) => server.send("POST", "/v1/revert", { json: { commit: undone } }),
  },
];

describe.each(WAYS)("a policy stops $name", ({ name, ask }) => {
  test("with its numbers, its scope and the way around it", async () => {
    const server = await openTwoNamespaces();
    const undone = await commit(server, [putJson("shop", "file", { a: 1 })]);
    await guard(server, { budgets: { keysChanged: 0 } }, "file");
    const before = server.db.all("select revision from store");
    const reply = await ask(server, undone);
    expect(told(reply)).toBe("422 policy_violation");
    expect(JSON.parse(reply.text)).toMatchObject({ limit: 0, size: 1 });
    expect(detailOf(reply)).toMatch(/keysChanged 1, where file in shop allows 0.*\boverride\b/);
    expect(server.db.all("select revision from store")).toEqual(before);
  });

  test("in a freeze", async () => {
    const server = await openTwoNamespaces();
    const undone = await commit(server, [putJson("shop", "file", { a: 1 })]);
    await guard(server, { freeze: [FREEZE] });
    const reply = await ask(server, undone);
    expect(`${name} ${told(reply)}`).toBe(`${name} 422 frozen`);
    expect(detailOf(reply)).toContain(`shop is frozen until ${FREEZE.until}: the sale`);
  });
});

describe("a plan", () => {
  test("foresees what policies refuse, and an override", async () => {
    const server = await openTwoNamespaces();
    await commit(server, [putJson("shop", "a"), putJson("shop", "b")]);
    await guard(server, { budgets: { keysDeleted: 1 }, freeze: [FREEZE] });
    const changes = [removed("a"), removed("b")];
    const plan = await planOf(server, { changes });
    expect(plan.refusals.map(({ code, pointer, detail }) => `${code} ${pointer} ${detail}`)).toEqual([
      `frozen /changes/0 shop is frozen until ${FREEZE.until}: the sale.`,
      "policy_violation /changes/0 keysDeleted 2, where shop allows 1.",
    ]);
    expect(told(await commitOf(server, changes))).toBe("422 frozen");
    const override = { reason: "the shop closes" };
    const allowed = await planOf(server, { changes, override });
    expect(allowed).toMatchObject({ ok: true, refusals: [] });
    expect(allowed.warnings.filter(({ code }) => code === "overridden").map(({ detail }) => detail)).toEqual([
      `Only the override lets this through: shop is frozen until ${FREEZE.until}: the sale.`,
      "Only the override lets this through: keysDeleted 2, where shop allows 1.",
    ]);
    const token = await makeToken(server, [{ verbs: ["plan", "read", "write"], namespace: "shop" }]);
    const denied = await planOf(server, { changes, override }, token);
    expect(denied.refusals.map(({ code }) => code)).toEqual(["override_required", "override_required"]);
    expect(told(await commitOf(server, changes, { override, token }))).toBe("403 override_required");
  });

  test("is another one when a policy has changed", async () => {
    const server = await openTwoNamespaces();
    const changes = [putJson("shop", "a")];
    const { planDigest } = await planOf(server, { changes });
    await guard(server, {}, "elsewhere/");
    expect(told(await commitOf(server, changes, { planDigest }))).toBe("409 plan_changed");
    const again = await planOf(server, { changes });
    expect(told(await commitOf(server, changes, { planDigest: again.planDigest }))).toBe("200");
  });
});

describe("an override", () => {
  const asLogged = async (server: TestServer, revision: number, token = server.rootToken) =>
    answerOf<{ meta?: object; partial: boolean }>(server, `/v1/commits/${revision}`, token);

  test("is named by PUT and DELETE as a parameter, and stands in the log and in the feed", async () => {
    const server = await openTwoNamespaces();
    await guard(server, { budgets: { keysChanged: 0 } }, "a/");
    const send = (method: string, more: string) =>
      server.send(method, `/v1/write/shop?key=a/1${more}`, {
        ...(method === "PUT" ? { body: "x" } : {}),
        headers: { "content-type": "text/plain", ...(method === "PUT" ? {} : ANY) },
      });
    // Spaces of any kind are no reason.
    for (const blank of ["", "%20", "%E3%80%80"])
      expect(told(await send("PUT", `&override=${blank}`))).toBe("400 bad_parameter");
    const put = await send("PUT", "&override=gr%C3%BCn");
    expect(told(put)).toBe("201");
    const { revision } = JSON.parse(put.text);
    const meta = { _override: "grün", _overridden: "keysChanged 1, where a/ in shop allows 0" };
    expect(await asLogged(server, revision)).toMatchObject({ meta });
    const feed = await answerOf<{ commits: object[] }>(server, `/v1/changes?since=${revision - 1}`);
    expect(feed.commits).toMatchObject([{ revision, meta }]);
    expect(told(await send("DELETE", ""))).toBe("422 policy_violation");
    const deleted = await send("DELETE", "&override=again");
    expect(await asLogged(server, JSON.parse(deleted.text).revision)).toMatchObject({
      meta: { _override: "again" },
    });
  });

  test("is told only to who may see all of the commit", async () => {
    const server = await openTwoNamespaces();
    await guard(server, { budgets: { keysChanged: 0 } });
    const changes = [putJson("shop", "a"), putJson("other", "b")];
    expect(told(await commitOf(server, changes, { override: { reason: " \u3000" } }))).toBe(
      "422 invalid_body",
    );
    const made = await commitOf(server, changes, { override: { reason: "why" } });
    const { revision } = JSON.parse(made.text);
    const token = await makeToken(server, [{ verbs: ["read", "history"], namespace: "other" }]);
    const seen = await asLogged(server, revision, token);
    expect(seen).toMatchObject({ partial: true });
    expect(seen.meta).toBe(undefined);
  });

  test("undoes and plans by the member of the body, with what the client says besides", async () => {
    const server = await openTwoNamespaces();
    const undone = await commit(server, [putJson("shop", "a")]);
    await guard(server, { budgets: { keysDeleted: 0 } });
    const json = { commit: undone, meta: { ticket: "7" }, override: { reason: "it never worked" } };
    const { planDigest } = await planOf(server, json);
    const reply = await server.send("POST", "/v1/revert", { json: { ...json, planDigest } });
    expect(told(reply)).toBe("200");
    expect(await asLogged(server, JSON.parse(reply.text).revision)).toMatchObject({
      meta: { ticket: "7", _override: "it never worked" },
    });
  });

  test("cannot be put into a log by its names in meta", async () => {
    const server = await openTwoNamespaces();
    for (const name of ["_override", "_overridden", "_other"]) {
      const reply = await commitOf(server, [putJson("shop", "a")], { meta: { [name]: "x" } });
      expect(told(reply)).toBe("422 invalid_body");
    }
    expect(told(await commitOf(server, [putJson("shop", "a")], { override: {} }))).toBe("422 invalid_body");
  });
});

test("a purge that keeps the present value goes through a freeze", async () => {
  const server = await openTwoNamespaces();
  await commit(server, [putJson("shop", "a", "clean")]);
  await guard(server, { freeze: [FREEZE], budgets: { keysChanged: 0 } });
  const json = { namespace: "shop", key: "a", why: "a secret was in it", keepCurrent: true };
  expect(told(await server.send("POST", "/v1/admin/purge", { json }))).toBe("200");
  expect((await server.send("GET", "/v1/read/shop?key=a")).text).toBe('"clean"');
});

test("a quota is refused with its numbers, also below what is there", async () => {
  const server = await openTwoNamespaces();
  await commit(server, [putJson("shop", "a", "12345"), putJson("shop", "b")]);
  const json = { quota: { keys: 1, bytes: 4 } };
  await server.send("PUT", "/v1/admin/namespaces/shop", { json, headers: ANY });
  const refused = await commitOf(server, [putJson("shop", "c", 1)]);
  expect(JSON.parse(refused.text)).toMatchObject({
    code: "quota_exceeded",
    limit: 1,
    size: 3,
    detail: "shop would hold 3 keys, and its quota is 1. shop would hold 9 bytes, and its quota is 4.",
  });
  expect(told(await commitOf(server, [putJson("shop", "a", "1234")]))).toBe("200");
  expect(told(await commitOf(server, [removed("a")]))).toBe("200");
});
