/** Channels: pointing them, and reading by them. */
import { describe, expect, test } from "vitest";
import { beaconOf, headOf, lineageOf, setChannel, withState } from "../../testkit/rollouts.ts";
import { makeToken, putText, type ServerReply, type TestServer, told } from "../../testkit/server.ts";
import { allPages, answerOf, openTwoNamespaces } from "../../testkit/two-namespaces.ts";

const ROUTE = "/v1/admin/channels/shop/stable";
const ANY = { "if-match": "*" };
const jsonOf = ({ text }: ServerReply) => JSON.parse(text);

/** `shop/k` was `one` at the first revision and is `two` at the second. */
async function withTwo(): Promise<{ server: TestServer; first: number; second: number }> {
  const server = await openTwoNamespaces();
  await putText(server, "shop", "k", "one");
  const first = headOf(server.db);
  await putText(server, "shop", "k", "two");
  await putText(server, "shop", "late", "new");
  return { server, first, second: headOf(server.db) };
}

describe("/v1/admin/channels", () => {
  test("makes, shows, moves and deletes a channel", async () => {
    const { server, first, second } = await withTwo();
    const made = await server.send("PUT", ROUTE, { json: { revision: first, description: "for all" } });
    expect(told(made)).toBe("201");
    const shown = await server.send("GET", ROUTE);
    expect(jsonOf(shown)).toMatchObject({
      channel: "stable",
      revision: first,
      pointer: second + 1,
      description: "for all",
    });
    expect(told(await server.send("PUT", ROUTE, { json: { revision: second } }))).toBe(
      "428 precondition_required",
    );
    const moved = await server.send("PUT", ROUTE, {
      json: { revision: second },
      headers: { "if-match": shown.headers.etag ?? "" },
    });
    expect(told(moved)).toBe("200");
    expect(told(await server.send("DELETE", "/v1/admin/namespaces/shop", { headers: ANY }))).toBe(
      "409 not_empty",
    );
    expect(told(await server.send("DELETE", ROUTE, { headers: ANY }))).toBe("200");
    expect(told(await server.send("GET", ROUTE))).toBe("404 not_found");
  });

  test("a namespace with a channel is in use", async () => {
    const server = await openTwoNamespaces();
    await setChannel(server, "other/stable", 1);
    expect(told(await server.send("DELETE", "/v1/admin/namespaces/other", { headers: ANY }))).toBe(
      "409 in_use",
    );
  });

  test("lists those of a namespace page by page", async () => {
    const { server, first } = await withTwo();
    for (const place of ["shop/a", "shop/b", "shop/c", "other/a"]) await setChannel(server, place, first);
    type Page = { channels: { namespace: string; channel: string }[]; next?: string };
    const pages = await allPages<Page>(
      (asked) => answerOf(server, `/v1/admin/channels?${asked}`),
      "limit=2&ns=shop",
    );
    expect(pages.map(({ channels }) => channels.map(({ channel }) => channel))).toEqual([["a", "b"], ["c"]]);
    const { next } = pages[0] ?? {};
    expect(told(await server.send("GET", `/v1/admin/channels?limit=2&cursor=${next}`))).toBe(
      "400 bad_cursor",
    );
  });

  test("points at nothing that is not there, or of a namespace that is not", async () => {
    const { server, second } = await withTwo();
    const tell = async (place: string, revision: number) => told(await setChannel(server, place, revision));
    expect(await tell("shop/stable", second + 1)).toBe("404 revision_unknown");
    expect(await tell("none/stable", second)).toBe("404 namespace_not_found");
    expect(await tell("shop/Stable", second)).toBe("400 bad_parameter");
    server.db.all("update usage set compacted=? where namespace='shop'", [second]);
    expect(await tell("shop/stable", second - 1)).toBe("410 compacted");
    expect(await tell("shop/stable", second)).toBe("201");
  });

  test("a namespace has at most a hundred", async () => {
    const { server, first } = await withTwo();
    for (let at = 0; at < 100; at += 1) await setChannel(server, `shop/c${at}`, first);
    expect(told(await setChannel(server, "shop/more", first))).toBe("422 quota_exceeded");
    expect(told(await setChannel(server, "shop/c1", first))).toBe("200");
  });

  test("rollout moves what is there, and admin alone makes and deletes", async () => {
    const { server, first, second } = await withTwo();
    const token = await makeToken(server, [{ verbs: ["rollout"], namespace: "shop" }]);
    const put = (revision: number) =>
      server.send("PUT", ROUTE, { json: { revision }, headers: revision === first ? {} : ANY, token });
    expect(told(await put(first))).toBe("403 forbidden");
    await setChannel(server, "shop/stable", first);
    expect(told(await put(second))).toBe("200");
    expect(told(await server.send("DELETE", ROUTE, { headers: ANY, token }))).toBe("403 forbidden");
    const part = await makeToken(server, [{ verbs: ["rollout"], namespace: "shop", scope: "a/" }]);
    expect(
      told(await server.send("PUT", ROUTE, { json: { revision: first }, headers: ANY, token: part })),
    ).toBe("403 forbidden");
  });
});

