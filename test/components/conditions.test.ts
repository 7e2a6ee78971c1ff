import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../lib/api/operations.ts";
import { PARAMETERS } from "../../lib/api/parameters.ts";
import { goodBody, goodPath } from "../../testkit/asks.ts";
import { makeNamespace, makeToken, openTestServer, putText, told } from "../../testkit/server.ts";

const CONDITIONS = ["if-match", "if-none-match", "if-unmodified-since", "idempotency-key"];
const writes = OPERATIONS.filter(
  ({ method, component }) => method !== "get" && component !== "snapshot-export",
);

describe("a condition on a write", () => {
  test.each(writes)("is taken by $id, or refused by its name", async (operation) => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    const etag = await putText(server, "shop", "there", "x");
    const takes: string[] = operation.parameters.map((name) => PARAMETERS[name].name.toLowerCase());
    const refused = CONDITIONS.filter((name) => !takes.includes(name));
    const path = goodPath(operation, server.rootToken);
    for (const name of refused) {
      const body = goodBody(operation);
      const sending = { ...body, headers: { ...body.headers, [name]: etag } };
      const reply = await server.send(operation.method.toUpperCase(), path, sending);
      expect(told(reply), name).toBe("400 unknown_parameter");
      expect(reply.text).toContain(name);
    }
    expect(refused).toContain("if-unmodified-since");
  });

  test("of a token may name several states, and only the one that stands there counts", async () => {
    const server = await openTestServer();
    const accessor = (await makeToken(server, [{ verbs: ["read"], namespace: "shop" }])).slice(4, 16);
    const path = `/v1/admin/tokens/${accessor}`;
    const { etag = "" } = (await server.send("GET", path)).headers;
    const other = etag.replace(/\d+/, "9999");
    const revoke = (tags: string) => server.send("DELETE", path, { headers: { "if-match": tags } });
    expect(told(await revoke(other))).toBe("412 stale");
    expect(told(await revoke(`${other}, ${etag}`))).toBe("200");
  });
});

describe("a member that a record of texts would lose", () => {
  test("is refused by its name", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    const reply = await server.send("POST", "/v1/commit", {
      headers: { "content-type": "application/json" },
      body: '{"changes":[{"op":"put","namespace":"shop","key":"k","value":1}],"meta":{"__proto__":"x","a":"b"}}',
    });
    expect(told(reply)).toBe("422 invalid_body");
    expect(reply.text).toContain("__proto__");
  });
});
