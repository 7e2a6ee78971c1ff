import { describe, expect, test } from "vitest";
import { makeNamespace, makeToken, openTestServer, putText, told } from "../../testkit/server.ts";

async function shop() {
  const server = await openTestServer();
  await makeNamespace(server, "shop");
  return server;
}

describe("GET /v1/read", () => {
  test("gives the bytes with a strong ETag and says what state it shows", async () => {
    const server = await shop();
    const etag = await putText(server, "shop", "limits/api", '{"rps": 1e400}', "application/json");
    const reply = await server.send("GET", "/v1/read/shop?key=limits/api");
    expect(reply.status).toBe(200);
    expect(reply.text).toBe('{"rps": 1e400}');
    expect(reply.headers).toMatchObject({
      "content-type": "application/json",
      etag,
      "cache-control": "private, no-cache, no-transform",
      vary: "Authorization, Cookie, Origin",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "ledge-revision": "3",
      "ledge-head": "3",
      "ledge-document-revision": "3",
    });
    expect(reply.headers["ledge-lineage"]).toMatch(/^[0-9a-f]{32}$/);
    expect(reply.headers["ledge-modified"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(reply.headers["content-disposition"]).toBeUndefined();
  });

  test("takes the key in the path as well, decoded once", async () => {
    const server = await shop();
    await putText(server, "shop", "a/b c%2F+ü", "x");
    expect((await server.send("GET", "/v1/read/shop/a/b%20c%252F+%C3%BC")).text).toBe("x");
    expect((await server.send("GET", "/v1/read/shop?key=a/b+c%252F%2B%C3%BC")).text).toBe("x");
  });

  test("answers 304 to its ETag, in a list and weakened, and 200 to another lineage's", async () => {
    const server = await shop();
    const etag = await putText(server, "shop", "k", "x");
    for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const reply = await server.send("GET", "/v1/read/shop?key=k", { headers: { "if-none-match": tags } });
      expect([reply.status, reply.body.length, reply.headers.etag, reply.headers["ledge-head"]]).toEqual([
        304,
        0,
        etag,
        "3",
      ]);
    }
    const foreign = etag.replace(/-[0-9a-f]{8}/, "-00000000");
    const reply = await server.send("GET", "/v1/read/shop?key=k", { headers: { "if-none-match": foreign } });
    expect([reply.status, reply.text]).toEqual([200, "x"]);
  });

  test("takes no final slash", async () => {
    const server = await openTestServer();
    expect(told(await server.send("GET", "/v1/read/shop/?key=k"))).toBe("400 bad_parameter");
    expect(told(await server.send("GET", "/v1/read/shop/"))).toBe("400 bad_path");
  });

  test("answers HEAD like GET, without the bytes", async () => {
    const server = await shop();
    const etag = await putText(server, "shop", "k", "xyz");
    const reply = await server.send("HEAD", "/v1/read/shop?key=k");
    expect([reply.status, reply.body.length, reply.headers.etag, reply.headers["content-length"]]).toEqual([
      200,
      0,
      etag,
      "3",
    ]);
    const absent = await server.send("HEAD", "/v1/read/shop?key=none");
    expect([absent.status, absent.body.length]).toEqual([404, 0]);
  });

  test("reads an empty value", async () => {
    const server = await shop();
    await putText(server, "shop", "k", "");
    const reply = await server.send("GET", "/v1/read/shop?key=k");
    expect([reply.status, reply.body.length, reply.headers["content-type"]]).toEqual([200, 0, "text/plain"]);
  });

  test("reads the state at a revision, deletions included", async () => {
    const server = await shop();
    await putText(server, "shop", "k", "one");
    await putText(server, "shop", "k", "two");
    await server.send("DELETE", "/v1/write/shop?key=k", { headers: { "if-match": "*" } });
    expect((await server.send("GET", "/v1/read/shop?key=k&revision=3")).text).toBe("one");
    expect((await server.send("GET", "/v1/read/shop?key=k&revision=4")).text).toBe("two");
    expect(told(await server.send("GET", "/v1/read/shop?key=k&revision=2"))).toBe("404 not_found");
    expect(told(await server.send("GET", "/v1/read/shop?key=k&revision=5"))).toBe("404 not_found");
    expect(told(await server.send("GET", "/v1/read/shop?key=k&revision=6"))).toBe("404 revision_unknown");
    expect(told(await server.send("GET", "/v1/read/shop?key=k&revision=0"))).toBe("400 bad_parameter");
  });

  test("serves stored HTML as something that no browser shows or runs", async () => {
    const server = await shop();
    await putText(server, "shop", "page", "<script>alert(1)</script>", "text/html");
    const reply = await server.send("GET", "/v1/read/shop?key=page");
    expect(reply.headers).toMatchObject({
      "content-disposition": "attachment",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    });
  });

  test("answers anybody in a public namespace, and only reads of the present", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "open", { public: true });
    await putText(server, "open", "k", "x");
    const reply = await server.send("GET", "/v1/read/open?key=k", { token: null });
    expect([reply.status, reply.headers["cache-control"]]).toEqual([200, "public, no-cache, no-transform"]);
    expect(told(await server.send("GET", "/v1/read/open?key=k&revision=3", { token: null }))).toBe(
      "401 unauthenticated",
    );
    expect((await server.send("GET", "/v1/list/open", { token: null })).status).toBe(200);
    expect((await server.send("GET", "/v1/changes?ns=open", { token: null })).status).toBe(200);
    expect(told(await server.send("GET", "/v1/changes", { token: null }))).toBe("401 unauthenticated");
  });

  test("asks for a revision that it has not come to: behind", async () => {
    const server = await shop();
    await putText(server, "shop", "k", "x");
    const ask = (revision: string) =>
      server.send("GET", "/v1/read/shop?key=k", { headers: { "ledge-min-revision": revision } });
    expect((await ask("3")).status).toBe(200);
    const reply = await ask("4");
    expect([told(reply), reply.headers["retry-after"]]).toEqual(["503 behind", "1"]);
  });
});