describe("reading by a channel", () => {
  test("gives the state at its revision, for the verb read, and says where it points", async () => {
    const { server, first, second } = await withTwo();
    await setChannel(server, "shop/stable", first);
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "shop", scope: "k" }]);
    const read = await server.send("GET", "/v1/read/shop?key=k&channel=stable&edge=fra-1", { token });
    expect([read.text, read.headers["ledge-revision"], read.headers["ledge-pointer-revision"]]).toEqual([
      "one",
      String(first),
      String(second + 1),
    ]);
    const { etag = "" } = read.headers;
    const again = await server.send("GET", "/v1/read/shop?key=k&channel=stable", {
      token,
      headers: { "if-none-match": etag },
    });
    expect([again.status, again.headers["ledge-pointer-revision"]]).toEqual([304, String(second + 1)]);
    const head = await server.send("HEAD", "/v1/read/shop?key=k&channel=stable", { token });
    expect([head.status, head.headers["content-length"]]).toEqual([200, "3"]);
    expect(told(await server.send("GET", "/v1/read/shop?key=late&channel=stable"))).toBe("404 not_found");
  });

  test("refuses a channel that is not there, and one beside a revision", async () => {
    const { server, first } = await withTwo();
    expect(told(await server.send("GET", "/v1/read/shop?key=k&channel=none"))).toBe("404 not_found");
    await setChannel(server, "shop/stable", first);
    for (const query of [
      "read/shop?key=k&revision=5",
      "diff/shop?from=5&to=5",
      "diff/shop?toNamespace=other",
    ])
      expect(told(await server.send("GET", `/v1/${query}&channel=stable`))).toBe("400 bad_parameter");
  });

  test("a public namespace answers anybody by its channel", async () => {
    const { server, first } = await withTwo();
    await server.send("PUT", "/v1/admin/namespaces/shop", { json: { public: true }, headers: ANY });
    await setChannel(server, "shop/stable", first);
    const read = await server.send("GET", "/v1/read/shop?key=k&channel=stable", { token: null });
    expect([read.status, read.text]).toEqual([200, "one"]);
    expect(read.headers["cache-control"]).toContain("public");
  });

  test("the comparison shows new values only, from nothing at all and page by page", async () => {
    const { server, first, second } = await withTwo();
    await setChannel(server, "shop/stable", second);
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
    type Page = {
      entries: { key: string; result: string; before?: object; after?: { text: string } }[];
      next?: string;
    };
    const all = async (query: string) =>
      (
        await allPages<Page>(
          (asked) => answerOf(server, `/v1/diff/shop?${asked}`, token),
          `channel=stable&edge=fra-1&values=text&limit=1&${query}`,
        )
      ).flatMap(({ entries }) => entries);
    expect((await all(`from=${first}`)).map(({ key, before, after }) => [key, before, after?.text])).toEqual([
      ["k", undefined, "two"],
      ["late", undefined, "new"],
    ]);
    expect((await all("from=0")).map(({ key, result }) => `${result} ${key}`)).toEqual([
      "created k",
      "created late",
    ]);
    await setChannel(server, "shop/stable", first);
    expect((await all(`from=${second}`)).map(({ key, result, after }) => [result, key, after?.text])).toEqual(
      [
        ["changed", "k", "one"],
        ["deleted", "late", undefined],
      ],
    );
    const reply = await server.send("GET", `/v1/diff/shop?from=0&channel=stable`, { token });
    expect(reply.headers).toMatchObject({
      "ledge-revision": String(first),
      "ledge-pointer-revision": String(headOf(server.db)),
    });
    expect(told(await server.send("GET", "/v1/diff/shop?from=5", { token }))).toBe("403 forbidden");
  });

  test("pages go on with the revision of the first, though the channel moves", async () => {
    const { server, first, second } = await withTwo();
    await setChannel(server, "shop/stable", second);
    const page = await server.send("GET", "/v1/diff/shop?from=0&channel=stable&limit=1");
    await setChannel(server, "shop/stable", first);
    const { next } = jsonOf(page);
    const more = await server.send("GET", `/v1/diff/shop?from=0&channel=stable&limit=1&cursor=${next}`);
    expect(jsonOf(more).entries).toMatchObject([{ key: "late" }]);
    expect(more.headers["ledge-pointer-revision"]).toBe(page.headers["ledge-pointer-revision"]);
    const strange = await server.send(
      "GET",
      `/v1/diff/shop?from=0&channel=stable&edge=a&limit=1&cursor=${next}`,
    );
    expect(told(strange)).toBe("400 bad_cursor");
  });

  test("a state below the kept past is compared where a channel was there", async () => {
    const { server, first, second } = await withTwo();
    await setChannel(server, "shop/stable", first);
    await setChannel(server, "shop/new", second);
    server.db.all("update usage set compacted=? where namespace='shop'", [second]);
    const by = async (from: number) =>
      told(await server.send("GET", `/v1/diff/shop?from=${from}&channel=new`));
    expect([await by(first), await by(first - 1), await by(0)]).toEqual(["200", "410 compacted", "200"]);
    expect((await server.send("GET", "/v1/read/shop?key=k&channel=stable")).text).toBe("one");
  });
});

