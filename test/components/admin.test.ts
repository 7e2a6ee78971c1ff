import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { formatToken, newToken } from "../../lib/core/token.ts";
import { noteUsed } from "../../lib/store/catalogue/used.ts";
import {
  BOOTSTRAP_SECRET,
  digestOf,
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  type TestServer,
  told,
} from "../../testkit/server.ts";

const fresh = () => newToken((length) => randomBytes(length));

describe("POST /v1/admin/bootstrap", () => {
  test("makes the first token of an empty store, and says so again to the same request", async () => {
    const server = await openTestServer({ bare: true });
    const token = fresh();
    const json = { name: "root", accessor: token.accessor, digest: digestOf(token) };
    const ask = (body: unknown) =>
      server.send("POST", "/v1/admin/bootstrap", { token: BOOTSTRAP_SECRET, json: body });
    expect((await ask(json)).status).toBe(201);
    expect((await ask(json)).status).toBe(200);
    const other = fresh();
    expect(told(await ask({ name: "root", accessor: other.accessor, digest: digestOf(other) }))).toBe(
      "409 bootstrap_done",
    );
    expect(told(await ask({ ...json, digest: digestOf(other) }))).toBe("409 bootstrap_done");
    const who = await server.send("GET", "/v1/whoami", { token: formatToken(token) });
    expect(JSON.parse(who.text)).toMatchObject({
      accessor: token.accessor,
      name: "root",
      grants: [{ namespace: "*", scope: "" }],
    });
  });

  test("takes a secret of any length, as npm start makes one of 64 characters", async () => {
    const long = "f".repeat(200);
    const server = await openTestServer({ bare: true, variables: { bootstrap_secret: long } });
    const ask = (secret: string) => {
      const token = fresh();
      const json = { name: "root", accessor: token.accessor, digest: digestOf(token) };
      return server.send("POST", "/v1/admin/bootstrap", { token: secret, json });
    };
    expect(told(await ask(`${long}f`))).toBe("403 bootstrap_refused");
    expect(told(await ask(long))).toBe("201");
  });

  test("of fifty at once makes one", async () => {
    const server = await openTestServer({ bare: true });
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => {
        const token = fresh();
        const json = { name: "root", accessor: token.accessor, digest: digestOf(token) };
        return server.send("POST", "/v1/admin/bootstrap", { token: BOOTSTRAP_SECRET, json });
      }),
    );
    const counts = replies.map(told).sort();
    expect(counts).toEqual(["201", ...Array.from({ length: 49 }, () => "409 bootstrap_done")]);
  });

  test.each([
    { name: "no secret is set", variables: { bootstrap_secret: "" }, token: "x" },
    { name: "it is shorter than 32 characters", variables: { bootstrap_secret: "short" }, token: "short" },
    { name: "another one is sent", variables: {}, token: `${BOOTSTRAP_SECRET}x` },
  ])("is refused when $name", async ({ variables, token }) => {
    const server = await openTestServer({ bare: true, variables });
    const made = fresh();
    const json = { name: "root", accessor: made.accessor, digest: digestOf(made) };
    expect(told(await server.send("POST", "/v1/admin/bootstrap", { token, json }))).toBe(
      "403 bootstrap_refused",
    );
  });
});

