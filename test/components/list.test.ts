import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareUtf8 } from "../../lib/core/utf8.ts";
import {
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  type TestServer,
  told,
} from "../../testkit/server.ts";
import { allPages, answerOf } from "../../testkit/two-namespaces.ts";

interface Listing {
  documents: {
    key: string;
    revision: number;
    version?: number;
    createdRevision?: number;
    value?: unknown;
    text?: string;
    base64?: string;
  }[];
  prefixes: string[];
  next?: string;
  revision: number;
}

async function shop(keys: readonly string[] = []) {
  const server = await openTestServer();
  await makeNamespace(server, "shop");
  if (keys.length > 0) await putAll(server, keys);
  return server;
}

async function putAll(server: TestServer, keys: readonly string[]) {
  const changes = keys.map((key) => ({
    op: "put",
    namespace: "shop",
    key,
    value: { of: key },
    ifRevision: "any",
  }));
  const reply = await server.send("POST", "/v1/commit", { json: { changes } });
  if (reply.status !== 200) throw new Error(reply.text);
}

const list = (server: TestServer, query: string, token?: string) =>
  answerOf<Listing>(server, `/v1/list/shop?${query}`, token);

/** All pages of a list as one. */
async function listAll(server: TestServer, query: string, token?: string): Promise<Listing> {
  const pages = await allPages((asked) => list(server, asked, token), query);
  return {
    documents: pages.flatMap(({ documents }) => documents),
    prefixes: pages.flatMap(({ prefixes }) => prefixes),
    revision: pages.at(-1)?.revision ?? 0,
  };
}

const keysOf = ({ documents }: Listing) => documents.map(({ key }) => key);

