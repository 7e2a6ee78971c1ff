import { describe, expect, test } from "vitest";
import type { CommitsPage, LoggedCommitWithChanges } from "../../lib/api/document-answers.ts";
import { makeToken, putText, type TestServer, told } from "../../testkit/server.ts";
import {
  answerOf,
  commitOf as commit,
  putJson as put,
  openTwoNamespaces as two,
} from "../../testkit/two-namespaces.ts";

const log = (server: TestServer, query: string, token?: string) =>
  answerOf<CommitsPage>(server, `/v1/commits?${query}`, token);
const show = (server: TestServer, path: string, token?: string) =>
  answerOf<LoggedCommitWithChanges>(server, `/v1/commits/${path}`, token);

const revisions = ({ commits }: CommitsPage) => commits.map(({ revision }) => revision);

describe("GET /v1/commits", () => {
  test("lists commits newest first, by who, what and where, and pages", async () => {
    const server = await two();
    await commit(server, [put("shop", "a")], { message: "one" });
    await commit(server, [put("other", "b")], { message: "two" });
    expect(revisions(await log(server, ""))).toEqual([5, 4, 3, 2, 1]);
    expect(revisions(await log(server, "ns=shop"))).toEqual([4]);
    expect(revisions(await log(server, "from=2&to=3"))).toEqual([3, 2]);
    expect(revisions(await log(server, "actor=_bootstrap"))).toEqual([1]);
    const first = await log(server, "limit=2");
    expect(revisions(first)).toEqual([5, 4]);
    expect(revisions(await log(server, `limit=2&cursor=${first.next}`))).toEqual([3, 2]);
    const token = await makeToken(server, [{ verbs: ["history"], namespace: "shop" }]);
    expect(revisions(await log(server, "", token))).toEqual([4, 2]);
    expect(told(await server.send("GET", "/v1/commits/5", { token }))).toBe("404 not_found");
    expect(told(await server.send("GET", "/v1/commits?ns=other", { token }))).toBe("403 forbidden");
    const reader = await makeToken(server, [{ verbs: ["read"], namespace: "*" }]);
    expect(told(await server.send("GET", "/v1/commits", { token: reader }))).toBe("403 forbidden");
  });

  test("finds a writer's own request", async () => {
    const server = await two();
    const writer = await makeToken(server, [{ verbs: ["write"], namespace: "shop" }]);
    await server.send("PUT", "/v1/write/shop?key=k", {
      token: writer,
      body: "x",
      headers: { "content-type": "text/plain", "idempotency-key": "r1" },
    });
    const found = await server.send("GET", "/v1/commits?requestId=r1", { token: writer });
    expect(JSON.parse(found.text).commits).toMatchObject([{ requestId: "r1", changeCount: 1 }]);
    expect(told(await server.send("GET", "/v1/commits", { token: writer }))).toBe("403 forbidden");
  });

  test("knows who committed by accessor and by the name of the token", async () => {
    const server = await two();
    const grants = [{ verbs: ["write"], namespace: "shop" }];
    const ci = await makeToken(server, grants, { name: "ci pipeline" });
    const other = await makeToken(server, grants, { name: "other" });
    await commit(server, [put("shop", "a")], { token: ci });
    await commit(server, [put("shop", "b")], { token: other });
    await server.send("DELETE", `/v1/admin/tokens/${ci.slice(4, 16)}`);
    const named = await log(server, "actor=ci%20pipeline");
    expect(named.commits).toMatchObject([{ revision: 6, actor: ci.slice(4, 16), actorName: "ci pipeline" }]);
    expect(revisions(await log(server, `actor=${ci.slice(4, 16)}`))).toEqual([6]);
    expect(revisions(await log(server, "actor=nobody"))).toEqual([]);
    const [first] = (await log(server, "to=1")).commits;
    expect([first?.actor, first?.actorName]).toEqual(["_bootstrap", undefined]);
  });

  test("finds commits by key and prefix, in one namespace or in all", async () => {
    const server = await two();
    await commit(server, [put("shop", "a/1"), put("other", "b")]);
    await commit(server, [put("other", "a/1")]);
    await commit(server, [put("shop", "a/2")]);
    expect(revisions(await log(server, "key=a/1"))).toEqual([5, 4]);
    expect(revisions(await log(server, "key=a/1&ns=shop"))).toEqual([4]);
    expect(revisions(await log(server, "prefix=a/&ns=shop"))).toEqual([6, 4]);
    expect(revisions(await log(server, "prefix=a/2"))).toEqual([6]);
    const token = await makeToken(server, [{ verbs: ["history"], namespace: "shop" }]);
    expect(revisions(await log(server, "key=b", token))).toEqual([]);
  });

  test("finds a text in messages, but in none that the caller may not read", async () => {
    const server = await two();
    await commit(server, [put("shop", "a")], { message: "Raise the LIMITS" });
    await commit(server, [put("shop", "a", 2), put("other", "b")], { message: "limits of both" });
    await commit(server, [put("shop", "a", 3)]);
    expect(revisions(await log(server, "message=limits"))).toEqual([5, 4]);
    expect(revisions(await log(server, "message=100%25"))).toEqual([]);
    const token = await makeToken(server, [{ verbs: ["history"], namespace: "shop" }]);
    expect(revisions(await log(server, "message=limits", token))).toEqual([4]);
    const all = await log(server, "from=4&to=5", token);
    expect(all.commits.map(({ partial, message }) => [partial, message])).toEqual([
      [true, undefined],
      [false, "Raise the LIMITS"],
    ]);
  });

  test("takes moments for revisions: what was made from one on, and up to one", async () => {
    const server = await two();
    for (const value of [1, 2, 3]) await commit(server, [put("shop", "a", value)]);
    const hour = (n: number) => Date.UTC(2026, 10, 22, n);
    for (const [at, revision] of [1, 2, 3, 4, 5, 6].entries())
      server.db.all("update commits set time_ms=?1 where revision=?2", [hour(at), revision]);
    const asked = async (query: string) => revisions(await log(server, query));
    expect(await asked("from=2026-11-22T04:00:00Z")).toEqual([6, 5]);
    expect(await asked("from=2026-11-22T04:00:00.001Z")).toEqual([6]);
    expect(await asked("to=2026-11-22T01:00:00Z")).toEqual([2, 1]);
    expect(await asked("from=2026-11-22T03:00:00%2B01:00&to=2026-11-22T03:59:59Z")).toEqual([4, 3]);
    expect(await asked("to=2026-11-21T00:00:00Z")).toEqual([]);
    expect(await asked("from=2027-01-01T00:00:00Z")).toEqual([]);
    const first = await log(server, "from=2026-11-22T04:00:00Z&limit=1");
    expect(await asked(`from=2026-11-22T04:00:00Z&limit=1&cursor=${first.next}`)).toEqual([5]);
  });

  test("shows on demand what changed, and what stood there before", async () => {
    const server = await two();
    await commit(server, [put("shop", "a/1", { n: 1 }), put("shop", "b")]);
    await commit(server, [put("shop", "a/1", { n: 2 }), put("other", "a/1")]);
    const bare = await log(server, "from=4");
    expect(bare.commits.map(({ changes }) => changes)).toEqual([undefined, undefined]);
    const named = await log(server, "from=4&changes=true&ns=shop&prefix=a/");
    expect(named.commits.map(({ changes }) => changes)).toEqual([
      [
        {
          op: "put",
          namespace: "shop",
          key: "a/1",
          mediaType: "application/json",
          size: 7,
          before: expect.objectContaining({ revision: 4, size: 7 }),
        },
      ],
      [expect.objectContaining({ key: "a/1" })],
    ]);
    expect(JSON.stringify(named)).not.toContain('"value"');
    const [newest] = (await log(server, "from=5&values=json")).commits;
    expect(newest?.changes).toMatchObject([
      { namespace: "other", key: "a/1", value: 1 },
      { namespace: "shop", value: { n: 2 }, before: { revision: 4, value: { n: 1 } } },
    ]);
    expect(newest?.changes?.[0]).not.toHaveProperty("before");
  });

  test("ends a page with changes between commits, or inside one that is too large", async () => {
    const server = await two();
    const big = (letter: string) => letter.repeat(900_000);
    for (const letter of ["x", "y"])
      await commit(server, [put("shop", "a", big(letter)), put("shop", "b", big(letter))]);
    await commit(server, [put("shop", "c", 1)]);
    const first = await log(server, "from=4&values=text");
    expect(first.commits.map(({ revision, truncated }) => [revision, truncated])).toEqual([
      [6, undefined],
      [5, undefined],
    ]);
    const next = await log(server, `from=4&values=text&cursor=${first.next}`);
    expect(revisions(next)).toEqual([4]);
    for (const letter of ["v", "w", "z"]) await putText(server, "shop", letter, big(letter));
    const deletions = ["a", "b", "v", "w", "z"].map((key) => ({
      op: "delete",
      namespace: "shop",
      key,
      ifRevision: "any",
    }));
    await commit(server, deletions);
    const cut = await log(server, "from=9&values=text");
    expect(
      cut.commits.map(({ revision, truncated, changes }) => [revision, truncated, changes?.length]),
    ).toEqual([[10, true, 4]]);
    expect(revisions(await log(server, `from=9&values=text&cursor=${cut.next}`))).toEqual([9]);
  });

  test("takes so many commits for a page with changes as make a thousand of them", async () => {
    const server = await two();
    for (const from of [0, 600]) {
      const keys = Array.from({ length: 600 }, (_, at) => `k${from + at}`);
      await commit(
        server,
        keys.map((key) => put("shop", key)),
      );
    }
    const first = await log(server, "from=4&changes=true");
    expect(first.commits.map(({ revision, changes }) => [revision, changes?.length])).toEqual([[5, 600]]);
    const second = await log(server, `from=4&changes=true&cursor=${first.next}`);
    expect(second.commits.map(({ revision, changes }) => [revision, changes?.length])).toEqual([[4, 600]]);
  });

  test.each([
    { path: "/v1/commits/x", told: "400 bad_parameter" },
    { path: "/v1/commits/99", told: "404 revision_unknown" },
    { path: "/v1/commits/", told: "404 no_route" },
    { path: "/v1/commits?to=0", told: "400 bad_parameter" },
    { path: "/v1/commits?from=2h", told: "400 bad_parameter" },
    { path: "/v1/commits?from=2026-02-30T00:00:00Z", told: "400 bad_parameter" },
    { path: "/v1/commits?actor=%09", told: "400 bad_parameter" },
    { path: "/v1/commits?key=a&prefix=a", told: "400 bad_parameter" },
    { path: "/v1/commits?requestId=%20", told: "400 bad_parameter" },
    { path: "/v1/commits/1?cursor=x", told: "400 bad_cursor" },
  ])("refuses $path", async ({ path, told: expected }) => {
    const server = await two();
    expect(told(await server.send("GET", path))).toBe(expected);
  });
});

