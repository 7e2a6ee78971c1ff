/** Review: what needs a second person, and what becomes of a proposal. */
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { formatProposal, PROPOSALS_MAX } from "../../lib/core/review/document.ts";
import { formatToken, newToken } from "../../lib/core/token.ts";
import { propose as commitTo } from "../../testkit/proposals.ts";
import {
  changeOf as change,
  changeMeanwhile,
  decide,
  limitsOf,
  openReviewed as reviewed,
  tokenFor,
} from "../../testkit/reviewed.ts";
import { headOf } from "../../testkit/rollouts.ts";
import { digestOf, makeToken, type TestServer, told } from "../../testkit/server.ts";
import { answerOf } from "../../testkit/two-namespaces.ts";

const VERBS = ["plan", "read", "approve", "admin", "write"];

interface Shown {
  id: string;
  planDigest: string;
  void: boolean;
  plan: { ok: boolean; changes: { result: string }[] };
  commit: { changes: object[] };
}

/** The token with another secret, which `by` has given it. */
async function rotatedBy(server: TestServer, rotated: string, by: string): Promise<string> {
  const token = { ...newToken((length) => randomBytes(length)), accessor: rotated.slice(4, 16) };
  const json = { digest: digestOf(token) };
  const made = await server.send("POST", `/v1/admin/tokens/${token.accessor}/rotate`, { token: by, json });
  if (made.status !== 200) throw new Error(made.text);
  return formatToken(token);
}

describe("a namespace with review", () => {
  test("takes no change of one person, by any door, and says how to propose it", async () => {
    const { server, writer } = await reviewed();
    const refused = "409 approval_required";
    const put = { headers: { "content-type": "text/plain", "if-match": "*" }, body: "x", token: writer };
    expect(told(await server.send("PUT", "/v1/write/shop?key=limits/api", put))).toBe(refused);
    const gone = { headers: { "if-match": "*" }, token: writer };
    expect(told(await server.send("DELETE", "/v1/write/shop?key=limits/api", gone))).toBe(refused);
    const committed = await server.send("POST", "/v1/commit", {
      json: { changes: [change(2)] },
      token: writer,
    });
    expect(told(committed)).toBe(refused);
    expect(committed.text).toContain("POST /v1/proposals");
    expect(told(await server.send("POST", "/v1/revert", { json: { commit: 3 } }))).toBe(refused);
    const plan = await server.send("POST", "/v1/plan", { json: { changes: [change(2)] } });
    expect(JSON.parse(plan.text).refusals.map(({ code }: { code: string }) => code)).toEqual([
      "approval_required",
    ]);
    expect(await limitsOf(server)).toBe('{"rps":1}');
  });

  test("takes what changes nothing, and a check", async () => {
    const { server } = await reviewed();
    const changes = [change(undefined, { text: '{"rps":1}', mediaType: "application/json" })];
    expect(told(await server.send("POST", "/v1/commit", { json: { changes } }))).toBe("200");
  });

  test("with budget wants an approval for what is over a budget, in place of an override", async () => {
    const { server, writer, author, approver, propose } = await reviewed("budget");
    await server.send("PUT", "/v1/admin/policies/shop", { json: { budgets: { keysChanged: 1 } } });
    const two = [change(2), change(2, { key: "limits/web" })];
    const commit = (json: object) => server.send("POST", "/v1/commit", { json, token: writer });
    expect(told(await commit({ changes: [change(3)] }))).toBe("200");
    expect(told(await commit({ changes: two, override: { reason: "now" } }))).toBe("409 approval_required");
    const { id, planDigest } = await propose({ changes: two }, author);
    expect(told(await decide(server, id, "approve", approver, { planDigest }))).toBe("200");
  });

  test("is still frozen by a freeze, approved or not", async () => {
    const { server, author, approver, propose } = await reviewed();
    const freeze = [{ from: "2020-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z", reason: "x" }];
    await server.send("PUT", "/v1/admin/policies/shop", { json: { freeze } });
    const { id, planDigest } = await propose({ changes: [change(2)] }, author);
    expect(told(await decide(server, id, "approve", approver, { planDigest }))).toBe("422 frozen");
    expect(told(await server.send("GET", `/v1/proposals/${id}`))).toBe("200");
  });
});