describe("edges", () => {
  test("have labels, which whoever reports for them may read", async () => {
    const server = await openTwoNamespaces();
    const path = "/v1/admin/edges/eu%2Ffra-1";
    expect(told(await withState(server, path, { labels: { ring: "canary" } }))).toBe("201");
    expect(jsonOf(await server.send("GET", path))).toMatchObject({
      edge: "eu/fra-1",
      labels: { ring: "canary" },
    });
    expect((await answerOf<{ edges: object[] }>(server, "/v1/admin/edges")).edges).toHaveLength(1);
    const token = await makeToken(server, [
      { verbs: ["report"], namespace: "shop", scope: "eu/" },
      { verbs: ["read"], namespace: "shop" },
    ]);
    const read = (edge: string) => server.send("GET", `/v1/read/_system?key=edge/${edge}`, { token });
    expect((await read("eu/fra-1")).text).toBe('{"labels":{"ring":"canary"}}');
    expect(told(await read("us/nyc-1"))).toBe("403 forbidden");
    const feed = await answerOf<{ commits: { changes: { key: string }[] }[] }>(
      server,
      "/v1/changes?ns=_system&since=0",
      token,
    );
    expect(feed.commits.flatMap(({ changes }) => changes.map(({ key }) => key))).toEqual([
      "namespace/shop",
      "edge/eu/fra-1",
    ]);
    expect(told(await server.send("DELETE", path, { headers: ANY }))).toBe("200");
  });

  test.each(["Fra", "fra 1", ".a", "%ff", "a".repeat(128)])("is not called %s", async (name) => {
    const server = await openTwoNamespaces();
    const reply = await server.send("PUT", `/v1/admin/edges/${encodeURI(name).replace("%25", "%")}`, {
      json: { labels: {} },
    });
    expect(told(reply)).toBe("400 bad_parameter");
  });
});

