import { describe, expect, test } from "vitest";
import {
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  type Sending,
  type TestServer,
  told,
} from "../../testkit/server.ts";

async function shop(settings: unknown = {}) {
  const server = await openTestServer();
  await makeNamespace(server, "shop", settings);
  return server;
}

const text = (body: string | Uint8Array, headers: Record<string, string> = {}): Sending => ({
  headers: { "content-type": "text/plain", ...headers },
  body,
});
const json = (body: string, headers: Record<string, string> = {}): Sending => ({
  headers: { "content-type": "application/json", ...headers },
  body,
});
const put = (server: TestServer, sending: Sending, query = "key=k") =>
  server.send("PUT", `/v1/write/shop?${query}`, sending);
const commit = (
  server: TestServer,
  changes: unknown,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) => server.send("POST", "/v1/commit", { json: { changes, ...more }, headers });
const head = (server: TestServer) => Number(server.db.all("select revision from store")[0]?.[0]);

describe("PUT /v1/write", () => {
  test("creates, changes and leaves alone, and says which", async () => {
    const server = await shop();
    const created = await put(server, json("1"));
    expect(created.status).toBe(201);
    expect(created.headers).toMatchObject({
      "content-location": "/v1/read/shop?key=k",
      "ledge-revision": "3",
      "ledge-head": "3",
      "ledge-document-revision": "3",
    });
    const etag = created.headers.etag ?? "";
    expect(JSON.parse(created.text)).toMatchObject({
      revision: 3,
      unchanged: false,
      changes: [{ op: "put", namespace: "shop", key: "k", result: "created", revision: 3, etag }],
    });
    const changed = await put(server, json("2", { "if-match": etag }));
    expect([changed.status, JSON.parse(changed.text).changes[0].result]).toEqual([200, "changed"]);
    const same = await put(server, json("2", { "if-match": "*" }));
    expect([same.status, JSON.parse(same.text).unchanged, head(server)]).toEqual([200, true, 4]);
  });

  test.each([
    { name: "none on what exists", headers: {}, told: "428 precondition_required" },
    { name: "an old ETag", headers: { "if-match": "OLD" }, told: "412 stale" },
    { name: "a weak one", headers: { "if-match": "W/NOW" }, told: "412 stale" },
    { name: "somebody else's", headers: { "if-match": '"abc"' }, told: "412 stale" },
    { name: "another lineage's", headers: { "if-match": "FOREIGN" }, told: "409 lineage" },
    { name: "malformed", headers: { "if-match": "abc" }, told: "400 bad_header" },
    { name: "create only", headers: { "if-none-match": "*" }, told: "412 exists" },
    { name: "not these", headers: { "if-none-match": '"abc"' }, told: "400 bad_header" },
    { name: "both", headers: { "if-match": "NOW", "if-none-match": "*" }, told: "400 bad_header" },
    { name: "the right one", headers: { "if-match": "NOW" }, told: "200" },
    { name: "one of several", headers: { "if-match": 'OLD, "x", NOW' }, told: "200" },
    { name: "whatever is there", headers: { "if-match": "*" }, told: "200" },
  ])("judges the condition: $name", async ({ headers, told: expected }) => {
    const server = await shop();
    const old = (await put(server, text("one"))).headers.etag ?? "";
    const now = (await put(server, text("two", { "if-match": old }))).headers.etag ?? "";
    const filled = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        value
          .replace("FOREIGN", now.replace(/-[0-9a-f]{8}/, "-00000000"))
          .replace("OLD", old)
          .replace("NOW", now),
      ]),
    );
    const reply = await put(server, text("three", filled));
    expect(told(reply)).toBe(expected);
    if (expected === "412 stale" || expected === "412 exists") expect(reply.headers.etag).toBe(now);
    expect(head(server)).toBe(expected === "200" ? 5 : 4);
  });

  test("does not create where If-Match says that something is there", async () => {
    const server = await shop();
    expect(told(await put(server, text("x", { "if-match": "*" })))).toBe("412 stale");
    expect(told(await put(server, text("x", { "if-none-match": "*" })))).toBe("201");
  });

  test("lets a namespace take blind writes", async () => {
    const server = await shop({ blindWrites: true });
    await put(server, text("one"));
    expect(told(await put(server, text("two")))).toBe("200");
  });

  test.each([
    { name: "no type", sending: { body: "x" }, told: "415 media_type" },
    {
      name: "curl's own type",
      sending: { body: "x", headers: { "content-type": "application/x-www-form-urlencoded" } },
      told: "415 media_type",
    },
    {
      name: "a form",
      sending: { body: "x", headers: { "content-type": "multipart/form-data; boundary=x" } },
      told: "415 media_type",
    },
    {
      name: "a type out of form",
      sending: { body: "x", headers: { "content-type": "text" } },
      told: "415 media_type",
    },
    {
      name: "another charset",
      sending: { body: "x", headers: { "content-type": "text/plain; charset=latin1" } },
      told: "415 media_type",
    },
    { name: "compressed", sending: text("x", { "content-encoding": "gzip" }), told: "415 content_encoding" },
    { name: "a part", sending: text("x", { "content-range": "bytes 0-1/2" }), told: "400 bad_header" },
    { name: "JSON that is not", sending: json("{"), told: "422 value_malformed" },
    { name: "empty JSON", sending: json(""), told: "422 value_malformed" },
    { name: "a member twice", sending: json('{"a":{"b":1,"b":2}}'), told: "422 value_malformed" },
    {
      name: "a member twice, once escaped",
      sending: json('{"a":1,"\\u0061":2}'),
      told: "422 value_malformed",
    },
    { name: "65 levels", sending: json("[".repeat(65) + "]".repeat(65)), told: "422 value_malformed" },
    { name: "100,000 levels", sending: json("[".repeat(100_000)), told: "422 value_malformed" },
    { name: "64 levels", sending: json("[".repeat(64) + "]".repeat(64)), told: "201" },
    {
      name: "JSON of another name",
      sending: { body: "{", headers: { "content-type": "application/x+json" } },
      told: "422 value_malformed",
    },
    {
      name: "bytes that are not UTF-8",
      sending: json("x").headers && {
        body: new Uint8Array([0x22, 0xff, 0x22]),
        headers: { "content-type": "application/json" },
      },
      told: "422 value_malformed",
    },
    {
      name: "surrogates as bytes",
      sending: {
        body: new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]),
        headers: { "content-type": "application/json" },
      },
      told: "422 value_malformed",
    },
    {
      name: "overlong bytes",
      sending: {
        body: new Uint8Array([0x22, 0xc0, 0xaf, 0x22]),
        headers: { "content-type": "application/json" },
      },
      told: "422 value_malformed",
    },
    { name: "bytes of any kind under text/plain", sending: text(new Uint8Array([0xff, 0, 1])), told: "201" },
    { name: "a value of 1 MiB", sending: text("x".repeat(1_048_576)), told: "201" },
    { name: "a value over 1 MiB", sending: text("x".repeat(1_048_577)), told: "413 too_large" },
    {
      name: "an unknown Ledge header",
      sending: text("x", { "ledge-colour": "red" }),
      told: "400 unknown_parameter",
    },
    {
      name: "a message that is too long",
      sending: text("x", { "ledge-message": "x".repeat(1025) }),
      told: "400 bad_parameter",
    },
    {
      name: "an idempotency key out of form",
      sending: text("x", { "idempotency-key": "a b" }),
      told: "400 bad_header",
    },
  ])("takes or refuses: $name", async ({ sending, told: expected }) => {
    const server = await shop();
    expect(told(await put(server, sending as Sending))).toBe(expected);
    expect(head(server)).toBe(expected === "201" ? 3 : 2);
  });

  test("keeps bytes that are not text as they are", async () => {
    const server = await shop();
    const bytes = new Uint8Array(256).map((_, at) => at);
    await put(server, { body: bytes, headers: { "content-type": "application/octet-stream" } });
    expect((await server.send("GET", "/v1/read/shop?key=k")).body).toEqual(bytes);
  });

  test("remembers an Idempotency-Key with its commit", async () => {
    const server = await shop();
    const first = await put(server, text("x", { "idempotency-key": "one" }));
    const again = await put(server, text("x", { "idempotency-key": "one" }));
    expect([again.status, again.headers["ledge-replayed"], JSON.parse(again.text).revision]).toEqual([
      201,
      "true",
      3,
    ]);
    expect(JSON.parse(again.text).changes).toEqual(JSON.parse(first.text).changes);
    expect(told(await put(server, text("y", { "idempotency-key": "one" })))).toBe("422 idempotency_mismatch");
    const found = await server.send("GET", "/v1/commits?requestId=one");
    expect(JSON.parse(found.text).commits.map(({ revision }: { revision: number }) => revision)).toEqual([3]);
  });

  test("demands a message where the namespace does", async () => {
    const server = await shop({ messageRequired: true });
    expect(told(await put(server, text("x")))).toBe("400 message_required");
    expect(told(await put(server, text("x"), "key=k&message=%20%E3%80%80"))).toBe("400 message_required");
    expect(told(await put(server, text("x"), "key=k&message=weil+%C3%BC"))).toBe("201");
    expect(JSON.parse((await server.send("GET", "/v1/commits/3")).text).message).toBe("weil ü");
  });

  test("holds quotas", async () => {
    const server = await shop({ quota: { keys: 1, bytes: 5 } });
    expect(told(await put(server, text("123456")))).toBe("422 quota_exceeded");
    expect(told(await put(server, text("12345")))).toBe("201");
    expect(told(await put(server, text("1"), "key=other"))).toBe("422 quota_exceeded");
  });
});