describe("what a token may read", () => {
  test.each([
    { name: "the whole key of its scope", scope: "a", key: "a", status: "200" },
    { name: "not a longer key", scope: "a", key: "ab", status: "403 forbidden" },
    { name: "not what is below a scope without a slash", scope: "a", key: "a/b", status: "403 forbidden" },
    { name: "what is below a prefix", scope: "a/", key: "a/b", status: "200" },
    { name: "not the prefix's own name", scope: "a/", key: "a", status: "403 forbidden" },
    { name: "everything with an empty scope", scope: "", key: "ab", status: "200" },
  ])("is $name", async ({ scope, key, status }) => {
    const server = await shop();
    for (const one of ["a", "ab", "a/b"]) await putText(server, "shop", one, "x");
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "shop", scope }]);
    expect(told(await server.send("GET", `/v1/read/shop?key=${key}`, { token }))).toBe(status);
  });

  test("is told alike whether a thing is there or not", async () => {
    const server = await shop();
    await putText(server, "shop", "a", "x");
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "shop", scope: "b" }]);
    expect(told(await server.send("GET", "/v1/read/shop?key=a", { token }))).toBe("403 forbidden");
    expect(told(await server.send("GET", "/v1/read/shop?key=none", { token }))).toBe("403 forbidden");
    expect(told(await server.send("GET", "/v1/read/none?key=a", { token }))).toBe("403 forbidden");
    expect(told(await server.send("GET", "/v1/read/none?key=a"))).toBe("404 namespace_not_found");
  });

  test("is never a token, and of _system what belongs to its whole namespaces", async () => {
    const server = await shop();
    await makeNamespace(server, "other");
    const whole = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
    const part = await makeToken(server, [{ verbs: ["read"], namespace: "shop", scope: "a/" }]);
    const accessor = whole.slice(4, 16);
    expect(told(await server.send("GET", `/v1/read/_auth?key=token/${accessor}`))).toBe("403 forbidden");
    expect(told(await server.send("GET", "/v1/list/_auth"))).toBe("403 forbidden");
    expect((await server.send("GET", "/v1/read/_system?key=namespace/shop", { token: whole })).status).toBe(
      200,
    );
    expect(told(await server.send("GET", "/v1/read/_system?key=namespace/other", { token: whole }))).toBe(
      "403 forbidden",
    );
    expect(told(await server.send("GET", "/v1/read/_system?key=namespace/shop", { token: part }))).toBe(
      "403 forbidden",
    );
    const list = await server.send("GET", "/v1/list/_system", { token: whole });
    expect(JSON.parse(list.text).documents.map(({ key }: { key: string }) => key)).toEqual([
      "namespace/shop",
    ]);
  });
});
