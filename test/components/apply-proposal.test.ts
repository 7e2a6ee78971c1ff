/** A proposal that is approved, and applied by hand: what it rests on then, who may, and what ends it. */
import { describe, expect, test } from "vitest";
import {
  approveOnly,
  changeMeanwhile,
  changeOf,
  decide,
  limitsOf,
  type MadeProposal,
  openReviewed,
  setReview,
  tokenFor,
} from "../../testkit/reviewed.ts";
import { headOf } from "../../testkit/rollouts.ts";
import { makeNamespace, makeToken, type TestServer, told } from "../../testkit/server.ts";
import { answerOf } from "../../testkit/two-namespaces.ts";

/** Approved by `approver`, and not applied. */
async function approved(changes: object[] = [changeOf({ rps: 2 })]) {
  const made = await openReviewed();
  const proposal = await made.propose({ changes, message: "raise" }, made.author);
  const marked = await approveOnly(made.server, proposal, made.approver);
  expect(told(marked)).toBe("202");
  return { ...made, proposal, marked };
}

const apply = (server: TestServer, { id }: Pick<MadeProposal, "id">, token: string, key?: string) =>
  server.send("POST", `/v1/proposals/${id}/apply`, {
    token,
    ...(key === undefined ? {} : { headers: { "idempotency-key": key } }),
  });
const listed = (server: TestServer) =>
  answerOf<{ proposals: { approved?: object }[] }>(server, "/v1/proposals");
const revoke = (server: TestServer, token: string) =>
  server.send("DELETE", `/v1/admin/tokens/${token.slice(4, 16)}`);

describe("an approval with apply false", () => {
  test("writes that it is approved and by whom, and nothing else", async () => {
    const { server, proposal, approver, author } = await approved();
    expect(await limitsOf(server)).toBe('{"rps":1}');
    const { approved: shown } = await answerOf<{ approved: object }>(server, `/v1/proposals/${proposal.id}`);
    expect(shown).toMatchObject({ by: approver.slice(4, 16), byName: "approver", void: false });
    expect((await listed(server)).proposals).toEqual([expect.objectContaining({ approved: shown })]);
    const [commit] = (await answerOf<{ commits: object[] }>(server, "/v1/commits?limit=1")).commits;
    expect(commit).toMatchObject({
      actor: "_proposal",
      author: `approver (${approver.slice(4, 16)})`,
      message: "approved",
    });
    expect(told(await decide(server, proposal.id, "withdraw", author))).toBe("200");
  });

  test("is repeated without a trace, and is another's where another approves, too", async () => {
    const { server, proposal, approver } = await approved();
    const before = headOf(server.db);
    expect(told(await approveOnly(server, proposal, approver))).toBe("202");
    expect(headOf(server.db)).toBe(before);
    const other = await tokenFor(server, "other", ["approve", "read"]);
    expect(told(await approveOnly(server, proposal, other))).toBe("202");
    expect((await listed(server)).proposals[0]?.approved).toMatchObject({ byName: "other" });
  });

  test("is refused for a digest that is another, and for what has moved", async () => {
    const { server, author, approver, propose } = await openReviewed();
    const proposal = await propose({ changes: [changeOf(2)] }, author);
    const other = { ...proposal, planDigest: "0".repeat(64) };
    expect(told(await approveOnly(server, other, approver))).toBe("409 approval_void");
    await changeMeanwhile(server);
    expect(told(await approveOnly(server, proposal, approver))).toBe("409 approval_void");
  });
});

