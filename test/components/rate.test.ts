/** Commits that are limited, through the handlers: what the caller is told, and what is never limited. */
import { expect, test } from "vitest";
import { problemReply } from "../../lib/core/problem.ts";
import type { RefusalCode } from "../../lib/core/refusal.ts";
import { REFUSALS } from "../../lib/core/refusal-table.ts";
import { makeNamespace, makeToken, openTestServer, told } from "../../testkit/server.ts";

const put = (key: string) => ({ json: { changes: [{ op: "put", namespace: "shop", key, value: 1 }] } });

async function openLimited(writeRate: string) {
  const server = await openTestServer({ variables: { write_rate: writeRate } });
  server.clock.ms = Date.now();
  await makeNamespace(server, "shop");
  return server;
}

test("who commits more often than a token may is refused, and told how often", async () => {
  const server = await openLimited("2");
  const first = await server.send("POST", "/v1/commit", put("a"));
  expect([told(first), first.headers.ratelimit, first.headers["ratelimit-policy"]]).toEqual([
    "200",
    '"writes";r=1;t=1',
    '"writes";q=2;w=1',
  ]);
  const text = { headers: { "content-type": "text/plain" }, body: "x" };
  const second = await server.send("PUT", "/v1/write/shop?key=b", text);
  expect([told(second), second.headers.ratelimit]).toEqual(["201", '"writes";r=0;t=1']);
  const asks = [
    ["PUT", "/v1/write/shop?key=c", text],
    ["DELETE", "/v1/write/shop?key=b", { headers: { "if-match": "*" } }],
    ["POST", "/v1/commit", put("c")],
    ["POST", "/v1/revert", { json: { commit: 4 } }],
  ] as const;
  for (const [method, path, sending] of asks) {
    const refused = await server.send(method, path, sending);
    expect([told(refused), refused.headers.ratelimit, refused.headers["retry-after"]], path).toEqual([
      "429 rate_limited",
      '"writes";r=0;t=1',
      "1",
    ]);
    expect(JSON.parse(refused.text)).toMatchObject({ retryable: true });
  }
  server.clock.ms += 500;
  expect(told(await server.send("POST", "/v1/commit", put("c")))).toBe("200");
});

test("each token has a limit of its own, and what an administrator does has none", async () => {
  const server = await openLimited("1");
  const tokens = [];
  for (let left = 3; left > 0; left -= 1)
    tokens.push(await makeToken(server, [{ verbs: ["write"], namespace: "shop" }]));
  for (const [at, token] of tokens.entries())
    expect(told(await server.send("POST", "/v1/commit", { token, ...put(`k${at}`) }))).toBe("200");
  const [token = ""] = tokens;
  expect(told(await server.send("POST", "/v1/commit", { token, ...put("more") }))).toBe("429 rate_limited");
  expect(told(await server.send("POST", "/v1/plan", put("more")))).toBe("200");
});

test("a setting that is no number is refused by name, and nothing is written", async () => {
  const server = await openLimited("many");
  const refused = await server.send("POST", "/v1/commit", put("a"));
  expect(told(refused)).toBe("503 not_ready");
  expect(refused.text).toContain("write_rate");
});

test("every refusal with status 429 or 503 says when to try again", () => {
  const codes = Object.keys(REFUSALS) as RefusalCode[];
  for (const code of codes) {
    const { status, headers, body } = problemReply({ ok: false, code, detail: "" }, "");
    const after = headers.filter(([name]) => name === "retry-after");
    const { retryable }: { retryable: boolean } = JSON.parse(String(body));
    const wanted = status === 429 || status === 503 ? [["retry-after", retryable ? "1" : "5"]] : [];
    expect(after, code).toEqual(wanted);
  }
});