describe("/v1/admin/namespaces", () => {
  test("makes, changes, shows and removes one", async () => {
    const server = await openTestServer();
    const made = await server.send("PUT", "/v1/admin/namespaces/shop", {
      json: { description: "x", quota: { keys: 5 } },
    });
    expect(made.status).toBe(201);
    const shown = await server.send("GET", "/v1/admin/namespaces/shop");
    expect(JSON.parse(shown.text)).toMatchObject({
      name: "shop",
      description: "x",
      quota: { keys: 5 },
      keys: 0,
      bytes: 0,
    });
    expect(told(await server.send("PUT", "/v1/admin/namespaces/shop", { json: {} }))).toBe(
      "428 precondition_required",
    );
    const headers = { "if-match": shown.headers.etag ?? "" };
    expect((await server.send("PUT", "/v1/admin/namespaces/shop", { json: {}, headers })).status).toBe(200);
    expect(told(await server.send("PUT", "/v1/admin/namespaces/shop", { json: {}, headers }))).toBe(
      "412 stale",
    );
    await putText(server, "shop", "k", "x");
    const remove = () => server.send("DELETE", "/v1/admin/namespaces/shop", { headers: { "if-match": "*" } });
    expect(told(await remove())).toBe("409 not_empty");
    await server.send("DELETE", "/v1/write/shop?key=k", { headers: { "if-match": "*" } });
    expect((await remove()).status).toBe(200);
    expect(told(await remove())).toBe("404 namespace_not_found");
    expect(told(await server.send("PUT", "/v1/admin/namespaces/shop", { json: {} }))).toBe("409 in_use");
  });

  test.each([
    { name: "an unknown member", path: "shop", json: { colour: 1 }, told: "422 invalid_body" },
    { name: "a past of no day", path: "shop", json: { keep: { days: 0 } }, told: "422 invalid_body" },
    { name: "a wrong type", path: "shop", json: { public: 1 }, told: "422 invalid_body" },
    { name: "a negative quota", path: "shop", json: { quota: { keys: -1 } }, told: "422 invalid_body" },
    { name: "a bad name", path: "Shop", json: {}, told: "400 bad_namespace" },
    { name: "a reserved name", path: "_mine", json: {}, told: "400 bad_namespace" },
  ])("refuses $name", async ({ path, json, told: expected }) => {
    const server = await openTestServer();
    expect(told(await server.send("PUT", `/v1/admin/namespaces/${path}`, { json }))).toBe(expected);
  });

  test("fills its pages and cursors only with what the caller may see", async () => {
    const server = await openTestServer();
    for (const name of ["hidden", "ours-1", "ours-2", "pother", "z1"]) await makeNamespace(server, name);
    const token = await makeToken(server, [
      { verbs: ["admin"], namespace: "ours-1" },
      { verbs: ["admin"], namespace: "ours-2" },
      { verbs: ["admin"], namespace: "z1" },
    ]);
    const names: string[] = [];
    for (let next: string | undefined = ""; next !== undefined; ) {
      const query: string = next === "" ? "" : `&cursor=${next}`;
      const page = await server.send("GET", `/v1/admin/namespaces?limit=1${query}`, { token });
      const body: { namespaces: { name: string }[]; next?: string } = JSON.parse(page.text);
      expect(body.namespaces).toHaveLength(1);
      names.push(...body.namespaces.map(({ name }) => name));
      next = body.next;
      const cursor = Buffer.from(next ?? "", "base64url").toString("latin1");
      expect(cursor).not.toMatch(/hidden|pother/);
    }
    expect(names).toEqual(["ours-1", "ours-2", "z1"]);
    // Of the tokens it sees the one that gives no more than it holds: none. Nor does a cursor tell of others.
    const tokens = await server.send("GET", "/v1/admin/tokens?limit=1", { token });
    expect(JSON.parse(tokens.text).next).toBeUndefined();
  });

  test("goes past thousands that the caller may not see to what it may", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    const token = await makeToken(server, [{ verbs: ["admin", "read"], namespace: "shop" }]);
    const row = server.db.all("select * from entry where namespace='_auth' and key=?1", [
      `token/${token.slice(4, 16)}`,
    ])[0];
    // Ten thousand tokens of others come first.
    server.db.all(
      `with recursive n(i) as (select 0 union all select i+1 from n where i<10499)
      insert into entry select '_auth','token/'||printf('2%011d',i),revision,created_revision,version,media_type,text,size,
      cast(replace(cast(value as text),'"shop"','"*"') as blob) from n, entry where namespace='_auth' and key=?1`,
      [String(row?.[1])],
    );
    const page = JSON.parse((await server.send("GET", "/v1/admin/tokens?limit=10", { token })).text);
    expect(page.tokens).toHaveLength(1);
    expect(page.next).toBeUndefined();
    server.db.all("delete from entry where namespace='_auth' and key like 'token/2%' and key like '%0%0%0%'");
    server.db.all("delete from entry where namespace='_auth' and key glob 'token/200000000*'");
  });

  test("lists at most 100 offences of a body", async () => {
    const server = await openTestServer();
    const grants = Array.from({ length: 60_000 }, () => 1);
    const token = fresh();
    const json = { name: "x", accessor: token.accessor, digest: digestOf(token), grants };
    const reply = await server.send("POST", "/v1/admin/tokens", { json });
    expect(told(reply)).toBe("422 invalid_body");
    expect(JSON.parse(reply.text).errors.length).toBeLessThanOrEqual(100);
  });

  test.each(["na\u001bme", "two\nlines", "\u0085"])("takes no name of a token like %j", async (name) => {
    const server = await openTestServer();
    const token = fresh();
    const grants = [{ verbs: ["read"], namespace: "*", scope: "" }];
    const json = { name, accessor: token.accessor, digest: digestOf(token), grants };
    expect(told(await server.send("POST", "/v1/admin/tokens", { json }))).toBe("422 invalid_body");
    const namespace = { json: { description: "red \u001b[31m" } };
    expect(told(await server.send("PUT", "/v1/admin/namespaces/x", namespace))).toBe("422 invalid_body");
  });

  test("pages, and shows a delegated administrator only its own", async () => {
    const server = await openTestServer();
    for (const name of ["a", "b", "c"]) await makeNamespace(server, name);
    const first = JSON.parse((await server.send("GET", "/v1/admin/namespaces?limit=2")).text);
    const second = JSON.parse(
      (await server.send("GET", `/v1/admin/namespaces?limit=2&cursor=${first.next}`)).text,
    );
    expect([...first.namespaces, ...second.namespaces].map(({ name }: { name: string }) => name)).toEqual([
      "a",
      "b",
      "c",
    ]);
    expect(second.next).toBeUndefined();
    const token = await makeToken(server, [{ verbs: ["admin"], namespace: "b" }]);
    const own = JSON.parse((await server.send("GET", "/v1/admin/namespaces", { token })).text);
    expect(own.namespaces.map(({ name }: { name: string }) => name)).toEqual(["b"]);
    expect(told(await server.send("PUT", "/v1/admin/namespaces/d", { token, json: {} }))).toBe(
      "403 forbidden",
    );
  });
});