describe("a proposal", () => {
  test("is committed by its approval exactly as it was sent, and names who proposed it", async () => {
    const { server, author, approver } = await reviewed();
    const exact =
      '{"message":"raise","changes":[{"op":"put","namespace":"shop","key":"limits/api","value":{"rps":2.00},"ifRevision":"any"}]}';
    const made = await server.send("POST", "/v1/proposals", {
      body: exact,
      headers: { "content-type": "application/json" },
      token: author,
    });
    const { id, planDigest } = JSON.parse(made.text);
    const shown = await answerOf<Shown>(server, `/v1/proposals/${id}`, approver);
    expect(shown).toMatchObject({ id, planDigest, void: false, by: author.slice(4, 16), message: "raise" });
    expect([shown.plan.ok, shown.plan.changes[0]?.result]).toEqual([true, "changed"]);
    expect(await limitsOf(server)).toBe('{"rps":1}');
    const approved = await decide(server, id, "approve", approver, { planDigest });
    expect(told(approved)).toBe("200");
    expect(await limitsOf(server)).toBe('{"rps":2.00}');
    const { revision } = JSON.parse(approved.text);
    expect(await answerOf(server, `/v1/commits/${revision}`)).toMatchObject({
      actor: approver.slice(4, 16),
      author: "author",
      message: "raise",
      meta: { _proposal: id, _proposed: author.slice(4, 16) },
    });
    expect(told(await decide(server, id, "approve", approver, { planDigest }))).toBe("404 not_found");
    expect(await answerOf(server, "/v1/proposals")).toEqual({ proposals: [] });
  });

  test("waits with 199 others, and with no more", async () => {
    const { server, author, propose } = await reviewed();
    const value = formatProposal({ by: "a", byName: "b", created: "", planDigest: "" }, '{"changes":[]}');
    const puts = Array.from({ length: PROPOSALS_MAX - 1 }, (_, at) => {
      const key = `proposal/${String(at).padStart(12, "a")}`;
      return { op: "put", ns: "_system", key, value, type: "application/json", if: 0 } as const;
    });
    const by = { kind: "reserved", actor: "_proposal" } as const;
    expect(commitTo(server.db, puts, { door: "admin", by }).ok).toBe(true);
    await propose({ changes: [change(2)] }, author);
    const refused = await server.send("POST", "/v1/proposals", {
      json: { changes: [change(3)] },
      token: author,
    });
    expect(told(refused)).toBe("422 quota_exceeded");
  });

  test.each([
    { name: "its author", of: async (_: TestServer, author: string) => author },
    {
      name: "a token of the author's",
      of: (server: TestServer, by: string) => tokenFor(server, "second", VERBS, { by }),
    },
    {
      name: "a token of such a token",
      async of(server: TestServer, author: string) {
        const by = await tokenFor(server, "second", VERBS, { by: author });
        return tokenFor(server, "third", VERBS, { by });
      },
    },
    {
      name: "a token of the author's name",
      of: (server: TestServer) => tokenFor(server, "author", VERBS),
    },
    {
      name: "a token whose secret the author gave",
      of: async (server: TestServer, author: string) =>
        rotatedBy(server, await tokenFor(server, "other", VERBS), author),
    },
    {
      name: "who holds approve for another key",
      of: (server: TestServer) =>
        makeToken(
          server,
          [
            { verbs: ["read"], namespace: "shop" },
            { verbs: ["approve"], namespace: "shop", scope: "other" },
          ],
          { name: "elsewhere" },
        ),
    },
    {
      name: "the token that the author's comes from",
      by: (server: TestServer) => tokenFor(server, "lead", VERBS),
      of: async (_: TestServer, _author: string, lead: string) => lead,
    },
    {
      name: "another token of whom the author's comes from",
      by: (server: TestServer) => tokenFor(server, "lead", VERBS),
      of: (server: TestServer, _: string, by: string) => tokenFor(server, "second", VERBS, { by }),
    },
    {
      name: "one of two tokens of the author's that gave each other secrets",
      async of(server: TestServer, by: string) {
        const [one, other] = [
          await tokenFor(server, "one", VERBS, { by }),
          await tokenFor(server, "two", VERBS, { by }),
        ];
        return rotatedBy(server, one, await rotatedBy(server, other, one));
      },
    },
    { name: "who holds no approve", of: (server: TestServer) => tokenFor(server, "none", ["read", "write"]) },
  ])("is never decided on by $name", async ({ of, by }) => {
    const { server } = await reviewed();
    const giver = (await by?.(server)) ?? server.rootToken;
    const author = await tokenFor(server, "author", VERBS, { by: giver });
    const made = await server.send("POST", "/v1/proposals", {
      json: { changes: [change(2)] },
      token: author,
    });
    const { id, planDigest } = JSON.parse(made.text);
    const token = await of(server, author, giver);
    const before = headOf(server.db);
    for (const apply of [true, false])
      expect(told(await decide(server, id, "approve", token, { planDigest, apply }))).toBe("403 forbidden");
    expect(told(await decide(server, id, "reject", token))).toBe("403 forbidden");
    expect(headOf(server.db)).toBe(before);
  });

  test.each([
    { name: "the document", move: changeMeanwhile },
    {
      name: "a policy",
      move: (server: TestServer) =>
        server.send("PUT", "/v1/admin/policies/shop", { json: { budgets: { keysChanged: 9 } } }),
    },
  ])("is void once $name has changed, and says so", async ({ move }) => {
    const { server, author, approver, propose } = await reviewed();
    const { id, planDigest } = await propose({ changes: [change(2)] }, author);
    await move(server);
    expect((await answerOf<Shown>(server, `/v1/proposals/${id}`)).void).toBe(true);
    expect(told(await decide(server, id, "approve", approver, { planDigest }))).toBe("409 approval_void");
    expect(told(await decide(server, id, "reject", approver))).toBe("200");
  });

  test("is approved by the digest that was seen, and no other", async () => {
    const { server, author, approver, propose } = await reviewed();
    const { id } = await propose({ changes: [change(2)] }, author);
    const other = { planDigest: "0".repeat(64) };
    expect(told(await decide(server, id, "approve", approver, other))).toBe("409 approval_void");
  });

  test("is shown to who may read every key of it, and to no one else", async () => {
    const { server, author, propose } = await reviewed();
    const { id, planDigest } = await propose({ changes: [change(2), change(1, { key: "hidden" })] }, author);
    const half = await makeToken(server, [
      { verbs: ["read", "approve"], namespace: "shop", scope: "limits/" },
    ]);
    expect(told(await server.send("GET", `/v1/proposals/${id}`, { token: half }))).toBe("404 not_found");
    expect(told(await decide(server, id, "approve", half, { planDigest }))).toBe("404 not_found");
    expect(await answerOf(server, "/v1/proposals", half)).toEqual({ proposals: [] });
    for (const path of [
      "list/_system?prefix=proposal/",
      "changes?values=text",
      `read/_system?key=proposal/${id}`,
    ])
      expect((await server.send("GET", `/v1/${path}`)).text).not.toContain('"hidden"');
  });

  test("is withdrawn by its author alone, and both kinds of end stand in the log", async () => {
    const { server, author, approver, propose } = await reviewed();
    const first = await propose({ changes: [change(2)] }, author);
    expect(told(await decide(server, first.id, "withdraw", approver))).toBe("403 forbidden");
    expect(told(await decide(server, first.id, "withdraw", author))).toBe("200");
    const second = await propose({ changes: [change(2)] }, author);
    const reason = await server.send("POST", `/v1/proposals/${second.id}/reject?message=too+much`, {
      token: approver,
    });
    expect(told(reason)).toBe("200");
    const { commits } = await answerOf<{ commits: { message?: string; author?: string }[] }>(
      server,
      "/v1/commits?limit=4",
    );
    expect(commits.map(({ message }) => message)).toEqual([
      "rejected: too much",
      undefined,
      "withdrawn",
      undefined,
    ]);
    expect(commits[0]?.author).toContain(approver.slice(4, 16));
  });

  test("is listed page by page, and logged with its message", async () => {
    const { server, author, propose } = await reviewed();
    for (let nth = 0; nth < 17; nth += 1)
      await propose({ message: "why", changes: [change(nth, { key: `k${nth}` })] }, author);
    const first = await answerOf<{ proposals: object[]; next: string }>(server, "/v1/proposals");
    const second = await answerOf<object>(server, `/v1/proposals?cursor=${first.next}`);
    expect(first.proposals).toHaveLength(16);
    expect(second).toEqual({ proposals: [expect.objectContaining({ message: "why" })] });
    expect(await answerOf(server, "/v1/commits?limit=1")).toMatchObject({
      commits: [{ actor: "_proposal", message: "why" }],
    });
  });

  test("is refused where it could not be committed, and with an override", async () => {
    const { server, author } = await reviewed();
    const ask = (json: object, token = author) => server.send("POST", "/v1/proposals", { json, token });
    expect(told(await ask({ changes: [change(1, { ifRevision: 1 })] }))).toBe("412 stale");
    expect(told(await ask({ changes: [change(1)], override: { reason: "x" } }))).toBe("422 invalid_body");
    expect(told(await ask({ changes: [change("x".repeat(600_000))] }))).toBe("413 too_large");
    const reader = await makeToken(server, [
      { verbs: ["read"], namespace: "shop" },
      { verbs: ["plan"], namespace: "shop", scope: "limits/" },
    ]);
    expect(told(await ask({ changes: [change(1, { key: "other" })] }, reader))).toBe("403 forbidden");
  });
});
