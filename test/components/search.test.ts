/** GET /v1/search: what it finds, within what a token may read, page by page. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SEARCH_LIMITS } from "../../lib/core/page-limits.ts";
import {
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  type TestServer,
  told,
} from "../../testkit/server.ts";
import { allPages, answerOf } from "../../testkit/two-namespaces.ts";

interface Found {
  revision: number;
  looked: number;
  hits: {
    namespace: string;
    key: string;
    inKey: boolean;
    line?: number;
    snippet?: { text: string; match?: true }[];
  }[];
  next?: string;
}

const search = (server: TestServer, query: string, token?: string) =>
  answerOf<Found>(server, `/v1/search?${query}`, token);

const namesOf = ({ hits }: Found) => hits.map(({ namespace, key }) => `${namespace}/${key}`);

/** All pages as one list of names. */
async function searchAll(server: TestServer, query: string, token?: string): Promise<string[]> {
  return (await allPages((asked) => search(server, asked, token), query)).flatMap(namesOf);
}

async function commitTexts(
  server: TestServer,
  texts: readonly (readonly [namespace: string, key: string, text: string])[],
) {
  const changes = texts.map(([namespace, key, text]) => ({
    op: "put",
    namespace,
    key,
    mediaType: "text/plain",
    text,
    ifRevision: "any",
  }));
  const reply = await server.send("POST", "/v1/commit", { json: { changes } });
  if (reply.status !== 200) throw new Error(reply.text);
}

async function twoShops() {
  const server = await openTestServer();
  for (const name of ["far", "shop"]) await makeNamespace(server, name);
  await commitTexts(server, [
    ["far", "limits", "RPS = 10"],
    ["shop", "limits/api", '{\n  "rps": 100,\n  "RpsBurst": 200\n}'],
    ["shop", "limits/web", "nothing here"],
    ["shop", "rps-notes", "empty"],
  ]);
  return server;
}