describe("GET /v1/list", () => {
  test("shows every value with values=bytes: text as text, other bytes as base64", async () => {
    const server = await shop();
    const put = (key: string, body: Uint8Array, type = "application/octet-stream") =>
      server.send("PUT", `/v1/write/shop?key=${key}`, { headers: { "content-type": type }, body });
    await put("a", Buffer.from([0, 255, 128]));
    await put("b", Buffer.from('{"n":1}'), "application/json");
    await put("dir/1", Buffer.from([255]));
    await put("e", Buffer.from(""));
    const shown = async (query: string) => {
      const { documents, prefixes, next } = await list(server, `values=bytes&${query}`);
      return [
        documents.map(({ key, text, base64 }) => [key, text ?? null, base64 ?? null]),
        prefixes,
        next !== undefined,
      ];
    };
    const all = [
      ["a", null, "AP+A"],
      ["b", '{"n":1}', null],
      ["dir/1", null, "/w=="],
      ["e", "", null],
    ];
    expect(await shown("")).toEqual([all, [], false]);
    expect(await shown("delimiter=/")).toEqual([all.filter(([key]) => key !== "dir/1"), ["dir/"], false]);
    expect(await shown("prefix=none")).toEqual([[], [], false]);
    const pages = await allPages((query) => list(server, query), "values=bytes&limit=1");
    expect(pages.map(({ documents: [one] }) => [one?.key, one?.text ?? null, one?.base64 ?? null])).toEqual(
      all,
    );
    const { revision } = await list(server, "");
    await server.send("PUT", "/v1/write/shop?key=a", {
      headers: { "content-type": "text/plain", "if-match": "*" },
      body: "new",
    });
    expect(await shown(`revision=${revision}`)).toEqual([all, [], false]);
  });

  test("shows documents in the order of bytes, with what is known of each", async () => {
    const server = await shop(["b", "a/1", "a/2", "\u{10000}", "\uffee", "ü"]);
    const listing = await list(server, "values=json");
    expect(keysOf(listing)).toEqual(["a/1", "a/2", "b", "ü", "\uffee", "\u{10000}"]);
    expect(listing.documents[0]).toEqual({
      namespace: "shop",
      key: "a/1",
      revision: 3,
      etag: expect.stringMatching(/^"3-[0-9a-f]{8}"$/),
      mediaType: "application/json",
      size: 12,
      version: 1,
      createdRevision: 3,
      modified: expect.stringMatching(/Z$/),
      value: { of: "a/1" },
    });
    expect(keysOf(await list(server, "prefix=a/"))).toEqual(["a/1", "a/2"]);
    expect(keysOf(await list(server, "prefix=a/1"))).toEqual(["a/1"]);
    expect(keysOf(await list(server, "prefix=zz"))).toEqual([]);
  });

  test("rolls up what shares a prefix, and pages over it", async () => {
    const server = await shop(["a", "a/1", "a/2", "a/b/3", "b/1", "c"]);
    const listing = await list(server, "delimiter=/");
    expect([keysOf(listing), listing.prefixes]).toEqual([
      ["a", "c"],
      ["a/", "b/"],
    ]);
    const below = await list(server, "delimiter=/&prefix=a/");
    expect([keysOf(below), below.prefixes]).toEqual([["a/1", "a/2"], ["a/b/"]]);
    const paged = await listAll(server, "delimiter=/&limit=1");
    expect([keysOf(paged), paged.prefixes]).toEqual([
      ["a", "c"],
      ["a/", "b/"],
    ]);
  });

  test("stays at its revision while others write", async () => {
    const server = await shop(["a", "b", "c", "d"]);
    const first = await list(server, "limit=2");
    await putAll(server, ["b", "c", "cc"]);
    await server.send("DELETE", "/v1/write/shop?key=d", { headers: { "if-match": "*" } });
    const second = await list(server, `limit=2&cursor=${first.next}`);
    expect(second.revision).toBe(3);
    expect(second.documents.map(({ key, revision, version }) => [key, revision, version])).toEqual([
      ["c", 3, 1],
      ["d", 3, undefined],
    ]);
    const past = await list(server, "revision=3&values=json");
    expect(keysOf(past)).toEqual(["a", "b", "c", "d"]);
    expect(keysOf(await list(server, "revision=5"))).toEqual(["a", "b", "c", "cc"]);
    const grouped = await list(server, "revision=3&delimiter=/");
    expect(grouped.prefixes).toEqual([]);
  });

  test("shows a group at a past revision only if something in it lived then", async () => {
    const server = await shop(["a/1"]);
    await server.send("DELETE", "/v1/write/shop?key=a/1", { headers: { "if-match": "*" } });
    await putAll(server, ["a/2"]);
    expect((await list(server, "revision=3&delimiter=/")).prefixes).toEqual(["a/"]);
    expect((await list(server, "revision=4&delimiter=/")).prefixes).toEqual([]);
    expect((await list(server, "revision=5&delimiter=/")).prefixes).toEqual(["a/"]);
  });

  test("carries text, and leaves out bytes that are none", async () => {
    const server = await shop();
    await putText(server, "shop", "t", 'a"\u0000\u001f ü');
    await server.send("PUT", "/v1/write/shop?key=bin", {
      body: new Uint8Array([255]),
      headers: { "content-type": "a/b" },
    });
    const { documents } = await list(server, "values=text");
    expect(documents.map(({ key, text }) => [key, text])).toEqual([
      ["bin", undefined],
      ["t", 'a"\u0000\u001f ü'],
    ]);
  });

  test.each(["text/plain; p=a+json", 'text/plain; p="a+json;b"', "text/x; p=APPLICATION+JSON"])(
    "shows as JSON only what was judged as JSON: %s is text",
    async (mediaType) => {
      const server = await shop();
      const forged = '1},{"key":"forged","value":true';
      const changes = [{ op: "put", namespace: "shop", key: "k", mediaType, text: forged, ifRevision: 0 }];
      expect((await server.send("POST", "/v1/commit", { json: { changes } })).status).toBe(200);
      expect((await list(server, "values=json")).documents).toMatchObject([{ key: "k", text: forged }]);
      const feed = await server.send("GET", "/v1/changes?ns=shop&values=json");
      expect(JSON.parse(feed.text).commits.at(-1).changes).toMatchObject([{ key: "k", text: forged }]);
    },
  );

  test("answers HEAD with the length that GET has", async () => {
    const server = await shop(["a", "b"]);
    const whole = await server.send("GET", "/v1/list/shop");
    const head = await server.send("HEAD", "/v1/list/shop");
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers["content-length"]).toBe(String(Buffer.byteLength(whole.text)));
  });

  test("ends a page at 4 MiB", async () => {
    const server = await shop();
    const big = "x".repeat(1_000_000);
    for (const key of ["a", "b", "c", "d", "e", "f"]) await putText(server, "shop", key, big);
    const page = await list(server, "values=text");
    expect(keysOf(page)).toEqual(["a", "b", "c", "d"]);
    expect(keysOf(await listAll(server, "values=text"))).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  test("shows a token exactly what its grants cover, page by page", async () => {
    const server = await shop();
    const key = fc.stringMatching(/^[ab]{1,2}(\/[ab]{1,2}){0,2}$/);
    const scope = fc.oneof(
      key,
      key.map((text) => `${text}/`),
      fc.constant(""),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { minLength: 1, maxLength: 12 }),
        fc.array(scope, { minLength: 1, maxLength: 3 }),
        fc.constantFrom("", "a", "a/", "b/a"),
        fc.integer({ min: 1, max: 4 }),
        async (keys, scopes, prefix, limit) => {
          await clear(server);
          await putAll(server, keys);
          const token = await makeToken(
            server,
            scopes.map((one) => ({ verbs: ["read"], namespace: "shop", scope: one })),
          );
          const seen = keys.filter(
            (one) =>
              one.startsWith(prefix) &&
              scopes.some((s) => s === "" || s === one || (s.endsWith("/") && one.startsWith(s))),
          );
          expect(keysOf(await listAll(server, `prefix=${prefix}&limit=${limit}`, token))).toEqual(
            seen.sort(compareUtf8),
          );
          for (const one of keys) {
            const status = (await server.send("GET", `/v1/read/shop?key=${one}`, { token })).status;
            const may = scopes.some((s) => s === "" || s === one || (s.endsWith("/") && one.startsWith(s)));
            expect([one, status]).toEqual([one, may ? 200 : 403]);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test.each([
    { query: "limit=0", told: "400 bad_parameter" },
    { query: "limit=1001", told: "400 bad_parameter" },
    { query: "limit=x", told: "400 bad_parameter" },
    { query: "values=base64", told: "400 bad_parameter" },
    { query: "wait=x", told: "400 bad_parameter" },
    { query: "cursor=x", told: "400 bad_cursor" },
    { query: "cursor=e30", told: "400 bad_cursor" },
    { query: "revision=99", told: "404 revision_unknown" },
  ])("refuses $query", async ({ query, told: expected }) => {
    const server = await shop(["a"]);
    expect(told(await server.send("GET", `/v1/list/shop?${query}`))).toBe(expected);
  });

  test("refuses a cursor of other parameters, and of another history", async () => {
    const server = await shop(["a", "b"]);
    const { next } = await list(server, "limit=1");
    expect(told(await server.send("GET", `/v1/list/shop?prefix=a&cursor=${next}`))).toBe("400 bad_cursor");
    server.db.all("update lineage set lineage=?1", ["0".repeat(32)]);
    server.db.all("update store set lineage=?1", ["0".repeat(32)]);
    expect(told(await server.send("GET", `/v1/list/shop?limit=1&cursor=${next}`))).toBe("409 lineage");
  });
});

describe("a cursor of a list", () => {
  const forge = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString("base64url");

  test("cannot be made by somebody who wants values that were replaced or deleted", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "pub", { public: true });
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "pub" }]);
    await putText(server, "pub", "secret", "pasted by mistake");
    await server.send("DELETE", "/v1/write/pub?key=secret", { headers: { "if-match": "*" } });
    const [[lineage]] = server.db.all("select lineage from store") as [[string]];
    const cursors = [
      forge(["list", lineage, 4, ["pub", "", "", ""], ""]),
      forge(["list", lineage, 4, ["pub", "", "", ""], "", 0, "", Date.now()]),
    ];
    for (const cursor of cursors) {
      for (const token of [null, reader, server.rootToken]) {
        const reply = await server.send("GET", `/v1/list/pub?values=text&cursor=${cursor}`, { token });
        expect(told(reply)).toBe("400 bad_cursor");
      }
    }
  });

  test("goes on at its page's revision, for a reader too, but only for its own caller", async () => {
    const server = await shop(["a", "b", "c"]);
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
    const other = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
    const first = await list(server, "limit=1&values=json", reader);
    await server.send("POST", "/v1/commit", {
      json: { changes: [{ op: "put", namespace: "shop", key: "b", value: "new", ifRevision: "any" }] },
    });
    const query = `limit=1&values=json&cursor=${first.next}`;
    const second = await list(server, query, reader);
    expect([second.revision, second.documents[0]?.value]).toEqual([first.revision, { of: "b" }]);
    for (const token of [other, server.rootToken, null])
      expect(told(await server.send("GET", `/v1/list/shop?${query}`, { token }))).toBe(
        token === null ? "401 unauthenticated" : "400 bad_cursor",
      );
    const spoilt = `${first.next?.slice(0, -1)}${first.next?.endsWith("A") ? "B" : "A"}`;
    expect(told(await server.send("GET", `/v1/list/shop?limit=1&cursor=${spoilt}`, { token: reader }))).toBe(
      "400 bad_cursor",
    );
    expect(told(await server.send("GET", "/v1/list/shop?revision=3", { token: reader }))).toBe(
      "403 forbidden",
    );
  });

  test("leads to no values when its page was without them", async () => {
    const server = await shop(["a", "b"]);
    const { next } = await list(server, "limit=1");
    const reply = await server.send("GET", `/v1/list/shop?limit=1&values=text&cursor=${next}`);
    expect(told(reply)).toBe("400 bad_cursor");
  });

  test("is nobody's in a public namespace, and another store's nowhere", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "pub", { public: true });
    for (const key of ["a", "b"]) await putText(server, "pub", key, "x");
    const page = await server.send("GET", "/v1/list/pub?limit=1", { token: null });
    const { next }: Listing = JSON.parse(page.text);
    const path = `/v1/list/pub?limit=1&cursor=${next}`;
    expect((await server.send("GET", path, { token: null })).status).toBe(200);
    expect(told(await server.send("GET", path))).toBe("400 bad_cursor");
    server.db.all("update operation set value=json_quote(hex(randomblob(32))) where name='cursor-key'");
    expect(told(await server.send("GET", path, { token: null }))).toBe("400 bad_cursor");
  });
});

async function clear(server: TestServer) {
  const { documents } = await list(server, "limit=1000");
  const changes = documents.map(({ key }) => ({ op: "delete", namespace: "shop", key, ifRevision: "any" }));
  if (changes.length > 0) await server.send("POST", "/v1/commit", { json: { changes } });
}