describe("/v1/admin/tokens", () => {
  test("are made once, shown without their digest, rotated and revoked for good", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    const token = fresh();
    const json = {
      name: "ci",
      accessor: token.accessor,
      digest: digestOf(token),
      grants: [{ verbs: ["read"], namespace: "shop", scope: "a/" }],
    };
    const made = await server.send("POST", "/v1/admin/tokens", { json });
    expect(made.status).toBe(201);
    expect(made.text).not.toContain(json.digest);
    expect((await server.send("POST", "/v1/admin/tokens", { json })).status).toBe(200);
    expect(told(await server.send("POST", "/v1/admin/tokens", { json: { ...json, name: "other" } }))).toBe(
      "412 exists",
    );
    const who = () => server.send("GET", "/v1/whoami", { token: formatToken(token) });
    expect((await who()).status).toBe(200);
    const next = { accessor: token.accessor, secret: fresh().secret };
    const rotated = await server.send("POST", `/v1/admin/tokens/${token.accessor}/rotate`, {
      json: { digest: digestOf(next) },
    });
    expect(rotated.status).toBe(200);
    expect(told(await who())).toBe("401 bad_token");
    expect((await server.send("GET", "/v1/whoami", { token: formatToken(next) })).status).toBe(200);
    const revoked = await server.send("DELETE", `/v1/admin/tokens/${token.accessor}`);
    expect(JSON.parse(revoked.text).revoked).toMatch(/Z$/);
    expect((await server.send("DELETE", `/v1/admin/tokens/${token.accessor}`)).text).toBe(revoked.text);
    expect(told(await server.send("GET", "/v1/whoami", { token: formatToken(next) }))).toBe("401 bad_token");
    expect(told(await server.send("POST", "/v1/admin/tokens", { json }))).toBe("412 exists");
    const list = JSON.parse((await server.send("GET", "/v1/admin/tokens")).text);
    expect(list.tokens).toHaveLength(2);
  });

  test("are followed by another like them for a while, in one commit", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    const [old, next] = [fresh(), fresh()];
    const expires = "2999-01-01T00:00:00.000Z";
    const grants = [{ verbs: ["read"], namespace: "shop", scope: "a/" }];
    const json = { name: "ci", accessor: old.accessor, digest: digestOf(old), grants, expires };
    expect((await server.send("POST", "/v1/admin/tokens", { json })).status).toBe(201);
    const path = `/v1/admin/tokens/${old.accessor}/rotate`;
    const overlap = { accessor: next.accessor, seconds: 3600 };
    const body = { digest: digestOf(next), overlap };
    const head = async () => JSON.parse((await server.send("GET", "/v1/admin/status")).text).head;
    const before = await head();
    const made = await server.send("POST", path, { json: body });
    expect([made.status, JSON.parse(made.text)]).toEqual([
      201,
      expect.objectContaining({ accessor: next.accessor, name: "ci", grants, expires }),
    ]);
    expect((await server.send("POST", path, { json: body })).status).toBe(200);
    expect(await head()).toBe(before + 1);
    for (const token of [old, next])
      expect((await server.send("GET", "/v1/whoami", { token: formatToken(token) })).status).toBe(200);
    const left = JSON.parse((await server.send("GET", `/v1/admin/tokens/${old.accessor}`)).text);
    expect(Date.parse(left.expires) - Date.parse(JSON.parse(made.text).created)).toBe(3_600_000);
    const taken = { digest: digestOf(fresh()), overlap };
    expect(told(await server.send("POST", path, { json: taken }))).toBe("412 exists");
    for (const seconds of [0, 1.5, 2_592_001])
      expect(
        told(await server.send("POST", path, { json: { ...body, overlap: { ...overlap, seconds } } })),
      ).toBe("422 invalid_body");
  });

  describe("in groups, by what their names begin with", () => {
    const grants = [{ verbs: ["read"], namespace: "shop" }];
    const accessorIn = (token: string) => token.slice(4, 16);
    interface Page {
      tokens: { name: string; accessor: string; revoked?: string; revision: number; lastUsed?: string }[];
      next?: string;
    }
    const answer = async (server: TestServer, method: string, query: string, sending = {}): Promise<Page> => {
      const reply = await server.send(method, `/v1/admin/tokens?${query}`, sending);
      expect(reply.status).toBe(200);
      return JSON.parse(reply.text);
    };

    async function grouped() {
      const server = await openTestServer();
      await makeNamespace(server, "shop");
      await makeNamespace(server, "far");
      const tokens = new Map<string, string>();
      for (const name of ["ci/a", "ci/b", "cinema", "Ci/c", "ci/d"])
        tokens.set(name, await makeToken(server, grants, { name }));
      return { server, of: (name: string) => tokens.get(name) ?? "" };
    }

    test("are listed alone, page by page", async () => {
      const { server } = await grouped();
      const names = ({ tokens }: Page) => tokens.map(({ name }) => name);
      expect(names(await answer(server, "GET", "name=ci/")).sort()).toEqual(["ci/a", "ci/b", "ci/d"]);
      const first = await answer(server, "GET", "name=ci/&limit=2");
      const second = await answer(server, "GET", `name=ci/&limit=2&cursor=${first.next}`);
      expect([...names(first), ...names(second)].sort()).toEqual(["ci/a", "ci/b", "ci/d"]);
      const other = await server.send("GET", `/v1/admin/tokens?name=ci&cursor=${first.next}`);
      expect(told(other)).toBe("400 bad_cursor");
      const { headers } = await server.send("GET", "/v1/admin/tokens?name=ci/%26&limit=1");
      expect(headers.link).toBeUndefined();
    });

    test("end in one commit, which the log shows, and others live", async () => {
      const { server, of } = await grouped();
      await server.send("DELETE", `/v1/admin/tokens/${accessorIn(of("ci/b"))}`);
      const { tokens } = await answer(server, "DELETE", "name=ci/&message=leaked");
      expect(tokens.map(({ name, revoked }) => [name, revoked !== undefined]).sort()).toEqual([
        ["ci/a", true],
        ["ci/d", true],
      ]);
      const [one] = tokens;
      expect(tokens.every(({ revision }) => revision === one?.revision)).toBe(true);
      const log = JSON.parse((await server.send("GET", `/v1/commits/${one?.revision}`)).text);
      expect([log.message, log.changeCount]).toEqual(["leaked", 2]);
      const whoami = async (name: string) =>
        told(await server.send("GET", "/v1/whoami", { token: of(name) }));
      for (const name of ["ci/a", "ci/b", "ci/d"]) expect(await whoami(name), name).toBe("401 bad_token");
      for (const name of ["cinema", "Ci/c"]) expect(await whoami(name), name).toBe("200");
      expect((await answer(server, "DELETE", "name=ci/")).tokens).toEqual([]);
    });

    test("hold only what the caller may manage", async () => {
      const { server, of } = await grouped();
      const elsewhere = await makeToken(server, [{ verbs: ["read"], namespace: "far" }], { name: "ci/far" });
      const admin = await makeToken(server, [{ verbs: ["admin", "read"], namespace: "far" }]);
      const { tokens } = await answer(server, "DELETE", "name=ci/", { token: admin });
      expect(tokens.map(({ accessor }) => accessor)).toEqual([accessorIn(elsewhere)]);
      expect(told(await server.send("GET", "/v1/whoami", { token: of("ci/a") }))).toBe("200");
    });

    test("are named, and no larger than a commit", async () => {
      const { server, of } = await grouped();
      for (const query of ["", "?name="])
        expect(told(await server.send("DELETE", `/v1/admin/tokens${query}`))).toBe("400 bad_parameter");
      const many = `with recursive n(i) as (select 0 union all select i+1 from n where i<999)
        insert into entry select '_auth','token/'||printf('2%011d',i),revision,created_revision,version,media_type,text,size,
        value from n, entry where namespace='_auth' and key=?1`;
      server.db.all(many, [`token/${accessorIn(of("ci/a"))}`]);
      expect(told(await server.send("DELETE", "/v1/admin/tokens?name=ci/"))).toBe("422 too_many_changes");
      server.db.all("delete from entry where namespace='_auth' and key glob 'token/200000000*'");
    });

    test("show the day on which a host has seen each last", async () => {
      const { server, of } = await grouped();
      noteUsed(server.db, { [accessorIn(of("ci/a"))]: "2026-11-28", [accessorIn(of("ci/b"))]: "2026-11-28" });
      noteUsed(server.db, { [accessorIn(of("ci/a"))]: "2026-11-29" });
      const { tokens } = await answer(server, "GET", "name=ci/");
      expect(tokens.map(({ name, lastUsed }) => [name, lastUsed]).sort()).toEqual([
        ["ci/a", "2026-11-29"],
        ["ci/b", "2026-11-28"],
        ["ci/d", undefined],
      ]);
      const one = await server.send("GET", `/v1/admin/tokens/${accessorIn(of("ci/a"))}`);
      expect(JSON.parse(one.text).lastUsed).toBe("2026-11-29");
    });
  });

  describe("that made others", () => {
    const grants = [{ verbs: ["admin", "read"], namespace: "shop" }];
    const accessorIn = (token: string) => token.slice(4, 16);
    const revoke = async (server: TestServer, token: string, query = "") => {
      const reply = await server.send("DELETE", `/v1/admin/tokens/${accessorIn(token)}${query}`);
      expect(reply.status).toBe(200);
      return JSON.parse(reply.text);
    };
    const whoami = async (server: TestServer, token: string) =>
      told(await server.send("GET", "/v1/whoami", { token }));

    async function family() {
      const server = await openTestServer();
      await makeNamespace(server, "shop");
      const parent = await makeToken(server, grants);
      const child = await makeToken(server, grants, { by: parent });
      const grandchild = await makeToken(server, grants, { by: child });
      const stranger = await makeToken(server, grants);
      return { server, parent, child, grandchild, stranger };
    }

    test("are counted when it is revoked, and go on", async () => {
      const { server, parent, child, grandchild } = await family();
      expect((await revoke(server, child)).children).toBe(1);
      // What a revoked token made comes from its giver, too.
      expect((await revoke(server, parent)).children).toBe(1);
      expect(await whoami(server, grandchild)).toBe("200");
      expect((await revoke(server, grandchild)).children).toBe(0);
    });

    test("go with it on demand, in the same commit, and nobody else does", async () => {
      const { server, parent, child, grandchild, stranger } = await family();
      const made = await revoke(server, parent, "?children=revoke");
      expect(made.children).toBe(2);
      for (const token of [parent, child, grandchild])
        expect(await whoami(server, token)).toBe("401 bad_token");
      expect(await whoami(server, stranger)).toBe("200");
      expect(server.db.all("select count(*) from change where revision=?1", [made.revision])).toEqual([[3]]);
    });

    test("go later, when the token was revoked without them", async () => {
      const { server, parent, child } = await family();
      await revoke(server, parent);
      const again = await revoke(server, parent, "?children=revoke");
      expect(again).toMatchObject({ accessor: accessorIn(parent), children: 2, revoked: expect.any(String) });
      expect(await whoami(server, child)).toBe("401 bad_token");
      expect((await revoke(server, parent, "?children=revoke")).children).toBe(0);
    });

    test("are those whose secret it gave last, by rotating them, and never itself", async () => {
      const { server, parent, child, stranger } = await family();
      const rotate = async (token: string, by: string) => {
        const made = fresh();
        const path = `/v1/admin/tokens/${accessorIn(token)}/rotate`;
        const reply = await server.send("POST", path, { token: by, json: { digest: digestOf(made) } });
        expect(reply.status).toBe(200);
        return formatToken({ accessor: accessorIn(token), secret: made.secret });
      };
      const own = await rotate(stranger, stranger);
      const taken = await rotate(child, own);
      // Each knows the other's secret now, and ends with the other, but is told once.
      const both = await rotate(own, taken);
      expect((await revoke(server, parent)).children).toBe(0);
      const made = await revoke(server, both, "?children=revoke");
      expect(made.children).toBe(2);
      for (const token of [both, taken]) expect(await whoami(server, token)).toBe("401 bad_token");
    });

    test("are refused whole when they are more than a commit holds", async () => {
      const { server, parent, child } = await family();
      const many = `with recursive n(i) as (select 0 union all select i+1 from n where i<999)
        insert into entry select '_auth','token/'||printf('2%011d',i),revision,created_revision,version,media_type,text,size,
        value from n, entry where namespace='_auth' and key=?1`;
      server.db.all(many, [`token/${accessorIn(child)}`]);
      const path = `/v1/admin/tokens/${accessorIn(parent)}?children=revoke`;
      expect(told(await server.send("DELETE", path))).toBe("422 too_many_changes");
      expect(await whoami(server, parent)).toBe("200");
      server.db.all("delete from entry where namespace='_auth' and key glob 'token/200000000*'");
    });
  });

  test.each([
    {
      name: "a verb that one lacks",
      grants: [{ verbs: ["write"], namespace: "shop", scope: "a/" }],
      told: "403 escalation",
    },
    {
      name: "another namespace",
      grants: [{ verbs: ["read"], namespace: "other", scope: "" }],
      told: "403 escalation",
    },
    {
      name: "a wider scope",
      grants: [{ verbs: ["read"], namespace: "shop", scope: "" }],
      told: "403 escalation",
    },
    {
      name: "every namespace",
      grants: [{ verbs: ["read"], namespace: "*", scope: "a/" }],
      told: "403 escalation",
    },
    {
      name: "a longer name of the scope",
      grants: [{ verbs: ["read"], namespace: "shop", scope: "ab" }],
      told: "403 escalation",
    },
    {
      name: "what one holds",
      grants: [{ verbs: ["read", "admin"], namespace: "shop", scope: "a/b" }],
      told: "201",
    },
    {
      name: "a reserved namespace",
      grants: [{ verbs: ["read"], namespace: "_auth", scope: "" }],
      told: "422 invalid_body",
    },
    {
      name: "an unknown verb",
      grants: [{ verbs: ["rule"], namespace: "shop", scope: "" }],
      told: "422 invalid_body",
    },
    { name: "nothing", grants: [], told: "422 invalid_body" },
    {
      name: "a scope of 901 bytes",
      grants: [{ verbs: ["read"], namespace: "shop", scope: "a".repeat(901) }],
      told: "422 invalid_body",
    },
  ])("give no more than their giver holds: $name", async ({ grants, told: expected }) => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    await makeNamespace(server, "other");
    const giver = await makeToken(server, [{ verbs: ["read", "admin"], namespace: "shop", scope: "a/" }]);
    const made = fresh();
    const json = { name: "x", accessor: made.accessor, digest: digestOf(made), grants };
    expect(told(await server.send("POST", "/v1/admin/tokens", { token: giver, json }))).toBe(expected);
  });

  test("expire while they are in use", async () => {
    const server = await openTestServer();
    const make = async (ms: number) => {
      const expires = new Date(Date.now() + ms).toISOString();
      return { expires, token: await makeToken(server, [{ verbs: ["read"], namespace: "*" }], { expires }) };
    };
    // One that is over before the server has read of it is refused, so a slow machine gets a longer one.
    const { expires, token } = await make(1500).catch(() => make(30_000));
    const wrong = formatToken({ accessor: token.slice(4, 16), secret: fresh().secret });
    let answer = await server.send("GET", "/v1/whoami", { token });
    while (answer.status === 200) answer = await server.send("GET", "/v1/whoami", { token });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expires));
    expect(told(answer)).toBe("401 token_expired");
    expect(told(await server.send("GET", "/v1/whoami", { token: wrong }))).toBe("401 bad_token");
  });

  test.each([
    { name: "in the past", expires: "2020-01-01T00:00:00Z" },
    { name: "without a zone", expires: "2090-01-01T00:00:00" },
    { name: "no moment", expires: "soon" },
  ])("cannot expire $name", async ({ expires }) => {
    const server = await openTestServer();
    const made = fresh();
    const json = {
      name: "x",
      accessor: made.accessor,
      digest: digestOf(made),
      expires,
      grants: [{ verbs: ["read"], namespace: "*", scope: "" }],
    };
    expect(told(await server.send("POST", "/v1/admin/tokens", { json }))).toBe("422 invalid_body");
  });

  test("leave a root behind", async () => {
    const server = await openTestServer();
    const accessor = server.rootToken.slice(4, 16);
    expect(told(await server.send("DELETE", `/v1/admin/tokens/${accessor}`))).toBe("409 in_use");
  });

  test("keep the namespaces that they name", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
    const remove = () => server.send("DELETE", "/v1/admin/namespaces/shop", { headers: { "if-match": "*" } });
    expect(told(await remove())).toBe("409 in_use");
    await server.send("DELETE", `/v1/admin/tokens/${token.slice(4, 16)}`);
    expect((await remove()).status).toBe(200);
  });
});