describe("the name of a document", () => {
  test.each([
    { path: "shop/a//b", told: "400 bad_path" },
    { path: "shop/a/", told: "400 bad_path" },
    { path: "shop/a/./b", told: "400 bad_path" },
    { path: "shop/a/%2e%2e/b", told: "400 bad_path" },
    { path: "shop/a%2F%2Fb", told: "400 bad_path" },
    { path: "shop/%zz", told: "400 bad_path" },
    { path: "shop/%ff", told: "400 bad_path" },
    { path: "shop/%ED%A0%80", told: "400 bad_path" },
    { path: "shop/a%00b", told: "400 bad_key" },
    { path: "shop?key=", told: "400 bad_key" },
    { path: "shop?key=%00", told: "400 bad_key" },
    { path: "shop?key=%EF%BF%BF", told: "400 bad_key" },
    { path: "shop?key=%ff", told: "400 bad_parameter" },
    { path: "shop?key=%", told: "400 bad_parameter" },
    { path: `shop?key=${"k".repeat(1025)}`, told: "400 bad_key" },
    { path: `shop?key=${"k".repeat(1024)}`, told: "201" },
    { path: `shop?key=${"%C3%BC".repeat(513)}`, told: "400 bad_key" },
    { path: "shop?key=a//b/../", told: "201" },
    { path: "shop/a?key=b", told: "400 bad_parameter" },
    { path: "shop", told: "400 bad_parameter" },
    { path: "shop?key=a&key=b", told: "400 bad_parameter" },
    { path: "shop?key=a&color=b", told: "400 unknown_parameter" },
    { path: "Shop?key=a", told: "400 bad_namespace" },
    { path: `${"n".repeat(64)}?key=a`, told: "400 bad_namespace" },
    { path: `${"n".repeat(63)}?key=a`, told: "404 namespace_not_found" },
    { path: "-shop?key=a", told: "400 bad_namespace" },
    { path: "_shop?key=a", told: "400 bad_namespace" },
    { path: "_system?key=namespace/shop", told: "403 reserved_namespace" },
    { path: "_auth?key=token/aaaaaaaaaaaa", told: "403 reserved_namespace" },
    { path: "none?key=a", told: "404 namespace_not_found" },
    { path: `shop?key=${"k".repeat(8200)}`, told: "414 uri_too_long" },
  ])("is judged in $path", async ({ path, told: expected }) => {
    const server = await shop();
    expect(told(await server.send("PUT", `/v1/write/${path}`, text("x")))).toBe(expected);
    expect(head(server)).toBe(expected === "201" ? 3 : 2);
  });
});