describe("the fleet", () => {
  type Fleet = {
    summary: Record<string, number>;
    replicas: { edge: string; standing: string; behindRevisions: number; silentSince?: string }[];
    reached?: boolean;
    waiting?: { edge: string; revision: number }[];
    next?: string;
  };
  const report = (server: TestServer, beacons: unknown[], token = server.rootToken) =>
    server.send("POST", "/v1/fleet/beacons", { json: { beacons }, token });

  test("shows who stands where: current, behind, ahead, lost, foreign, silent, refusing", async () => {
    const { server, first, second } = await withTwo();
    const lineage = lineageOf(server.db);
    const seen = { namespace: "shop", lineage };
    const taken = await report(server, [
      beaconOf("a-current", { ...seen, revision: second }),
      beaconOf("b-behind", { ...seen, revision: first, errorRate: 0.5 }),
      beaconOf("c-ahead", { ...seen, revision: second + 5 }),
      beaconOf("d-foreign", { ...seen, lineage: "0".repeat(32), revision: 1 }),
      beaconOf("e-silent", { ...seen, revision: first }, { ageSeconds: 301 }),
      beaconOf("f-refusing", {
        ...seen,
        revision: first,
        refusal: { code: "schema_violation", revision: second },
      }),
    ]);
    expect(jsonOf(taken)).toEqual({ taken: 6 });
    const { replicas, summary } = await answerOf<Fleet>(server, "/v1/admin/fleet?ns=shop");
    expect(
      replicas.map(({ edge, standing, behindRevisions }) => `${edge} ${standing} ${behindRevisions}`),
    ).toEqual([
      "a-current current 0",
      "b-behind behind 2",
      "c-ahead ahead 0",
      "d-foreign foreign 0",
      "e-silent behind 2",
      "f-refusing behind 2",
    ]);
    expect(summary).toEqual({
      edges: 6,
      replicas: 6,
      silent: 1,
      behind: 2,
      refusing: 1,
      ahead: 1,
      lost: 0,
      foreign: 1,
    });
    expect((await answerOf<Fleet>(server, "/v1/admin/fleet?ns=other")).replicas).toEqual([]);
    const metrics = (await server.send("GET", "/metrics")).text;
    expect(metrics).toContain("\nledge_fleet_edges 6\n");
    expect(metrics).toContain("\nledge_fleet_estranged 2\n");
    // The silent one lacks as much, and nobody knows whether it does.
    const [[oldestMs] = []] = server.db.all("select time_ms from commits where revision=?", [first + 1]);
    expect(metrics).toContain(`\nledge_fleet_lacks_since_timestamp_seconds ${Number(oldestMs) / 1000}\n`);
  });

  test("has no lag where all who are heard have every commit", async () => {
    const { server, first, second } = await withTwo();
    const seen = { namespace: "shop", lineage: lineageOf(server.db) };
    await report(server, [
      beaconOf("a", { ...seen, revision: second }),
      beaconOf("b", { ...seen, revision: first }, { ageSeconds: 301 }),
    ]);
    expect((await server.send("GET", "/metrics")).text).not.toContain("ledge_fleet_lacks_since");
  });

  test("an edge at a revision that a restore left behind is lost", async () => {
    const { server, second } = await withTwo();
    const lineage = lineageOf(server.db);
    server.db.all("insert into lineage values (1,?,?,?,?)", ["b".repeat(32), second + 3, lineage, second]);
    await report(server, [beaconOf("a", { namespace: "shop", lineage, revision: second + 1 })]);
    expect((await answerOf<Fleet>(server, "/v1/admin/fleet")).replicas).toMatchObject([{ standing: "lost" }]);
    server.db.all("delete from lineage where epoch=1");
  });

  test("goes by the channel that an edge follows", async () => {
    const { server, first, second } = await withTwo();
    await setChannel(server, "shop/stable", first);
    const seen = { namespace: "shop", lineage: lineageOf(server.db), channel: "stable" };
    await report(server, [
      beaconOf("a", { ...seen, revision: first }),
      beaconOf("b", { ...seen, revision: second }),
    ]);
    const { replicas } = await answerOf<Fleet>(server, "/v1/admin/fleet");
    expect(replicas).toMatchObject([
      { standing: "current", wanted: first },
      { standing: "behind", wanted: first },
    ]);
  });

  test("goes by the steps of a rollout while one divides the channel", async () => {
    const { server, first, second } = await withTwo();
    await setChannel(server, "shop/stable", first);
    await withState(server, "/v1/admin/edges/a", { labels: { ring: "canary" } });
    const steps = [{ labels: { ring: "canary" }, bakeSeconds: 60 }];
    await withState(server, "/v1/admin/rollouts/shop/stable", { to: second, steps });
    const seen = { namespace: "shop", lineage: lineageOf(server.db), channel: "stable", revision: first };
    await report(server, [beaconOf("a", seen), beaconOf("b", seen)]);
    const { replicas, summary } = await answerOf<Fleet>(server, "/v1/admin/fleet");
    expect(replicas).toMatchObject([
      { standing: "behind", wanted: second },
      { standing: "current", wanted: first },
    ]);
    expect(summary).toMatchObject({ behind: 1, silent: 0 });
  });

  test("pages, and cursors of another question are refused", async () => {
    const { server } = await withTwo();
    const lineage = lineageOf(server.db);
    await report(
      server,
      ["a", "b", "c"].map((edge) => beaconOf(edge, { namespace: "shop", lineage })),
    );
    const pages = await allPages<Fleet>((asked) => answerOf(server, `/v1/admin/fleet?${asked}`), "limit=2");
    expect(pages.map(({ replicas }) => replicas.map(({ edge }) => edge))).toEqual([["a", "b"], ["c"]]);
    expect(pages.map(({ summary }) => summary.replicas)).toEqual([3, 3]);
    const strange = await server.send("GET", `/v1/admin/fleet?limit=2&ns=shop&cursor=${pages[0]?.next}`);
    expect(told(strange)).toBe("400 bad_cursor");
  });

  test("a token reports for the edges of its scope, of its namespace, or not at all", async () => {
    const { server } = await withTwo();
    const lineage = lineageOf(server.db);
    const token = await makeToken(server, [{ verbs: ["report"], namespace: "shop", scope: "eu/" }]);
    const of = (edge: string, namespace = "shop") => beaconOf(edge, { namespace, lineage });
    expect(told(await report(server, [of("eu/a")], token))).toBe("200");
    expect(told(await report(server, [of("eu/b"), of("us/a")], token))).toBe("403 forbidden");
    expect(told(await report(server, [of("eu/b"), of("eu/a", "other")], token))).toBe("403 forbidden");
    const { replicas } = await answerOf<Fleet>(server, "/v1/admin/fleet");
    expect(replicas.map(({ edge }) => edge)).toEqual(["eu/a"]);
  });

  test("an older word, passed on late, does not replace a newer one", async () => {
    const { server, first, second } = await withTwo();
    const seen = { namespace: "shop", lineage: lineageOf(server.db) };
    await report(server, [beaconOf("a", { ...seen, revision: second })]);
    await report(server, [
      beaconOf("a", { ...seen, revision: first }, { ageSeconds: 60, through: "relay-1" }),
    ]);
    expect((await answerOf<Fleet>(server, "/v1/admin/fleet")).replicas).toMatchObject([{ revision: second }]);
    await report(server, [beaconOf("a", { ...seen, revision: first }, { through: "relay-1" })]);
    expect((await answerOf<Fleet>(server, "/v1/admin/fleet")).replicas).toMatchObject([
      { revision: first, through: "relay-1" },
    ]);
  });

  test("takes an edge that serves nothing yet, and keeps no word of more than 30 days", async () => {
    const { server } = await withTwo();
    const seen = { namespace: "shop", lineage: lineageOf(server.db) };
    const old = beaconOf("b", seen, { ageSeconds: Number.MAX_SAFE_INTEGER });
    const taken = await report(server, [{ edge: "a", version: "1", namespaces: [] }, old]);
    expect(jsonOf(taken)).toEqual({ taken: 2 });
    expect((await answerOf<Fleet>(server, "/v1/admin/fleet")).replicas).toEqual([]);
  });

  test("a word of a clock that was ahead does not hold back what comes after it", async () => {
    const { server, second } = await withTwo();
    const seen = { namespace: "shop", lineage: lineageOf(server.db), revision: second };
    await report(server, [beaconOf("a", seen)]);
    server.db.all(
      "update operation set value=json_set(value,'$.atMs',value->>'atMs'+99999999) where name='beacon/shop/a'",
    );
    await report(server, [beaconOf("a", { ...seen, revision: 1 })]);
    expect((await answerOf<Fleet>(server, "/v1/admin/fleet")).replicas).toMatchObject([{ revision: 1 }]);
  });

  test("asked for a revision it names who is not there, and waits for no silent edge", async () => {
    const { server, first, second } = await withTwo();
    const seen = { namespace: "shop", lineage: lineageOf(server.db) };
    await report(server, [
      beaconOf("a", { ...seen, revision: second }),
      beaconOf("b", { ...seen, revision: first }),
      beaconOf("c", { ...seen, revision: first }, { ageSeconds: 301 }),
    ]);
    const ask = () => answerOf<Fleet>(server, `/v1/admin/fleet?revision=${second}`);
    expect(await ask()).toMatchObject({ reached: false, waiting: [{ edge: "b", revision: first }] });
    await report(server, [beaconOf("b", { ...seen, revision: second })]);
    expect(await ask()).toMatchObject({ reached: true, waiting: [] });
  });

  test("a token that may report for any edge fills no disk", async () => {
    const { server } = await withTwo();
    server.db.all(`insert into operation (name,value) with recursive n(at) as (select 1 union all
      select at+1 from n where at<100000) select 'beacon/shop/x'||at,'{"atMs":1}' from n`);
    const seen = { namespace: "shop", lineage: lineageOf(server.db) };
    expect(told(await report(server, [beaconOf("new", seen)]))).toBe("422 quota_exceeded");
    expect(told(await report(server, [beaconOf("x7", seen)]))).toBe("200");
    server.db.all("delete from operation where name like 'beacon/%'");
  });

  test.each([
    { name: "a member that nobody knows", beacon: { colour: 1 }, says: "colour" },
    { name: "a name that is none", beacon: { edge: "A" }, says: "/beacons/0/edge" },
    { name: "an age that is none", beacon: { ageSeconds: -1 }, says: "/beacons/0/ageSeconds" },
  ])("refuses $name", async ({ beacon, says }) => {
    const { server } = await withTwo();
    const good = beaconOf("a", { namespace: "shop", lineage: "0".repeat(32) });
    const reply = await report(server, [{ ...good, ...beacon }]);
    expect([told(reply), reply.text]).toEqual(["422 invalid_body", expect.stringContaining(says)]);
  });
});
