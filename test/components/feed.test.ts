import { describe, expect, test } from "vitest";
import {
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  type TestServer,
  told,
} from "../../testkit/server.ts";
import {
  answerOf,
  commitOf as commit,
  putJson as put,
  openTwoNamespaces as two,
} from "../../testkit/two-namespaces.ts";

interface Commit {
  revision: number;
  message?: string;
  author?: string;
  partial: boolean;
  changes: {
    op: string;
    namespace: string;
    key: string;
    value?: unknown;
    text?: string;
    superseded?: true;
  }[];
}
interface Feed {
  revision: number;
  head: number;
  cursor: string;
  commits: Commit[];
}

const feed = (server: TestServer, query: string, token?: string) =>
  answerOf<Feed>(server, `/v1/changes?${query}`, token);

describe("GET /v1/changes", () => {
  test("gives whole commits in order, and goes on from its cursor", async () => {
    const server = await two();
    await commit(server, [put("shop", "a", { n: 1e21 }), put("other", "b")], { message: "m", author: "kim" });
    await server.send("DELETE", "/v1/write/shop?key=a", { headers: { "if-match": "*" } });
    const page = await feed(server, "since=3&values=json");
    expect(page).toMatchObject({ revision: 5, head: 5 });
    expect(page.commits).toMatchObject([
      {
        revision: 4,
        message: "m",
        author: "kim",
        partial: false,
        changes: [
          { op: "put", namespace: "other", key: "b", mediaType: "application/json", size: 1, value: 1 },
          { op: "put", namespace: "shop", key: "a", value: { n: 1e21 } },
        ],
      },
      { revision: 5, partial: false, changes: [{ op: "delete", namespace: "shop", key: "a" }] },
    ]);
    expect(await feed(server, `cursor=${page.cursor}`)).toMatchObject({ revision: 5, commits: [] });
    await putText(server, "shop", "c", "x");
    expect((await feed(server, `cursor=${page.cursor}&values=text`)).commits).toMatchObject([
      { revision: 6, changes: [{ key: "c", text: "x" }] },
    ]);
  });

  test("shows a token what it may read, and hides the words of what it may not", async () => {
    const server = await two();
    await commit(server, [put("shop", "a/1"), put("other", "secret")], { message: "both" });
    await commit(server, [put("other", "secret", 2)], { message: "hidden" });
    await commit(server, [put("shop", "a/2"), put("shop", "ab")], { message: "half" });
    await commit(server, [put("shop", "a/3")], { message: "whole" });
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "shop", scope: "a/" }]);
    const page = await feed(server, "since=0", token);
    expect(
      page.commits.map(({ revision, partial, message, changes }) => [
        revision,
        partial,
        message,
        changes.map(({ key }) => key),
      ]),
    ).toEqual([
      [4, true, undefined, ["a/1"]],
      [6, true, undefined, ["a/2"]],
      [7, false, "whole", ["a/3"]],
    ]);
    expect(page.revision).toBe(8);
    expect(JSON.stringify(page)).not.toMatch(/secret|hidden|_auth/);
  });

  test("never shows tokens, and of settings those of whole namespaces", async () => {
    const server = await two();
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
    expect((await feed(server, "since=0", token)).commits.flatMap(({ changes }) => changes)).toMatchObject([
      { namespace: "_system", key: "namespace/shop" },
    ]);
    const all = (await feed(server, "since=0")).commits.flatMap(({ changes }) => changes);
    expect(all.map(({ namespace, key }) => `${namespace} ${key}`)).toEqual([
      "_system namespace/shop",
      "_system namespace/other",
    ]);
  });

  test("ends pages between commits, and moves on over what is not to be seen", async () => {
    const server = await two();
    await commit(server, [put("shop", "1"), put("shop", "2"), put("shop", "3")]);
    for (const key of ["4", "5"]) await commit(server, [put("shop", key)]);
    const first = await feed(server, "since=3&limit=2");
    expect([first.revision, first.commits.map(({ changes }) => changes.length)]).toEqual([4, [3]]);
    const second = await feed(server, `limit=2&cursor=${first.cursor}`);
    expect([second.revision, second.commits.length]).toEqual([6, 2]);
    const none = await feed(server, "since=3&ns=other");
    expect([none.revision, none.commits]).toEqual([6, []]);
  });

  test("filters by namespace and prefix without calling a whole commit partial", async () => {
    const server = await two();
    await commit(server, [put("shop", "a/1"), put("shop", "b")], { message: "m" });
    expect((await feed(server, "since=3&ns=shop&prefix=a/")).commits).toMatchObject([
      { partial: false, message: "m", changes: [{ key: "a/1" }] },
    ]);
  });

  test("says who committed to callers with a token only", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "pub", { public: true });
    await commit(server, [put("pub", "a", "1")]);
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "pub" }]);
    const seen = async (token: string | null) => {
      const reply = await server.send("GET", "/v1/changes?ns=pub", { token });
      return JSON.parse(reply.text).commits[0];
    };
    const { actor, ...rest } = await seen(reader);
    expect(actor).toBe(server.rootToken.slice(4, 16));
    expect(await seen(null)).toEqual(rest);
  });

  test("shows replaced or deleted values only to `history`, in public namespaces too", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "pub", { public: true });
    await commit(server, [put("pub", "a/1", "old"), put("pub", "b", "gone"), put("pub", "c", "kept")]);
    await commit(server, [put("pub", "a/1", "new")]);
    await server.send("DELETE", "/v1/write/pub?key=b", { headers: { "if-match": "*" } });
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "pub" }]);
    const half = await makeToken(server, [
      { verbs: ["read"], namespace: "pub" },
      { verbs: ["history"], namespace: "pub", scope: "a/" },
    ]);
    const seen = async (token: string | null) => {
      const reply = await server.send("GET", "/v1/changes?ns=pub&values=json&since=2", { token });
      const { commits }: Feed = JSON.parse(reply.text);
      return commits.flatMap(({ changes }) =>
        changes.map(({ key, value, superseded }) => [key, value ?? null, superseded === true]),
      );
    };
    const hidden = [
      ["a/1", null, true],
      ["b", null, true],
      ["c", "kept", false],
      ["a/1", "new", false],
      ["b", null, false],
    ];
    expect(await seen(null)).toEqual(hidden);
    expect(await seen(reader)).toEqual(hidden);
    expect(await seen(half)).toEqual([["a/1", "old", false], ...hidden.slice(1)]);
    expect(await seen(server.rootToken)).toEqual([
      ["a/1", "old", false],
      ["b", "gone", false],
      ...hidden.slice(2),
    ]);
    const without = await feed(server, "ns=pub&since=2", reader);
    expect(JSON.stringify(without)).not.toContain("superseded");
  });

  test("waits for something new that the token may see, and no longer than asked", async () => {
    const server = await two();
    const { cursor } = await feed(server, "ns=shop&since=3");
    // More than the test takes: what it waits for is told when it is there.
    const waiting = feed(server, `ns=shop&wait=50&cursor=${cursor}`);
    await commit(server, [put("other", "b")]);
    await commit(server, [put("shop", "a")]);
    expect((await waiting).commits).toMatchObject([{ changes: [{ key: "a" }] }]);
    const [last] = await Promise.all([feed(server, "ns=shop&since=5&wait=1")]);
    expect(last.commits).toEqual([]);
  });

  test("keeps a full commit of 1,000 changes together", async () => {
    const server = await two();
    const keys = Array.from({ length: 1000 }, (_, at) => `k${String(at).padStart(4, "0")}`);
    await commit(server, [put("shop", "first")]);
    await commit(
      server,
      keys.map((key) => put("shop", key)),
    );
    await commit(server, [put("shop", "last")]);
    const first = await feed(server, "since=3");
    expect([first.revision, first.commits.length]).toEqual([4, 1]);
    const second = await feed(server, `cursor=${first.cursor}`);
    expect([second.revision, second.commits[0]?.changes.length]).toEqual([5, 1000]);
    expect((await feed(server, `cursor=${second.cursor}`)).commits).toHaveLength(1);
  });

  test("knows what a restore lost, and what is compacted", async () => {
    const server = await two();
    const [[old]] = server.db.all("select lineage from store") as [[string]];
    await putText(server, "shop", "k", "x");
    const first = 2 ** 40 + 7;
    const fresh = "f".repeat(32);
    server.db.all("update store set pending_lineage=?1, pending_epoch=1, pending_first=?2", [fresh, first]);
    await putText(server, "shop", "k", "y");
    const cursorAt = (revision: number, lineage = old) =>
      Buffer.from(JSON.stringify(["feed", lineage, revision, [null, ""], ""])).toString("base64url");
    expect((await feed(server, `cursor=${cursorAt(4)}`)).commits).toMatchObject([{ revision: first }]);
    const beyond = await server.send("GET", `/v1/changes?cursor=${cursorAt(5)}`);
    expect([told(beyond), JSON.parse(beyond.text).sharedRevision]).toEqual(["409 lineage", 4]);
    expect(told(await server.send("GET", `/v1/changes?cursor=${cursorAt(1, "e".repeat(32))}`))).toBe(
      "409 lineage",
    );
    expect(told(await server.send("GET", "/v1/changes?since=5"))).toBe("410 revision_lost");
    expect(told(await server.send("GET", "/v1/read/shop?key=k&revision=5"))).toBe("410 revision_lost");
    expect((await server.send("GET", "/v1/read/shop?key=k&revision=4")).text).toBe("x");
    const etag = (await server.send("GET", "/v1/read/shop?key=k")).headers.etag;
    expect(etag).toBe(`"${first}-ffffffff"`);
    server.db.all("update usage set compacted=4 where namespace='shop'");
    const compacted = await server.send("GET", "/v1/read/shop?key=k&revision=3");
    expect([told(compacted), JSON.parse(compacted.text).oldest]).toEqual(["410 compacted", 4]);
    expect(told(await server.send("GET", "/v1/changes?since=3"))).toBe("410 compacted");
    expect(told(await server.send("GET", "/v1/list/shop?revision=3"))).toBe("410 compacted");
  });

  describe("of several namespaces", () => {
    const namesOf = (page: Feed) =>
      page.commits.map(({ changes }) => changes.map(({ namespace, key }) => `${namespace}/${key}`).join());

    test("has the changes of each and of no other, in one order, with one cursor", async () => {
      const server = await two();
      await makeNamespace(server, "third");
      for (const name of ["shop", "other", "third"]) await commit(server, [put(name, "a"), put(name, "b")]);
      await commit(server, [put("other", "b", 2), put("third", "b", 2)]);
      const page = await feed(server, "since=4&ns=third,shop&prefix=b");
      expect(namesOf(page)).toEqual(["shop/b", "third/b", "third/b"]);
      expect(namesOf(await feed(server, "since=4&ns=shop,third,shop&prefix=b"))).toEqual(namesOf(page));
      await commit(server, [put("shop", "b", 3)]);
      expect(namesOf(await feed(server, `cursor=${page.cursor}&ns=shop,third&prefix=b`))).toEqual(["shop/b"]);
      for (const ns of ["shop", "shop,other", "shop,third,other"])
        expect(told(await server.send("GET", `/v1/changes?cursor=${page.cursor}&ns=${ns}&prefix=b`))).toBe(
          "400 bad_cursor",
        );
    });

    test("asks for a grant in each that is not public, and tells nothing of others", async () => {
      const server = await two();
      await makeNamespace(server, "pub", { public: true });
      await commit(server, [put("shop", "a"), put("other", "a"), put("pub", "a")]);
      const reader = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
      const ask = async (ns: string, token: string | null) =>
        told(await server.send("GET", `/v1/changes?ns=${ns}`, { token }));
      expect(await ask("shop,pub", reader)).toBe("200");
      for (const ns of ["shop,other", "shop,none", "other,pub", "shop,_auth"])
        expect(await ask(ns, reader), ns).toBe("403 forbidden");
      expect([await ask("pub", null), await ask("pub,shop", null)]).toEqual(["200", "401 unauthenticated"]);
      expect(namesOf(await feed(server, "since=4&ns=shop,pub", reader))).toEqual(["pub/a,shop/a"]);
    });

    test("says which is no name, which is not there, and that there are too many", async () => {
      const server = await two();
      const ask = async (ns: string) => told(await server.send("GET", `/v1/changes?ns=${ns}`));
      for (const ns of ["", "shop,", "shop,A", "shop, other"])
        expect(await ask(encodeURIComponent(ns)), ns).toBe("400 bad_namespace");
      expect(await ask("shop,none")).toBe("404 namespace_not_found");
      expect(await ask("shop&ns=other")).toBe("400 bad_parameter");
      const names = Array.from({ length: 51 }, (_, at) => `n${at}`).join();
      expect(await ask(names)).toBe("400 bad_parameter");
    });

    test("begins where each of them is kept", async () => {
      const server = await two();
      await commit(server, [put("shop", "a"), put("other", "a")]);
      server.db.all("update usage set compacted=4 where namespace='other'");
      const ask = async (ns: string) => told(await server.send("GET", `/v1/changes?since=3&ns=${ns}`));
      expect([await ask("shop"), await ask("shop,other")]).toEqual(["200", "410 compacted"]);
    });
  });

  test("shows every value with values=bytes: text as text, other bytes as base64", async () => {
    const server = await two();
    const bytes = (key: string, base64: string) => ({
      op: "put",
      namespace: "shop",
      key,
      mediaType: "application/octet-stream",
      base64,
      ifRevision: "any",
    });
    await commit(server, [
      bytes("a", "AP+A"),
      put("shop", "b", { n: 1 }),
      bytes("empty", ""),
      bytes("t", "YWI="),
    ]);
    await commit(server, [bytes("a", "/w=="), put("other", "c", 2)], { message: "m" });
    await server.send("DELETE", "/v1/write/shop?key=b", { headers: { "if-match": "*" } });
    const all = await feed(server, "since=3&values=bytes");
    expect(all).toMatchObject({ revision: 6, head: 6 });
    const shown = all.commits.map(({ revision, message, changes }) => [
      revision,
      message,
      changes.map(({ key, op, ...rest }) => ({ key, ...rest })),
    ]);
    const octets = { namespace: "shop", mediaType: "application/octet-stream" };
    const json = { mediaType: "application/json" };
    expect(shown).toEqual([
      [
        4,
        undefined,
        [
          { key: "a", ...octets, size: 3, base64: "AP+A" },
          { key: "b", namespace: "shop", ...json, size: 7, text: '{"n":1}' },
          { key: "empty", ...octets, size: 0, text: "" },
          { key: "t", ...octets, size: 2, text: "ab" },
        ],
      ],
      [
        5,
        "m",
        [
          { key: "c", namespace: "other", ...json, size: 1, text: "2" },
          { key: "a", ...octets, size: 1, base64: "/w==" },
        ],
      ],
      [6, undefined, [{ key: "b", namespace: "shop" }]],
    ]);
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
    const [first] = (await feed(server, "since=3&values=bytes", reader)).commits;
    expect(first?.changes.map(({ key, superseded }) => [key, superseded])).toEqual([
      ["a", true],
      ["b", true],
      ["empty", undefined],
      ["t", undefined],
    ]);
    const ends = await feed(server, "since=3&values=bytes&limit=4");
    expect([ends.revision, ends.commits.length]).toEqual([4, 1]);
    expect(await feed(server, "since=7&values=bytes")).toMatchObject({ revision: 7, commits: [] });
  });

  test("counts base64 for what it is when it fills a page", async () => {
    const server = await two();
    const base64 = Buffer.alloc(1_000_000, 255).toString("base64");
    for (const key of ["a", "b", "c", "d"])
      await server.send("PUT", `/v1/write/shop?key=${key}`, {
        headers: { "content-type": "application/octet-stream" },
        body: Buffer.from(base64, "base64"),
      });
    const first = await feed(server, "since=3&values=bytes");
    expect([first.revision, first.commits.length]).toEqual([6, 3]);
    const second = await feed(server, `cursor=${first.cursor}&values=bytes`);
    expect(second.commits[0]?.changes).toMatchObject([{ key: "d", base64 }]);
  });

  test.each([
    { query: "wait=-1", told: "400 bad_parameter" },
    { query: "since=1&cursor=x", told: "400 bad_parameter" },
    { query: "cursor=x", told: "400 bad_cursor" },
    { query: "since=99", told: "404 revision_unknown" },
    { query: "ns=none", told: "404 namespace_not_found" },
    { query: "ns=_auth", told: "403 forbidden" },
    { query: "ns=A", told: "400 bad_namespace" },
  ])("refuses $query", async ({ query, told: expected }) => {
    const server = await two();
    expect(told(await server.send("GET", `/v1/changes?${query}`))).toBe(expected);
  });
});