describe("DELETE /v1/write", () => {
  test("needs a condition, and something to delete", async () => {
    const server = await shop();
    const etag = await putText(server, "shop", "k", "x");
    expect(
      told(await server.send("DELETE", "/v1/write/shop?key=none", { headers: { "if-match": "*" } })),
    ).toBe("404 not_found");
    expect(told(await server.send("DELETE", "/v1/write/shop?key=k"))).toBe("428 precondition_required");
    const reply = await server.send("DELETE", "/v1/write/shop?key=k", { headers: { "if-match": etag } });
    expect([reply.status, JSON.parse(reply.text).changes[0].result]).toEqual([200, "deleted"]);
    expect(told(await server.send("GET", "/v1/read/shop?key=k"))).toBe("404 not_found");
  });
});

describe("POST /v1/commit", () => {
  test("changes many documents of several namespaces at once, bytes as they were sent", async () => {
    const server = await shop();
    await makeNamespace(server, "other");
    await putText(server, "shop", "old", "x");
    const body = `{"message":"raise","author":"kim","meta":{"pipeline":"12"},"changes":[
      {"op":"put","namespace":"shop","key":"n","value":{"2":1,"1":12345678901234567890,"e":1e400,"z":-0,"f":1.0,"s":"\\u00fc\\ud83d\\ude00"}},
      {"op":"put","namespace":"other","key":"t","mediaType":"text/plain","text":"a\\u0000b ü 😀","ifRevision":0},
      {"op":"put","namespace":"other","key":"b","mediaType":"application/octet-stream","base64":"AP+A"},
      {"op":"put","namespace":"other","key":"null","value":null},
      {"op":"delete","namespace":"shop","key":"old","ifRevision":"any"},
      {"op":"check","namespace":"shop","key":"lock","ifRevision":0}]}`;
    const reply = await server.send("POST", "/v1/commit", {
      body,
      headers: { "content-type": "application/json" },
    });
    expect(reply.text).toMatch(/^\{"revision":5/);
    expect(JSON.parse(reply.text).changes.map(({ result }: { result: string }) => result)).toEqual([
      "created",
      "created",
      "created",
      "created",
      "deleted",
      "checked",
    ]);
    const read = async (ns: string, key: string) => await server.send("GET", `/v1/read/${ns}?key=${key}`);
    expect((await read("shop", "n")).text).toBe(
      '{"2":1,"1":12345678901234567890,"e":1e400,"z":-0,"f":1.0,"s":"\\u00fc\\ud83d\\ude00"}',
    );
    expect((await read("other", "t")).text).toBe("a\0b ü 😀");
    expect((await read("other", "b")).body).toEqual(new Uint8Array([0, 255, 128]));
    expect((await read("other", "null")).text).toBe("null");
    const logged = JSON.parse((await server.send("GET", "/v1/commits/5")).text);
    expect(logged).toMatchObject({
      revision: 5,
      message: "raise",
      author: "kim",
      meta: { pipeline: "12" },
      partial: false,
    });
    expect(logged.changes).toHaveLength(5);
  });

  const one = { op: "put", namespace: "shop", key: "k", value: 1 };
  test.each([
    { name: "no changes", changes: [], told: "422 invalid_body" },
    { name: "an unknown member", changes: [{ ...one, colour: 1 }], told: "422 invalid_body" },
    { name: "an unknown operation", changes: [{ ...one, op: "erase" }], told: "422 invalid_body" },
    { name: "a text for a revision", changes: [{ ...one, ifRevision: "3" }], told: "422 invalid_body" },
    { name: "a negative revision", changes: [{ ...one, ifRevision: -1 }], told: "422 invalid_body" },
    { name: "two kinds of bytes", changes: [{ ...one, text: "x" }], told: "422 invalid_body" },
    {
      name: "no bytes",
      changes: [{ op: "put", namespace: "shop", key: "k", mediaType: "text/plain" }],
      told: "422 invalid_body",
    },
    {
      name: "text without its type",
      changes: [{ op: "put", namespace: "shop", key: "k", text: "x" }],
      told: "422 invalid_body",
    },
    {
      name: "base64 out of form",
      changes: [{ op: "put", namespace: "shop", key: "k", mediaType: "a/b", base64: "A" }],
      told: "422 invalid_body",
    },
    {
      name: "JSON as text that is not",
      changes: [{ op: "put", namespace: "shop", key: "k", mediaType: "application/json", text: "{" }],
      told: "422 value_malformed",
    },
    {
      name: "a lone surrogate",
      changes: [{ op: "put", namespace: "shop", key: "k", mediaType: "text/plain", text: "\ud800" }],
      told: "422 invalid_body",
    },
    { name: "the same key twice", changes: [one, { ...one, value: 2 }], told: "422 duplicate_change" },
    {
      name: "1,001 changes",
      changes: Array.from({ length: 1001 }, (_, at) => ({ ...one, key: `k${at}` })),
      told: "422 too_many_changes",
    },
    { name: "a bad key", changes: [{ ...one, key: "a\u0000" }], told: "400 bad_key" },
    { name: "a bad namespace", changes: [{ ...one, namespace: "A" }], told: "400 bad_namespace" },
    {
      name: "a reserved namespace",
      changes: [{ ...one, namespace: "_system" }],
      told: "403 reserved_namespace",
    },
    {
      name: "an absent namespace",
      changes: [{ ...one, namespace: "none" }],
      told: "404 namespace_not_found",
    },
    {
      name: "a delete of what is absent",
      changes: [{ op: "delete", namespace: "shop", key: "k", ifRevision: "any" }],
      told: "404 not_found",
    },
    {
      name: "a check that fails",
      changes: [one, { op: "check", namespace: "shop", key: "there", ifRevision: 0 }],
      told: "412 exists",
    },
    { name: "an old revision", changes: [{ ...one, key: "there", ifRevision: 1 }], told: "412 stale" },
    {
      name: "no revision for what is there",
      changes: [{ ...one, key: "there" }],
      told: "428 precondition_required",
    },
    {
      name: "2 MiB and more of values",
      changes: [1, 2, 3].map((at) => ({
        op: "put",
        namespace: "shop",
        key: `k${at}`,
        mediaType: "text/plain",
        text: "x".repeat(1_000_000),
      })),
      told: "413 too_large",
    },
  ])("refuses the whole for $name", async ({ changes, told: expected }) => {
    const server = await shop();
    await putText(server, "shop", "there", "x");
    const reply = await commit(server, changes);
    expect(told(reply)).toBe(expected);
    expect(JSON.parse(reply.text)).toMatchObject({
      type: `/problems/${expected.slice(4)}`,
      status: Number(expected.slice(0, 3)),
      retryable: false,
    });
    expect(head(server)).toBe(3);
  });

  test.each([
    {
      name: "two million changes",
      body: `{"changes":[${"1,".repeat(2_000_000)}1]}`,
      told: "422 too_many_changes",
    },
    {
      name: "400,000 members that nobody knows",
      body: `{${Array.from({ length: 400_000 }, (_, at) => `"${at.toString(36)}":1`).join()}}`,
      told: "422 invalid_body",
    },
    {
      name: "1,000 changes that are none",
      body: JSON.stringify({ changes: Array.from({ length: 1000 }, () => 1) }),
      told: "422 invalid_body",
    },
    {
      name: "a change of 300,000 members",
      body: `{"changes":[{"op":"put","namespace":"shop","key":"k",${Array.from({ length: 300_000 }, (_, at) => `"k${at}":1`).join()}}]}`,
      told: "422 invalid_body",
    },
    {
      name: "a meta of 300,000 members",
      body: `{"meta":{${Array.from({ length: 300_000 }, (_, at) => `"k${at}":1`).join()}},"changes":[]}`,
      told: "422 invalid_body",
    },
  ])("refuses $name with at most 100 causes", async ({ body, told: expected }) => {
    const server = await shop();
    const headers = { "content-type": "application/json" };
    const reply = await server.send("POST", "/v1/commit", { body, headers });
    expect(told(reply)).toBe(expected);
    expect(JSON.parse(reply.text)).toMatchObject({ code: expected.slice(4), instance: expect.any(String) });
    expect(JSON.parse(reply.text).errors?.length ?? 0).toBeLessThanOrEqual(100);
  });

  test("names unknown members of changes before the body is parsed", async () => {
    const server = await shop();
    const headers = { "content-type": "application/json" };
    const change = (more: string) => `{"op":"put","namespace":"shop","key":"k"${more}}`;
    const body = `{"changes":[1,${change("")},${change(',"colour":1,"colour":2,"a/b":{}')}]}`;
    const reply = await server.send("POST", "/v1/commit", { body, headers });
    expect(told(reply)).toBe("422 invalid_body");
    expect(JSON.parse(reply.text).errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      "/changes/2/colour",
      "/changes/2/colour",
      "/changes/2/a~1b",
    ]);
  });

  test.each(['{"changes":[]}\0x', '{"changes":[{"op":"put","namespace":"shop","key":"k","value":1}]}\0{}'])(
    "refuses a body with a zero byte behind what is JSON",
    async (body) => {
      const server = await shop();
      const headers = { "content-type": "application/json" };
      expect(told(await server.send("POST", "/v1/commit", { body, headers }))).toBe("400 bad_json");
      const put = await server.send("PUT", "/v1/write/shop?key=k", { body: '{"a":1}\0', headers });
      expect(told(put)).toBe("422 value_malformed");
    },
  );

  test("looks at no body of who may write nothing", async () => {
    const server = await shop();
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
    const body = "{";
    const headers = { "content-type": "application/json" };
    expect(told(await server.send("POST", "/v1/commit", { token, body, headers }))).toBe("403 forbidden");
    expect(told(await server.send("POST", "/v1/commit", { token: null, body, headers }))).toBe(
      "401 unauthenticated",
    );
    expect(
      told(await server.send("POST", "/v1/commit", { token, body: " ".repeat(4_194_305), headers })),
    ).toBe("413 too_large");
  });

  test.each([
    { name: "author", more: { author: "k\u001b[31mim" } },
    { name: "author of two lines", more: { author: "kim\nanna" } },
    { name: "message", more: { message: "a\u0000" } },
    { name: "meta", more: { meta: { pipeline: "\u009b" } } },
    { name: "name in meta", more: { meta: { "\u0007": "x" } } },
  ])("takes no control characters in the $name", async ({ more }) => {
    const server = await shop();
    expect(told(await commit(server, [one], more))).toBe("422 invalid_body");
  });

  test("points at each change that is to blame, with its current ETag", async () => {
    const server = await shop();
    const etag = await putText(server, "shop", "there", "x");
    const reply = await commit(server, [one, { ...one, key: "there", ifRevision: 1 }]);
    expect(JSON.parse(reply.text).errors).toMatchObject([{ pointer: "/changes/1", code: "stale", etag }]);
  });

  test.each([
    { name: "not UTF-8", body: new Uint8Array([0xff]), told: "400 bad_json" },
    { name: "not JSON", body: "{", told: "400 bad_json" },
    { name: "a member twice", body: '{"changes":[],"changes":[]}', told: "400 bad_json" },
    {
      name: "too deep",
      body: `{"changes":[{"op":"put","namespace":"shop","key":"k","value":${"[".repeat(70)}${"]".repeat(70)}}]}`,
      told: "400 bad_json",
    },
    { name: "an array", body: "[]", told: "422 invalid_body" },
    { name: "over 4 MiB", body: " ".repeat(4_194_305), told: "413 too_large" },
  ])("refuses a body that is $name", async ({ body, told: expected }) => {
    const server = await shop();
    const reply = await server.send("POST", "/v1/commit", {
      body,
      headers: { "content-type": "application/json" },
    });
    expect(told(reply)).toBe(expected);
  });

  test("takes JSON only", async () => {
    const server = await shop();
    expect(told(await server.send("POST", "/v1/commit", text("{}")))).toBe("415 media_type");
  });

  test("is one answer for the same Idempotency-Key", async () => {
    const server = await shop();
    const first = await commit(server, [one], {}, { "idempotency-key": "k1" });
    const again = await commit(server, [one], {}, { "idempotency-key": "k1" });
    expect(JSON.parse(again.text)).toEqual(JSON.parse(first.text));
    expect(again.headers["ledge-replayed"]).toBe("true");
  });

  test("writes only where the token may", async () => {
    const server = await shop();
    const token = await makeToken(server, [{ verbs: ["write"], namespace: "shop", scope: "a" }]);
    const send = (key: string) =>
      server.send("POST", "/v1/commit", { token, json: { changes: [{ ...one, key }] } });
    expect(told(await send("ab"))).toBe("403 forbidden");
    expect(told(await send("a"))).toBe("200");
    expect(told(await server.send("PUT", "/v1/write/shop?key=ab", { ...text("x"), token }))).toBe(
      "403 forbidden",
    );
    expect(told(await server.send("GET", "/v1/read/shop?key=a", { token }))).toBe("403 forbidden");
  });
});
