/** The console's routes, and requests that carry its session instead of a token. */
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  type TestServer,
  told,
} from "../../testkit/server.ts";

const HERE = { "ledge-console": "1", "sec-fetch-site": "same-origin" };

/** Begins a session, and gives the cookie as a browser would send it. */
async function cookieOf(server: TestServer, token: string): Promise<string> {
  const reply = await server.send("POST", "/console/session", { token, headers: HERE });
  expect(reply.status).toBe(204);
  return reply.headers["set-cookie"]?.split(";", 1)[0] ?? "";
}

async function prepared() {
  const server = await openTestServer();
  await makeNamespace(server, "shop");
  await putText(server, "shop", "there", "x");
  const reader = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
  return { server, reader, cookie: await cookieOf(server, reader) };
}

const read = (server: TestServer, headers: Record<string, string>, token: string | null = null) =>
  server.send("GET", "/v1/read/shop?key=there", { token, headers });

describe("a session of the console", () => {
  test("is a cookie that no script reads and no other site sends", async () => {
    const { server, reader } = await prepared();
    const reply = await server.send("POST", "/console/session", { token: reader, headers: HERE });
    const [pair, ...rest] = reply.headers["set-cookie"]?.split("; ") ?? [];
    expect(pair).toBe(`ledge_session=${reader}`);
    expect(rest.sort()).toEqual(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict"]);
  });

  test("travels over TLS alone where it began so", async () => {
    const { server, reader } = await prepared();
    const headers = { ...HERE, origin: "https://ledge.example" };
    const reply = await server.send("POST", "/console/session", { token: reader, headers });
    expect(reply.headers["set-cookie"]?.split("; ")).toContain("Secure");
  });

  test("reads what its token may read, and names itself to caches", async () => {
    const { server, cookie } = await prepared();
    const reply = await read(server, { ...HERE, cookie });
    expect([reply.status, reply.text]).toEqual([200, "x"]);
    expect(reply.headers.vary).toContain("Cookie");
  });

  test("is found among other cookies", async () => {
    const { server, cookie } = await prepared();
    expect((await read(server, { ...HERE, cookie: `a=b; ${cookie}; c=d` })).status).toBe(200);
    expect((await read(server, { ...HERE, cookie: `x${cookie}` })).status).toBe(401);
  });

  test("changes nothing that its token may not change", async () => {
    const { server, cookie } = await prepared();
    const reply = await server.send("PUT", "/v1/write/shop?key=there", {
      token: null,
      body: "y",
      headers: { ...HERE, cookie, "content-type": "text/plain", "if-match": "*" },
    });
    expect(told(reply)).toBe("403 forbidden");
  });

  test("writes where its token may", async () => {
    const { server } = await prepared();
    const writer = await makeToken(server, [{ verbs: ["read", "write"], namespace: "shop" }]);
    const cookie = await cookieOf(server, writer);
    const reply = await server.send("PUT", "/v1/write/shop?key=there", {
      token: null,
      body: "y",
      headers: { ...HERE, cookie, "content-type": "text/plain", "if-match": "*" },
    });
    expect(reply.status).toBe(200);
  });

  test.each([
    { why: "without the console's header", headers: { "sec-fetch-site": "same-origin" } },
    { why: "with another value of it", headers: { "ledge-console": "2", "sec-fetch-site": "same-origin" } },
    { why: "from another site", headers: { "ledge-console": "1", "sec-fetch-site": "cross-site" } },
    {
      why: "from another port of the same site",
      headers: { "ledge-console": "1", "sec-fetch-site": "same-site" },
    },
    { why: "typed into the address bar", headers: { "ledge-console": "1", "sec-fetch-site": "none" } },
    { why: "of an unknown origin", headers: { "ledge-console": "1" } },
    { why: "of another origin", headers: { "ledge-console": "1", origin: "https://evil.example" } },
    {
      why: "of an origin that only begins like ours",
      headers: { "ledge-console": "1", origin: "http://127.0.0.1" },
    },
    { why: "of no origin in words", headers: { "ledge-console": "1", origin: "null" } },
  ])("counts for nothing $why", async ({ headers }) => {
    const { server, reader, cookie } = await prepared();
    expect(told(await read(server, { ...headers, cookie }))).toBe("401 unauthenticated");
    const session = await server.send("POST", "/console/session", { token: reader, headers });
    expect(told(session)).toBe("400 bad_header");
    expect(session.headers["set-cookie"]).toBeUndefined();
  });

  test("stands behind a token that is sent", async () => {
    const { server, cookie, reader } = await prepared();
    const wrong = `${reader.slice(0, -1)}~`;
    expect(told(await read(server, { ...HERE, cookie }, wrong))).toBe("401 bad_token");
  });

  test("tells whether the store takes writes, whatever its token may do", async () => {
    const { server, cookie } = await prepared();
    const mode = async () =>
      (await server.send("GET", "/console/session", { token: null, headers: { ...HERE, cookie } })).text;
    expect(await mode()).toBe('{"mode":"open"}');
    await server.send("PUT", "/v1/admin/mode", { json: { mode: "read_only" } });
    expect(await mode()).toBe('{"mode":"read_only"}');
    await server.send("PUT", "/v1/admin/mode", { json: { mode: "open" } });
    expect(await mode()).toBe('{"mode":"open"}');
  });

  test("ends with its token", async () => {
    const { server, cookie, reader } = await prepared();
    expect((await server.send("DELETE", `/v1/admin/tokens/${reader.slice(4, 16)}`)).status).toBe(200);
    expect(told(await read(server, { ...HERE, cookie }))).toBe("401 bad_token");
  });

  test("is forgotten by the browser when it is ended", async () => {
    const { server } = await prepared();
    const reply = await server.send("DELETE", "/console/session", { token: null, headers: HERE });
    expect(reply.headers["set-cookie"]).toContain("ledge_session=;");
    expect(reply.headers["set-cookie"]).toContain("Max-Age=0");
  });

  test("with nonsense in it is refused as a wrong token", async () => {
    const { server } = await prepared();
    for (const cookie of ["ledge_session=", "ledge_session=x", "ledge_session=ldg_a_b", "ledge_session=%00"])
      expect([cookie, told(await read(server, { ...HERE, cookie }))]).toEqual([cookie, "401 bad_token"]);
  });

  test("does not begin for a token that is none", async () => {
    const { server, reader } = await prepared();
    const token = `${reader.slice(0, -1)}~`;
    const reply = await server.send("POST", "/console/session", { token, headers: HERE });
    expect(told(reply)).toBe("401 bad_token");
    expect(reply.headers["set-cookie"]).toBeUndefined();
  });
});

describe("the console's page", () => {
  test("is compressed, and lets a browser run nothing but our files", async () => {
    const { server } = await prepared();
    const reply = await server.send("GET", "/", { token: null });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-encoding": "gzip",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    const policy = reply.headers["content-security-policy"] ?? "";
    expect(policy).not.toContain("unsafe");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(gunzipSync(reply.body).toString()).toMatch(/^<!doctype html>/);
  });

  test("has files that are kept for good, and no others", async () => {
    const { server } = await prepared();
    const page = gunzipSync((await server.send("GET", "/", { token: null })).body).toString();
    const path = /\/console\/assets\/main[^"]*\.js/.exec(page)?.[0] ?? "/console/assets/main.js";
    const reply = await server.send("GET", path, { token: null });
    expect([reply.status, reply.headers["cache-control"]]).toEqual([
      200,
      "public, max-age=31536000, immutable",
    ]);
    for (const name of ["none.js", "index.html", "__proto__", "..%2Findex.html"])
      expect([name, told(await server.send("GET", `/console/assets/${name}`, { token: null }))]).toEqual([
        name,
        "404 no_route",
      ]);
  });

  test("is not there where it is switched off, and nothing of it", async () => {
    const server = await openTestServer({ variables: { console: "off" } });
    for (const path of ["/", "/console/assets/main.js"])
      expect(told(await server.send("GET", path, { token: null }))).toBe("404 no_route");
    for (const method of ["GET", "POST", "DELETE"])
      expect(told(await server.send(method, "/console/session", { headers: HERE }))).toBe("404 no_route");
  });
});
