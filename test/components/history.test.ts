import { describe, expect, test } from "vitest";
import type { HistoryPage } from "../../lib/api/document-answers.ts";
import {
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  type TestServer,
  told,
} from "../../testkit/server.ts";
import {
  allPages,
  answerOf,
  commitOf as commit,
  putJson as put,
  openTwoNamespaces as two,
} from "../../testkit/two-namespaces.ts";

type Page = HistoryPage;

const page = (server: TestServer, query: string, token?: string) =>
  answerOf<Page>(server, `/v1/history/shop?${query}`, token);

async function all(server: TestServer, query: string, token?: string): Promise<Page["entries"]> {
  const pages = await allPages((asked) => page(server, asked, token), query);
  return pages.flatMap(({ entries }) => entries);
}

const remove = (server: TestServer, key: string) =>
  server.send("DELETE", `/v1/write/shop?key=${key}`, { headers: { "if-match": "*" } });
const names = (entries: Page["entries"]) => entries.map(({ revision, key }) => `${revision} ${key}`);

describe("GET /v1/history", () => {
  test("tells what became of a key, newest first, each change with its commit", async () => {
    const server = await two();
    await commit(server, [put("shop", "a", { n: 1 })], {
      message: "first",
      author: "kim",
      meta: { pr: "7" },
    });
    await commit(server, [put("shop", "ab"), put("shop", "a", { n: 2 })]);
    await remove(server, "a");
    const { entries, revision, namespace } = await page(server, "key=a&values=json");
    const actor = server.rootToken.slice(4, 16);
    const said = {
      id: expect.any(String),
      time: expect.any(String),
      actor,
      actorName: "root",
      partial: false,
    };
    expect([namespace, revision]).toEqual(["shop", 6]);
    expect(entries).toEqual([
      { op: "delete", namespace: "shop", key: "a", revision: 6, commit: said },
      {
        op: "put",
        namespace: "shop",
        key: "a",
        revision: 5,
        etag: expect.stringMatching(/^"5-[0-9a-f]{8}"$/),
        mediaType: "application/json",
        size: 7,
        modified: expect.stringMatching(/Z$/),
        value: { n: 2 },
        commit: said,
      },
      expect.objectContaining({
        revision: 4,
        value: { n: 1 },
        commit: { ...said, message: "first", author: "kim", meta: { pr: "7" } },
      }),
    ]);
  });

  test("shows values as they were: JSON digit by digit, text, and other bytes as base64", async () => {
    const server = await two();
    const body = '{"changes":[{"op":"put","namespace":"shop","key":"n","value":{"b":1.0,"a":1e2}}]}';
    await server.send("POST", "/v1/commit", { body, headers: { "content-type": "application/json" } });
    await putText(server, "shop", "t", 'x"\u0001');
    for (const bytes of [[255], [255, 254], [255, 254, 253]]) {
      const headers = { "content-type": "a/b", "if-match": "*" };
      const key = `bin${bytes.length}`;
      const { "if-match": _, ...create } = headers;
      await server.send("PUT", `/v1/write/shop?key=${key}`, { body: new Uint8Array(bytes), headers: create });
    }
    const shown = async (values: string) => {
      const { entries } = await page(server, `values=${values}`);
      return entries.map((one) => (one.op === "put" ? (one.value ?? one.text ?? one.base64) : null));
    };
    expect(await shown("bytes")).toEqual(["//79", "//4=", "/w==", 'x"\u0001', '{"b":1.0,"a":1e2}']);
    expect(await shown("text")).toEqual([undefined, undefined, undefined, 'x"\u0001', '{"b":1.0,"a":1e2}']);
    expect(await shown("none")).toEqual([undefined, undefined, undefined, undefined, undefined]);
    const raw = await server.send("GET", "/v1/history/shop?key=n&values=json");
    expect(raw.text).toContain('"value":{"b":1.0,"a":1e2}');
  });

  test("pages by key inside a commit, and stays before its first page's revision", async () => {
    const server = await two();
    await commit(server, [put("shop", "a/1"), put("shop", "a/2"), put("shop", "b"), put("other", "a/3")]);
    await commit(server, [put("shop", "a/2", 2), put("shop", "a/1", 2)]);
    const wanted = ["5 a/1", "5 a/2", "4 a/1", "4 a/2"];
    expect(names(await all(server, "prefix=a/"))).toEqual(wanted);
    expect(names(await all(server, "prefix=a/&limit=1"))).toEqual(wanted);
    expect(names(await all(server, "key=a/1&limit=1"))).toEqual(["5 a/1", "4 a/1"]);
    const first = await page(server, "prefix=a/&limit=2");
    await commit(server, [put("shop", "a/0")]);
    const second = await page(server, `prefix=a/&limit=2&cursor=${first.next}`);
    expect([second.revision, names(second.entries), second.next]).toEqual([5, ["4 a/1", "4 a/2"], undefined]);
    const reply = await server.send("GET", "/v1/history/shop?prefix=a/&limit=2");
    expect(reply.headers.link).toMatch(
      /^<\/v1\/history\/shop\?limit=2&prefix=a\/&cursor=[\w-]+>; rel="next"$/,
    );
    const linked = /<(.*)>/.exec(reply.headers.link ?? "")?.[1] ?? "";
    expect(names(JSON.parse((await server.send("GET", linked)).text).entries)).toEqual(["5 a/2", "4 a/1"]);
  });

  test("ends a page at 4 MiB, but never before its first entry", async () => {
    const server = await two();
    for (let nth = 0; nth < 6; nth += 1) await putText(server, "shop", "k", `${nth}${"x".repeat(1_000_000)}`);
    const first = await page(server, "key=k&values=text");
    expect(names(first.entries)).toEqual(["9 k", "8 k", "7 k", "6 k"]);
    expect(names(await all(server, "key=k&values=text"))).toHaveLength(6);
  });

  test("shows a token what its grants cover, and no words of commits beyond them", async () => {
    const server = await two();
    await commit(server, [put("shop", "a/1"), put("other", "secret")], { message: "both" });
    await commit(server, [put("shop", "a/1", 2)], { message: "whole" });
    await commit(server, [put("shop", "b")], { message: "hidden" });
    const token = await makeToken(server, [{ verbs: ["history"], namespace: "shop", scope: "a/" }]);
    const entries = await all(server, "", token);
    expect(entries.map(({ revision, commit: { partial, message } }) => [revision, partial, message])).toEqual(
      [
        [5, false, "whole"],
        [4, true, undefined],
      ],
    );
    expect(JSON.stringify(entries)).not.toMatch(/secret|hidden|both/);
    expect(names(await all(server, "key=a/1", token))).toEqual(["5 a/1", "4 a/1"]);
    for (const query of ["key=b", "key=none"])
      expect(told(await server.send("GET", `/v1/history/shop?${query}`, { token }))).toBe("403 forbidden");
    expect(told(await server.send("GET", "/v1/history/other", { token }))).toBe("403 forbidden");
    expect(told(await server.send("GET", "/v1/history/_auth"))).toBe("403 forbidden");
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "*" }]);
    expect(told(await server.send("GET", "/v1/history/shop", { token: reader }))).toBe("403 forbidden");
  });

  test("asks for `history` in a public namespace, too", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop", { public: true });
    expect(told(await server.send("GET", "/v1/history/shop", { token: null }))).toBe("401 unauthenticated");
  });

  test("shows a purged value as erased, wherever it stood", async () => {
    const server = await two();
    await putText(server, "shop", "k", "pasted by mistake");
    await putText(server, "shop", "k", "again");
    const json = { namespace: "shop", key: "k", why: "a slip" };
    expect((await server.send("POST", "/v1/admin/purge", { json })).status).toBe(200);
    const reply = await server.send("GET", "/v1/history/shop?key=k&values=bytes");
    expect(reply.text).not.toMatch(/pasted|again/);
    expect(JSON.parse(reply.text).entries).toMatchObject([{ op: "erase" }, { op: "erase" }, { op: "erase" }]);
  });

  test("gives cursors to their own caller, and for the same parameters", async () => {
    const server = await two();
    await commit(server, [put("shop", "a"), put("shop", "b")]);
    const other = await makeToken(server, [{ verbs: ["history"], namespace: "shop" }]);
    const { next } = await page(server, "limit=1");
    const ask = async (query: string, token = server.rootToken) =>
      told(await server.send("GET", `/v1/history/shop?${query}&cursor=${next}`, { token }));
    expect(await ask("limit=1")).toBe("200");
    expect(await ask("limit=1", other)).toBe("400 bad_cursor");
    expect(await ask("limit=1&values=text")).toBe("400 bad_cursor");
    expect(await ask("key=a")).toBe("400 bad_cursor");
    expect(told(await server.send("GET", `/v1/list/shop?cursor=${next}`))).toBe("400 bad_cursor");
  });

  test.each([
    { query: "key=a&prefix=a", told: "400 bad_parameter" },
    { query: "values=base64", told: "400 bad_parameter" },
    { query: "key=", told: "400 bad_key" },
    { query: "cursor=x", told: "400 bad_cursor" },
    { query: "revision=4", told: "400 unknown_parameter" },
  ])("refuses $query", async ({ query, told: expected }) => {
    const server = await two();
    expect(told(await server.send("GET", `/v1/history/shop?${query}`))).toBe(expected);
  });
});