describe("what is approved", () => {
  test("is applied by whoever may write its keys, and the log names all three", async () => {
    const { server, proposal, author, approver, writer } = await approved();
    const made = await apply(server, proposal, writer);
    expect(told(made)).toBe("200");
    expect(await limitsOf(server)).toBe('{"rps":2}');
    const { revision } = JSON.parse(made.text);
    expect(await answerOf(server, `/v1/commits/${revision}`)).toMatchObject({
      actor: writer.slice(4, 16),
      author: "author",
      message: "raise",
      meta: { _proposal: proposal.id, _proposed: author.slice(4, 16), _approved: approver.slice(4, 16) },
    });
    expect((await listed(server)).proposals).toEqual([]);
  });

  test("is not applied by who approved it, reads it or may write half of it", async () => {
    const { server, proposal, author, approver } = await approved([changeOf(2), changeOf(3, { key: "web" })]);
    for (const token of [author, approver])
      expect(told(await apply(server, proposal, token))).toBe("403 forbidden");
    const half = await tokenFor(server, "half", ["write", "read"], { scope: "limits/" });
    expect(told(await apply(server, proposal, half))).toBe("404 not_found");
    const reads = await tokenFor(server, "reads", ["read"]);
    expect(told(await apply(server, proposal, reads))).toBe("403 forbidden");
    const writes = await tokenFor(server, "writes", ["write"]);
    expect(told(await apply(server, proposal, writes))).toBe("200");
  });

  test("is applied by its author, who may write", async () => {
    const { server, approver, propose } = await openReviewed();
    const author = await tokenFor(server, "author", ["plan", "read", "write"]);
    const proposal = await propose({ changes: [changeOf(2)] }, author);
    expect(told(await apply(server, proposal, author))).toBe("409 approval_required");
    await approveOnly(server, proposal, approver);
    expect(told(await apply(server, proposal, author))).toBe("200");
  });

  test("is applied once by two at once, and a repeated request gets its first answer", async () => {
    const { server, proposal, writer } = await approved();
    const other = await tokenFor(server, "other", ["write", "read"]);
    const both = await Promise.all([
      apply(server, proposal, writer, "w"),
      apply(server, proposal, other, "o"),
    ]);
    expect(both.map(told).sort()).toEqual(["200", "404 not_found"]);
    const before = headOf(server.db);
    const [token, key] = told(both[0]) === "200" ? [writer, "w"] : [other, "o"];
    const again = await apply(server, proposal, token, key);
    expect([again.status, again.headers["ledge-replayed"]]).toEqual([200, "true"]);
    for (const name of ["another", undefined])
      expect(told(await apply(server, proposal, token, name))).toBe("404 not_found");
    expect(headOf(server.db)).toBe(before);
  });

  test("is answered again to who may write, and not read", async () => {
    const { server, proposal } = await approved();
    const writes = await tokenFor(server, "writes", ["write"]);
    expect(told(await apply(server, proposal, writes, "w"))).toBe("200");
    expect((await apply(server, proposal, writes, "w")).headers["ledge-replayed"]).toBe("true");
  });

  test("is never committed once it was rejected, by whatever key of a request", async () => {
    const { server, proposal, approver, writer } = await approved([
      changeOf(1, { key: "new", ifRevision: 0 }),
    ]);
    expect(told(await decide(server, proposal.id, "reject", approver))).toBe("200");
    const { planDigest } = proposal;
    const headers = { "idempotency-key": "late" };
    const path = `/v1/proposals/${proposal.id}`;
    for (const [verb, token] of [
      ["approve", approver],
      ["apply", writer],
    ] as const) {
      const json = verb === "approve" ? { json: { planDigest } } : {};
      expect(told(await server.send("POST", `${path}/${verb}`, { token, headers, ...json }))).toBe(
        "404 not_found",
      );
    }
    expect(told(await server.send("GET", "/v1/read/shop?key=new"))).toBe("404 not_found");
  });

  test("is committed once by two approvals at once", async () => {
    const { server, author, approver, propose } = await openReviewed();
    const { id, planDigest } = await propose({ changes: [changeOf(2)] }, author);
    const other = await tokenFor(server, "other", ["approve", "read"]);
    const both = await Promise.all(
      [approver, other].map((token) => decide(server, id, "approve", token, { planDigest })),
    );
    expect(both.map(told).sort()).toEqual(["200", "404 not_found"]);
  });

  test("and committed by an approval is answered again to the same request", async () => {
    const { server, author, approver, propose } = await openReviewed();
    const { id, planDigest } = await propose({ changes: [changeOf(2)] }, author);
    const approve = (key: string, more: object = {}) =>
      server.send("POST", `/v1/proposals/${id}/approve`, {
        token: approver,
        json: { planDigest, ...more },
        headers: { "idempotency-key": key },
      });
    const first = await approve("a");
    const again = await approve("a");
    expect([again.status, again.headers["ledge-replayed"]]).toEqual([200, "true"]);
    expect(JSON.parse(again.text).revision).toBe(JSON.parse(first.text).revision);
    expect(told(await approve("b"))).toBe("404 not_found");
    expect(told(await approve("a", { apply: false }))).toBe("404 not_found");
  });

  test.each([
    {
      name: "its approver's token is revoked",
      end: (server: TestServer, approver: string) => revoke(server, approver),
    },
    {
      name: "its approver's token has expired",
      async end({ db }: TestServer, approver: string) {
        for (const table of ["entry", "change"])
          db.all(
            `update ${table} set value=cast(json_set(cast(value as text),'$.expiresMs',1000) as blob) where key=?1`,
            [`token/${approver.slice(4, 16)}`],
          );
      },
    },
  ])("has to be approved again once $name", async ({ end }) => {
    const { server, proposal, approver, writer } = await approved();
    await end(server, approver);
    expect((await listed(server)).proposals[0]?.approved).toMatchObject({ void: true });
    expect(told(await apply(server, proposal, writer))).toBe("409 approval_void");
    expect(await limitsOf(server)).toBe('{"rps":1}');
    await approveOnly(server, proposal, await tokenFor(server, "other", ["approve", "read"]));
    expect(told(await apply(server, proposal, writer))).toBe("200");
  });

  test("stays so when its approver's token gets another secret", async () => {
    const { server, proposal, approver, writer } = await approved();
    const path = `/v1/admin/tokens/${approver.slice(4, 16)}/rotate`;
    expect(told(await server.send("POST", path, { json: { digest: "b".repeat(64) } }))).toBe("200");
    expect(told(await apply(server, proposal, writer))).toBe("200");
  });

  test.each([
    { name: "a document of it has changed", move: changeMeanwhile },
    {
      name: "a policy was put",
      move: (server: TestServer) =>
        server.send("PUT", "/v1/admin/policies/shop", { json: { budgets: { keysChanged: 9 } } }),
    },
    {
      name: "a freeze was put",
      move: (server: TestServer) =>
        server.send("PUT", "/v1/admin/policies/shop", {
          json: { freeze: [{ from: "2020-01-01T00:00:00Z", until: "2100-01-01T00:00:00Z", reason: "x" }] },
        }),
    },
  ])("is void once $name", async ({ move }) => {
    const { server, proposal, writer } = await approved();
    await move(server);
    expect(told(await apply(server, proposal, writer))).toBe("409 approval_void");
    expect(told(await server.send("GET", `/v1/proposals/${proposal.id}`))).toBe("200");
  });

  test("is frozen in a freeze, and over a budget where nothing is reviewed", async () => {
    const { server, author, approver, writer, propose } = await openReviewed();
    const freeze = [{ from: "2020-01-01T00:00:00Z", until: "2100-01-01T00:00:00Z", reason: "x" }];
    await server.send("PUT", "/v1/admin/policies/shop?scope=limits/", { json: { freeze } });
    await server.send("PUT", "/v1/admin/policies/shop?scope=web", { json: { budgets: { keysChanged: 0 } } });
    const cold = await propose({ changes: [changeOf(2)] }, author);
    const many = await propose({ changes: [changeOf(2, { key: "web" })] }, author);
    for (const one of [cold, many]) expect(told(await approveOnly(server, one, approver))).toBe("202");
    expect(told(await apply(server, cold, writer))).toBe("422 frozen");
    await setReview(server, "off");
    expect(told(await apply(server, many, writer))).toBe("422 policy_violation");
    await setReview(server, "all");
    expect(told(await apply(server, many, writer))).toBe("200");
  });

  test("is void in a namespace that was deleted and made again", async () => {
    const { server, propose } = await openReviewed();
    await makeNamespace(server, "new");
    const token = (name: string, ...verbs: string[]) =>
      makeToken(server, [{ verbs, namespace: "new" }], { name });
    const [author, approver] = [await token("kim", "plan", "read"), await token("ann", "approve", "read")];
    const changes = [changeOf(1, { namespace: "new", key: "k", ifRevision: 0 })];
    const proposal = await propose({ changes }, author);
    await approveOnly(server, proposal, approver);
    const path = "/v1/admin/namespaces/new";
    for (const one of [author, approver]) await revoke(server, one);
    expect(told(await server.send("DELETE", path, { headers: { "if-match": "*" } }))).toBe("200");
    expect(told(await apply(server, proposal, server.rootToken))).toBe("409 approval_void");
    await makeNamespace(server, "new");
    expect(await answerOf(server, `/v1/proposals/${proposal.id}`)).toMatchObject({ void: true });
    const again = await token("ann", "approve", "read");
    expect(told(await approveOnly(server, proposal, again))).toBe("409 approval_void");
    expect(told(await apply(server, proposal, server.rootToken))).toBe("409 approval_void");
  });
});
