/** What became of proposals, as history has it: who sees that, page by page, and how long. */
import { describe, expect, test } from "vitest";
import { approveOnly, changeOf, decide, openReviewed, tokenFor } from "../../testkit/reviewed.ts";
import { told } from "../../testkit/server.ts";
import { answerOf } from "../../testkit/two-namespaces.ts";

interface Listed {
  readonly proposals: { readonly id: string; readonly decided?: { readonly state: string } }[];
  readonly next?: string;
}

/** One of each kind of end, newest first, and one that waits. */
async function decidedOnes() {
  const made = await openReviewed();
  const { server, author, approver, writer, propose } = made;
  const change = (key: string) => ({ message: key, changes: [changeOf(1, { key })] });
  const rejected = await propose(change("a"), author);
  await server.send("POST", `/v1/proposals/${rejected.id}/reject?message=too+much`, { token: approver });
  const withdrawn = await propose(change("b"), author);
  await decide(server, withdrawn.id, "withdraw", author);
  const approved = await propose(change("c"), author);
  const first = await decide(server, approved.id, "approve", approver, { planDigest: approved.planDigest });
  const applied = await propose(change("d"), author);
  await approveOnly(server, applied, approver);
  const second = await decide(server, applied.id, "apply", writer);
  await propose(change("e"), author);
  const ids = [applied, approved, withdrawn, rejected].map(({ id }) => id);
  const revisions = [second, first].map(({ text }) => JSON.parse(text).revision);
  return { ...made, ids, revisions };
}

const idsOf = ({ proposals }: Listed) => proposals.map(({ id }) => id);

describe("GET /v1/proposals?state=", () => {
  test("decided shows what became of each, by whom, why and with which commit", async () => {
    const { server, ids, revisions, approver, writer, author } = await decidedOnes();
    const { proposals } = await answerOf<Listed>(server, "/v1/proposals?state=decided");
    const whoOf = (name: string, token: string) => `${name} (${token.slice(4, 16)})`;
    expect(proposals).toMatchObject([
      {
        id: ids[0],
        message: "d",
        approved: { byName: "approver", void: false },
        decided: { state: "applied", who: whoOf("writer", writer), revision: revisions[0] },
      },
      { id: ids[1], decided: { state: "applied", who: whoOf("approver", approver), revision: revisions[1] } },
      { id: ids[2], decided: { state: "withdrawn", who: whoOf("author", author) } },
      {
        id: ids[3],
        by: author.slice(4, 16),
        changes: 1,
        decided: { state: "rejected", reason: "too much", who: whoOf("approver", approver) },
      },
    ]);
    for (const [state, of] of [
      ["applied", ids.slice(0, 2)],
      ["withdrawn", ids.slice(2, 3)],
      ["rejected", ids.slice(3)],
    ] as const)
      expect(idsOf(await answerOf(server, `/v1/proposals?state=${state}`)), state).toEqual(of);
    expect(idsOf(await answerOf(server, "/v1/proposals"))).toHaveLength(1);
    expect(told(await server.send("GET", "/v1/proposals?state=void"))).toBe("400 bad_parameter");
  });

  test("is for who may read every key, and its history", async () => {
    const { server, ids, author } = await decidedOnes();
    const path = "/v1/proposals?state=decided";
    expect(told(await server.send("GET", path, { token: author }))).toBe("403 forbidden");
    const all = await tokenFor(server, "all", ["read", "history"]);
    expect(idsOf(await answerOf(server, path, all))).toEqual(ids);
    const half = await tokenFor(server, "half", ["read", "history"], { scope: "a" });
    expect(idsOf(await answerOf(server, path, half))).toEqual(ids.slice(3));
    const other = await tokenFor(server, "other", ["history"]);
    expect(told(await server.send("GET", path, { token: other }))).toBe("403 forbidden");
  });

  test("is paged, and its cursor is for that state alone", async () => {
    const { server, author, propose, ids } = await decidedOnes();
    for (let nth = 0; nth < 16; nth += 1) {
      const { id } = await propose({ changes: [changeOf(nth, { key: `k${nth}` })] }, author);
      await decide(server, id, "withdraw", author);
    }
    const first = await answerOf<Listed>(server, "/v1/proposals?state=decided");
    expect(first.proposals).toHaveLength(16);
    const next = `cursor=${first.next}`;
    const second = await answerOf<Listed>(server, `/v1/proposals?state=decided&${next}`);
    expect([idsOf(second), second.next]).toEqual([ids, undefined]);
    for (const other of ["", "state=applied&"])
      expect(told(await server.send("GET", `/v1/proposals?${other}${next}`))).toBe("400 bad_cursor");
  });
});