describe("GET /v1/search", () => {
  test("finds keys and values in every namespace, whatever the case of ASCII letters", async () => {
    const server = await twoShops();
    expect(namesOf(await search(server, "q=rPs"))).toEqual([
      "far/limits",
      "shop/limits/api",
      "shop/rps-notes",
    ]);
    expect(namesOf(await search(server, "q=rps&ns=shop&prefix=limits/"))).toEqual(["shop/limits/api"]);
    expect(namesOf(await search(server, "q=absent"))).toEqual([]);
  });

  test("shows the line of the first match, and a snippet whose parts are what matches", async () => {
    const server = await twoShops();
    const { hits, looked, revision } = await search(server, "q=rps&ns=shop");
    expect(hits).toEqual([
      {
        namespace: "shop",
        key: "limits/api",
        revision,
        mediaType: "text/plain",
        size: 35,
        inKey: false,
        line: 2,
        snippet: [
          { text: '{\n  "' },
          { text: "rps", match: true },
          { text: '": 100,\n  "' },
          { text: "Rps", match: true },
          { text: 'Burst": 200\n}' },
        ],
      },
      { namespace: "shop", key: "rps-notes", revision, mediaType: "text/plain", size: 5, inKey: true },
    ]);
    expect(looked).toBe(3);
  });

  test("cuts a long value around the first match, by characters and not by bytes", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    await putText(server, "shop", "long", `${"ä".repeat(500)}Needle${"€".repeat(500)}`);
    const { hits } = await search(server, "q=needle");
    expect(hits[0]?.snippet).toEqual([
      { text: "ä".repeat(60) },
      { text: "Needle", match: true },
      { text: "€".repeat(120) },
    ]);
  });

  test("looks into text alone: bytes that are no text are found by their key", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    const body = Buffer.concat([Buffer.from([255, 0]), Buffer.from("needle")]);
    const type = { "content-type": "application/octet-stream" };
    for (const key of ["bytes", "needle"])
      await server.send("PUT", `/v1/write/shop?key=${key}`, { headers: type, body });
    expect((await search(server, "q=needle")).hits).toEqual([
      expect.objectContaining({ key: "needle", inKey: true }),
    ]);
  });

  test("finds nothing of what the token may not read, and nothing that is deleted", async () => {
    const server = await twoShops();
    const reader = (namespace: string, scope: string, verb = "read") =>
      makeToken(server, [{ verbs: [verb], namespace, scope }]);
    expect(await searchAll(server, "q=rps", await reader("shop", "limits/"))).toEqual(["shop/limits/api"]);
    expect(await searchAll(server, "q=rps", await reader("shop", "rps-notes"))).toEqual(["shop/rps-notes"]);
    expect(await searchAll(server, "q=rps", await reader("*", "limits"))).toEqual(["far/limits"]);
    const both = await makeToken(server, [
      { verbs: ["read"], namespace: "shop", scope: "limits/" },
      { verbs: ["read"], namespace: "*", scope: "" },
    ]);
    expect(await searchAll(server, "q=rps", both)).toEqual([
      "far/limits",
      "shop/limits/api",
      "shop/rps-notes",
    ]);
    await server.send("DELETE", "/v1/write/far?key=limits", { headers: { "if-match": "*" } });
    expect(await searchAll(server, "q=rps&ns=far")).toEqual([]);
    const refused = await server.send("GET", "/v1/search?q=rps&ns=shop", { token: await reader("far", "") });
    expect(told(refused)).toBe("403 forbidden");
  });

  test("finds no token, and settings only where their namespace is named and read", async () => {
    const server = await twoShops();
    expect(await searchAll(server, "q=root")).toEqual([]);
    expect(told(await server.send("GET", "/v1/search?q=root&ns=_auth"))).toBe("403 forbidden");
    expect(await searchAll(server, "q=namespace&ns=_system")).toEqual([
      "_system/namespace/far",
      "_system/namespace/shop",
    ]);
    const far = await makeToken(server, [{ verbs: ["read"], namespace: "far", scope: "" }]);
    expect(await searchAll(server, "q=namespace", far)).toEqual([]);
  });

  test("answers anybody in a public namespace that is named, and nobody elsewhere", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "open", { public: true });
    await putText(server, "open", "a", "needle");
    const asNobody = (query: string) => server.send("GET", `/v1/search?${query}`, { token: null });
    expect(JSON.parse((await asNobody("q=needle&ns=open")).text).hits).toHaveLength(1);
    expect(told(await asNobody("q=needle"))).toBe("401 unauthenticated");
  });

  test("refuses an empty text, and a cursor with another text or another token", async () => {
    const server = await twoShops();
    expect(told(await server.send("GET", "/v1/search?ns=shop"))).toBe("400 bad_parameter");
    const { next } = await search(server, "q=rps&limit=1");
    expect(next).toBeDefined();
    const ask = (query: string, token?: string) =>
      server.send("GET", `/v1/search?${query}&limit=1&cursor=${next}`, token === undefined ? {} : { token });
    expect(told(await ask("q=rps"))).toBe("200");
    expect(told(await ask("q=other"))).toBe("400 bad_cursor");
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "*", scope: "" }]);
    expect(told(await ask("q=rps", reader))).toBe("400 bad_cursor");
  });

  test("ends a page by the bytes that it looked at, and goes on behind them", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    const filler = "x".repeat(1_000_000);
    const files = Math.ceil(SEARCH_LIMITS.bytes / filler.length) + 1;
    for (let at = 10; at < 10 + files; at += 1) await putText(server, "shop", `k${at}`, filler);
    await putText(server, "shop", "z", "needle");
    const first = await search(server, "q=needle");
    expect(first).toMatchObject({ looked: 16, hits: [] });
    expect(await searchAll(server, "q=needle")).toEqual(["shop/z"]);
  });

  test("finds by pages of any size what one look through all documents finds", async () => {
    const server = await openTestServer();
    for (const name of ["a", "b", "c"]) await makeNamespace(server, name);
    const text = fc.string({ unit: fc.constantFrom("x", "X", "y", "/", "ä"), minLength: 1, maxLength: 4 });
    const documents = fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), text, text), {
      minLength: 1,
      maxLength: 40,
      selector: ([namespace, key]) => `${namespace}/${key}`,
    });
    const made = fc.sample(documents, { seed: 7, numRuns: 1 })[0] ?? [];
    await commitTexts(server, made);
    const grants = fc.array(
      fc.record({
        namespace: fc.constantFrom("a", "b", "c", "*"),
        scope: fc.constantFrom("", "x", "x/", "/", "y/"),
      }),
      { minLength: 1, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(grants, text, fc.integer({ min: 1, max: 5 }), async (given, wanted, limit) => {
        const token = await makeToken(
          server,
          given.map((grant) => ({ verbs: ["read"], ...grant })),
        );
        const covers = (namespace: string, key: string) =>
          given.some(
            (grant) =>
              (grant.namespace === "*" || grant.namespace === namespace) &&
              (grant.scope === "" ||
                grant.scope === key ||
                (grant.scope.endsWith("/") && key.startsWith(grant.scope))),
          );
        const low = wanted.replaceAll("X", "x");
        const expected = made
          .filter(
            ([namespace, key, value]) =>
              covers(namespace, key) && [key, value].some((one) => one.replaceAll("X", "x").includes(low)),
          )
          .map(([namespace, key]) => `${namespace}/${key}`)
          .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const query = `q=${encodeURIComponent(wanted)}&limit=${limit}`;
        expect(await searchAll(server, query, token)).toEqual(expected);
      }),
      { seed: 7, numRuns: 15 },
    );
  });
});