describe("GET /v1/commits/{revision}", () => {
  test("shows each change with its value and what it replaced", async () => {
    const server = await two();
    await commit(server, [put("shop", "a", 1), put("shop", "b", 1)]);
    const gone = { op: "delete", namespace: "shop", key: "b", ifRevision: "any" };
    await commit(server, [put("shop", "a", 2), gone, put("shop", "c", 3)], { message: "m" });
    const { changes, message, changeCount } = await show(server, "5?values=json");
    expect([message, changeCount]).toEqual(["m", 3]);
    expect(changes).toMatchObject([
      { op: "put", key: "a", value: 2, before: { revision: 4, value: 1 } },
      { op: "delete", key: "b", before: { value: 1 } },
      { op: "put", key: "c", value: 3 },
    ]);
    expect(changes[2]).not.toHaveProperty("before");
    expect(JSON.stringify(await show(server, "5"))).not.toContain('"value"');
  });

  test("shows bytes that are no text as base64, before and after", async () => {
    const server = await two();
    for (const byte of [254, 255]) {
      const base64 = Buffer.from([byte]).toString("base64");
      await commit(server, [
        { op: "put", namespace: "shop", key: "k", mediaType: "a/b", base64, ifRevision: "any" },
      ]);
    }
    const { changes } = await show(server, "5?values=bytes");
    expect(changes).toMatchObject([{ base64: "/w==", before: { base64: "/g==" } }]);
  });

  test("pages through a large commit", async () => {
    const server = await two();
    await commit(server, [put("shop", "a"), put("shop", "b"), put("other", "a")]);
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page = await show(server, `4?limit=1${next === undefined ? "" : `&cursor=${next}`}`);
      seen.push(...page.changes.map(({ namespace, key }) => `${namespace} ${key}`));
      next = page.next;
    } while (next !== undefined);
    expect(seen).toEqual(["other a", "shop a", "shop b"]);
    const { next: of4 } = await show(server, "4?limit=1");
    await commit(server, [put("shop", "z")]);
    expect(told(await server.send("GET", `/v1/commits/5?limit=1&cursor=${of4}`))).toBe("400 bad_cursor");
  });

  test("shows a token only what it may read of the past", async () => {
    const server = await two();
    await commit(server, [put("shop", "a/1", "old"), put("shop", "b", "secret")]);
    await commit(server, [put("shop", "a/1", "new"), put("shop", "b", "hidden")], { message: "both" });
    const token = await makeToken(server, [{ verbs: ["history"], namespace: "shop", scope: "a/" }]);
    const shown = await show(server, "5?values=json", token);
    expect(shown).toMatchObject({ partial: true, changes: [{ value: "new", before: { value: "old" } }] });
    expect(JSON.stringify(shown)).not.toMatch(/secret|hidden|both/);
    const listed = await log(server, "values=json", token);
    expect(JSON.stringify(listed)).not.toMatch(/secret|hidden|both/);
  });
});
