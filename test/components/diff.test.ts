import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DiffPage, ListPage } from "../../lib/api/document-answers.ts";
import { makeToken, putText, type TestServer, told } from "../../testkit/server.ts";
import {
  allPages,
  answerOf,
  commitOf,
  putJson as put,
  openTwoNamespaces as two,
} from "../../testkit/two-namespaces.ts";

const remove = (key: string, namespace = "shop") => ({ op: "delete", namespace, key, ifRevision: "any" });

async function commit(server: TestServer, changes: unknown) {
  const reply = await commitOf(server, changes);
  if (reply.status !== 200) throw new Error(reply.text);
}

const diff = (server: TestServer, query: string, token?: string) =>
  answerOf<DiffPage>(server, `/v1/diff/shop?${query}`, token);

async function all(server: TestServer, query: string, token?: string): Promise<DiffPage["entries"]> {
  const pages = await allPages((asked) => diff(server, asked, token), query);
  return pages.flatMap(({ entries }) => entries);
}

const told2 = (entries: DiffPage["entries"]) => entries.map(({ result, key }) => `${result} ${key}`);

describe("GET /v1/diff", () => {
  test("tells what differs between two revisions, with before and after", async () => {
    const server = await two();
    await commit(server, [put("shop", "a", { n: 1 }), put("shop", "b"), put("shop", "same")]);
    await commit(server, [put("shop", "a", { n: 2 }), remove("b"), put("shop", "c"), put("other", "a")]);
    await commit(server, [put("shop", "same", 2)]);
    await commit(server, [put("shop", "same")]);
    const page = await diff(server, "from=4&values=json");
    expect(page).toMatchObject({ namespace: "shop", from: 4, to: 7 });
    expect(page.entries).toEqual([
      {
        result: "changed",
        key: "a",
        before: {
          namespace: "shop",
          key: "a",
          revision: 4,
          etag: expect.stringMatching(/^"4-/),
          mediaType: "application/json",
          size: 7,
          modified: expect.any(String),
          value: { n: 1 },
        },
        after: expect.objectContaining({ revision: 5, value: { n: 2 } }),
      },
      { result: "deleted", key: "b", before: expect.objectContaining({ revision: 4, value: 1 }) },
      { result: "created", key: "c", after: expect.objectContaining({ revision: 5, value: 1 }) },
    ]);
    expect(told2(await all(server, "from=5&to=4"))).toEqual(["changed a", "created b", "deleted c"]);
    expect(told2(await all(server, "from=5&to=6"))).toEqual(["changed same"]);
    expect(told2(await all(server, "from=4&to=4"))).toEqual([]);
    expect(told2(await all(server, "from=0&to=4"))).toEqual(["created a", "created b", "created same"]);
    expect(JSON.stringify(await diff(server, "from=4"))).not.toContain('"value"');
  });

  test("notices another media type of the same bytes, and shows other bytes as base64", async () => {
    const server = await two();
    await putText(server, "shop", "k", "1", "text/plain");
    await putText(server, "shop", "k", "1", "text/x");
    const bytes = { op: "put", namespace: "shop", key: "b", mediaType: "a/b", base64: "/w==", ifRevision: 0 };
    await commit(server, [bytes]);
    expect((await diff(server, "from=4&values=bytes")).entries).toMatchObject([
      { result: "created", key: "b", after: { base64: "/w==" } },
      { result: "changed", before: { mediaType: "text/plain", text: "1" }, after: { mediaType: "text/x" } },
    ]);
  });

  test("takes moments for revisions", async () => {
    const server = await two();
    for (const value of [1, 2, 3]) await commit(server, [put("shop", "a", value)]);
    for (const revision of [1, 2, 3, 4, 5, 6])
      server.db.all("update commits set time_ms=?1 where revision=?2", [
        Date.UTC(2026, 10, 22, revision),
        revision,
      ]);
    const page = await diff(server, "from=2026-11-22T04:30:00Z&to=2026-11-22T05:00:00Z&values=json");
    expect([page.from, page.to]).toEqual([4, 5]);
    expect(page.entries).toMatchObject([{ before: { value: 1 }, after: { value: 2 } }]);
    expect((await diff(server, "from=2026-11-21T00:00:00Z")).from).toBe(0);
  });

  test("compares two namespaces as they are, or as they were", async () => {
    const server = await two();
    await commit(server, [put("shop", "a"), put("shop", "only"), put("other", "a"), put("other", "new")]);
    await commit(server, [put("other", "a", 2)]);
    const page = await diff(server, "toNamespace=other&values=json");
    expect(page).toMatchObject({ namespace: "shop", toNamespace: "other", from: 5, to: 5 });
    expect(page.entries).toMatchObject([
      { result: "changed", key: "a", before: { namespace: "shop" }, after: { namespace: "other", value: 2 } },
      { result: "created", key: "new" },
      { result: "deleted", key: "only" },
    ]);
    expect(told2(await all(server, "toNamespace=other&limit=1"))).toEqual([
      "changed a",
      "created new",
      "deleted only",
    ]);
    expect(told2(await all(server, "toNamespace=other&to=4&prefix=a"))).toEqual([]);
  });

  test("compares over all pages what the first one did", async () => {
    const server = await two();
    await commit(server, [put("shop", "a"), put("shop", "b"), put("shop", "c")]);
    const first = await diff(server, "from=3&limit=1");
    await commit(server, [remove("b"), put("shop", "bb")]);
    const second = await diff(server, `from=3&limit=1&cursor=${first.next}`);
    expect([second.to, told2(second.entries)]).toEqual([4, ["created b"]]);
    const { headers } = await server.send("GET", "/v1/diff/shop?from=3&limit=1");
    expect(headers.link).toMatch(/^<\/v1\/diff\/shop\?limit=1&from=3&cursor=[\w-]+>; rel="next"$/);
    const other = await makeToken(server, [{ verbs: ["history"], namespace: "shop" }]);
    const path = `/v1/diff/shop?from=3&cursor=${first.next}`;
    expect(told(await server.send("GET", path, { token: other }))).toBe("400 bad_cursor");
    expect(told(await server.send("GET", `${path}&values=text`))).toBe("400 bad_cursor");
  });

  test("ends a page at 4 MiB", async () => {
    const server = await two();
    for (const key of ["a", "b", "c"])
      for (const letter of ["x", "y"]) await putText(server, "shop", key, letter.repeat(1_000_000));
    const first = await diff(server, "from=3&values=text");
    expect(told2(first.entries)).toEqual(["created a", "created b", "created c"]);
    expect(told2((await diff(server, "from=4&to=9&values=text")).entries)).toEqual([
      "changed a",
      "created b",
      "created c",
    ]);
    for (const key of ["a", "b", "c"]) await putText(server, "shop", key, "z".repeat(1_000_000));
    const cut = await diff(server, "from=9&values=text");
    expect([told2(cut.entries), cut.next === undefined]).toEqual([["changed a", "changed b"], false]);
    expect(told2(await all(server, "from=9&values=text"))).toEqual(["changed a", "changed b", "changed c"]);
  });

  test("shows a token only what it may read, of two namespaces in both", async () => {
    const server = await two();
    const both = ["a/1", "a/2", "b"].flatMap((key) => [put("shop", key), put("other", key, "secret")]);
    await commit(server, both);
    const grants = (scope: string) => [
      { verbs: ["history"], namespace: "shop", scope: "a/" },
      { verbs: ["history"], namespace: "other", scope },
    ];
    const one = await makeToken(server, grants("a/1"));
    expect(told2(await all(server, "from=3", one))).toEqual(["created a/1", "created a/2"]);
    expect(told2(await all(server, "toNamespace=other", one))).toEqual(["changed a/1"]);
    const none = await makeToken(server, grants("b"));
    expect(told2(await all(server, "toNamespace=other", none))).toEqual([]);
    const own = await makeToken(server, grants("b").slice(0, 1));
    for (const query of ["toNamespace=other", "toNamespace=none", "toNamespace=_auth"])
      expect(told(await server.send("GET", `/v1/diff/shop?${query}`, { token: own }))).toBe("403 forbidden");
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "*" }]);
    expect(told(await server.send("GET", "/v1/diff/shop?from=3", { token: reader }))).toBe("403 forbidden");
  });

  test("says what two lists of the past say, whatever happened between", async () => {
    const server = await two();
    const key = fc.constantFrom("a", "a/1", "a/2", "b", "b/1", "c");
    const change = fc.record({
      key,
      value: fc.constantFrom(null, 1, 2),
      namespace: fc.constantFrom("shop", "other"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.nat({ max: 8 }),
        fc.nat({ max: 8 }),
        fc.constantFrom("", "a/", "b"),
        fc.constantFrom(1, 2, 100),
        async (changes, back, forth, prefix, limit) => {
          for (const { key: name, value, namespace } of changes) {
            const op = value === null ? remove(name, namespace) : put(namespace, name, value);
            await server.send("POST", "/v1/commit", { json: { changes: [op] } });
          }
          const head = Number((await server.send("GET", "/v1/list/shop")).headers["ledge-head"]);
          const [from, to] = [Math.max(3, head - back), Math.max(3, head - forth)];
          for (const target of ["shop", "other"]) {
            const into = target === "shop" ? "" : "&toNamespace=other";
            const query = `from=${from}&to=${to}&prefix=${prefix}&limit=${limit}${into}`;
            const expected = compared(
              await stateAt(server, "shop", { prefix, revision: from }),
              await stateAt(server, target, { prefix, revision: to }),
            );
            expect(told2(await all(server, query))).toEqual(expected);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test.each([
    { query: "", told: "400 bad_parameter" },
    { query: "from=-1", told: "400 bad_parameter" },
    { query: "from=1h", told: "400 bad_parameter" },
    { query: "from=99", told: "404 revision_unknown" },
    { query: "from=1&to=99", told: "404 revision_unknown" },
    { query: "toNamespace=none", told: "404 namespace_not_found" },
    { query: "toNamespace=A", told: "400 bad_namespace" },
    { query: "from=1&cursor=x", told: "400 bad_cursor" },
  ])("refuses $query", async ({ query, told: expected }) => {
    const server = await two();
    expect(told(await server.send("GET", `/v1/diff/shop?${query}`))).toBe(expected);
  });

  test("refuses what is compacted, in each of two namespaces by its own mark", async () => {
    const server = await two();
    await commit(server, [put("shop", "a"), put("other", "a")]);
    await commit(server, [put("shop", "a", 2), put("other", "a", 2)]);
    server.db.all("update usage set compacted=5 where namespace='other'");
    const ask = async (query: string) => told(await server.send("GET", `/v1/diff/${query}`));
    expect(await ask("shop?from=4")).toBe("200");
    expect(await ask("other?from=4")).toBe("410 compacted");
    expect(await ask("shop?from=4&toNamespace=other")).toBe("200");
    expect(await ask("shop?toNamespace=other&to=4")).toBe("410 compacted");
  });
});

/** Key to value of a namespace at a revision. */
async function stateAt(
  server: TestServer,
  namespace: string,
  { prefix, revision }: { prefix: string; revision: number },
): Promise<Map<string, string>> {
  const query = `prefix=${prefix}&revision=${revision}&values=text&limit=1000`;
  const { documents }: ListPage = JSON.parse(
    (await server.send("GET", `/v1/list/${namespace}?${query}`)).text,
  );
  return new Map(documents.map(({ key, text = "" }) => [key, text]));
}

function compared(before: Map<string, string>, after: Map<string, string>): string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    if (was === is) return [];
    return `${was === undefined ? "created" : is === undefined ? "deleted" : "changed"} ${key}`;
  });
}