describe("read-only mode", () => {
  test("refuses every write but its own end", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    await server.send("PUT", "/v1/admin/mode", { json: { mode: "read_only" } });
    expect(JSON.parse((await server.send("GET", "/v1/admin/mode")).text)).toEqual({ mode: "read_only" });
    const put = () =>
      server.send("PUT", "/v1/write/shop?key=k", { body: "x", headers: { "content-type": "text/plain" } });
    const reply = await put();
    expect([told(reply), reply.headers["retry-after"]]).toEqual(["503 read_only", "1"]);
    expect(told(await server.send("PUT", "/v1/admin/namespaces/x", { json: {} }))).toBe("503 read_only");
    expect((await server.send("GET", "/v1/list/shop")).status).toBe(200);
    expect((await server.send("PUT", "/v1/admin/mode", { json: { mode: "open" } })).status).toBe(200);
    expect((await put()).status).toBe(201);
    expect(told(await server.send("PUT", "/v1/admin/mode", { json: { mode: "ajar" } }))).toBe(
      "422 invalid_body",
    );
  });
});

describe("what machines ask", () => {
  test("status shows the store, its limits and that nothing is backed up", async () => {
    const server = await openTestServer();
    const status = JSON.parse((await server.send("GET", "/v1/admin/status")).text);
    expect(status).toMatchObject({
      epoch: 0,
      head: 1,
      mode: "open",
      clockSuspect: false,
      limits: { valueBytes: 1_048_576, commitChanges: 1000 },
      store:
        process.env.LEDGE_TEST_STORE === "libsql"
          ? { journal: "wal", synchronous: "normal", libsqlServer: true, weakAccepted: true }
          : {
              journal: process.env.LEDGE_TEST_HOST === "native" ? "wal" : "delete",
              synchronous: "extra",
              libsqlServer: false,
              weakAccepted: false,
            },
      backup: { state: "not_set" },
    });
    const token = await makeToken(server, [{ verbs: ["status"], namespace: "*" }]);
    expect((await server.send("GET", "/v1/admin/status", { token })).status).toBe(200);
    expect((await server.send("GET", "/metrics", { token })).text).toContain("\nledge_revision 2\n");
    expect(told(await server.send("GET", "/metrics", { token: null }))).toBe("401 unauthenticated");
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "*" }]);
    expect(told(await server.send("GET", "/v1/admin/status", { token: reader }))).toBe("403 forbidden");
    expect(told(await server.send("GET", "/v1/admin/tokens", { token: reader }))).toBe("403 forbidden");
  });

  test("metrics show how full the fullest namespace is, of keys or of bytes", async () => {
    const server = await openTestServer();
    const used = async () =>
      /^ledge_quota_used_max_ratio (.*)$/m.exec((await server.send("GET", "/metrics")).text)?.[1];
    await makeNamespace(server, "free");
    expect(await used()).toBe("0");
    await makeNamespace(server, "keys", { quota: { keys: 4 } });
    await makeNamespace(server, "bytes", { quota: { bytes: 10 } });
    await putText(server, "keys", "a", "x");
    expect(await used()).toBe("0.25");
    await putText(server, "bytes", "a", "12345678");
    expect(await used()).toBe("0.8");
  });

  test("health, readiness and the description are for everybody, on an empty store too", async () => {
    const server = await openTestServer({ bare: true });
    for (const path of ["/healthz", "/readyz", "/openapi.json"]) {
      expect([path, (await server.send("GET", path, { token: null })).status]).toEqual([path, 200]);
    }
  });

  test.each([
    { method: "GET", path: "/v1/admin", told: "404 no_route" },
    { method: "GET", path: "/v1/admin/tokens/", told: "404 no_route" },
    { method: "GET", path: "/v1/admin/nothing", told: "404 no_route" },
    { method: "POST", path: "/v1/admin/status", told: "405 method_not_allowed" },
    { method: "POST", path: "/v1/read/shop?key=k", told: "405 method_not_allowed" },
    { method: "GET", path: "/v1/commit", told: "405 method_not_allowed" },
    { method: "GET", path: "/v1/whoami?x=1", told: "400 unknown_parameter" },
    { method: "OPTIONS", path: "/v1/read/shop?key=k", told: "204" },
  ])("$method $path is $told", async ({ method, path, told: expected }) => {
    const server = await openTestServer();
    const reply = await server.send(method, path);
    expect(told(reply)).toBe(expected);
    if (["204", "405 method_not_allowed"].includes(expected)) expect(reply.headers.allow).toMatch(/OPTIONS$/);
  });

  test.each([
    { name: "none", headers: {}, told: "401 unauthenticated" },
    { name: "another scheme", headers: { authorization: "Basic eDp5" }, told: "401 bad_token" },
    { name: "no token of ours", headers: { authorization: "Bearer x" }, told: "401 bad_token" },
    {
      name: "two",
      headers: [
        ["authorization", "Bearer x"],
        ["authorization", "Bearer x"],
      ] as const,
      told: "400 bad_header",
    },
  ])("tokens: $name", async ({ headers, told: expected }) => {
    const server = await openTestServer();
    const reply = await server.send("GET", "/v1/whoami", { token: null, headers });
    expect(told(reply)).toBe(expected);
    if (expected.startsWith("401"))
      expect(reply.headers["www-authenticate"]).toMatch(/^Bearer realm="ledge"/);
  });
});
