/** The recovery secret: one root token for one hour, through the routes and by the rules of a commit. */
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { VERBS } from "../../lib/core/grant.ts";
import { formatToken, newToken, RECOVERY_MS } from "../../lib/core/token.ts";
import {
  BOOTSTRAP_SECRET,
  digestOf,
  openTestServer,
  RECOVERY_SECRET,
  type TestServer,
  told,
} from "../../testkit/server.ts";

const ROOT_GRANT = { verbs: VERBS, namespace: "*", scope: "" };

function asking(server: TestServer) {
  const token = newToken((length) => randomBytes(length));
  const json = { name: "recovered", accessor: token.accessor, digest: digestOf(token) };
  const ask = (secret: string = RECOVERY_SECRET, more: object = {}) =>
    server.send("POST", "/v1/admin/recover", { token: secret, json: { ...json, ...more } });
  return { token: formatToken(token), accessor: token.accessor, ask };
}

describe("POST /v1/admin/recover", () => {
  test("makes a root token for an hour, and says so again to the same request", async () => {
    const server = await openTestServer();
    const { token, accessor, ask } = asking(server);
    const made = await ask();
    expect(told(made)).toBe("201");
    const { creator, created, expires, grants } = JSON.parse(made.text);
    expect({ creator, grants }).toEqual({ creator: "_recovery", grants: [ROOT_GRANT] });
    expect(Date.parse(expires) - Date.parse(created)).toBe(RECOVERY_MS);
    expect(told(await ask())).toBe("200");
    expect(told(await server.send("GET", "/v1/admin/status", { token }))).toBe("200");
    const log = await server.send("GET", "/v1/commits?actor=_recovery");
    expect(JSON.parse(log.text).commits).toHaveLength(1);
    expect(told(await ask(RECOVERY_SECRET, { digest: "b".repeat(64) }))).toBe("412 exists");
    expect(accessor).toHaveLength(12);
  });

  test("of twenty of the same at once makes one, and all are told of it", async () => {
    const server = await openTestServer();
    const { ask } = asking(server);
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(replies.map(told).sort()).toEqual([...Array.from({ length: 19 }, () => "200"), "201"]);
  });

  test("makes no second one while the first lives, and one once that is revoked", async () => {
    const server = await openTestServer();
    const first = asking(server);
    expect(told(await first.ask())).toBe("201");
    const second = asking(server);
    expect(told(await second.ask())).toBe("409 recovery_active");
    await server.send("DELETE", `/v1/admin/tokens/${first.accessor}`);
    expect(told(await second.ask())).toBe("201");
    expect(told(await first.ask())).toBe("412 exists");
  });

  test("gives a token that makes a root token without an end, though its own end is near", async () => {
    const server = await openTestServer();
    const { token, ask } = asking(server);
    await ask();
    const lasting = newToken((length) => randomBytes(length));
    const json = { name: "kim", accessor: lasting.accessor, digest: digestOf(lasting), grants: [ROOT_GRANT] };
    const made = await server.send("POST", "/v1/admin/tokens", { token, json });
    expect([told(made), JSON.parse(made.text).expires]).toEqual(["201", undefined]);
    expect(told(await server.send("GET", "/v1/admin/status", { token: formatToken(lasting) }))).toBe("200");
  });

  test("makes its token in read-only mode, and none in a stopped store", async () => {
    const server = await openTestServer();
    await server.send("PUT", "/v1/admin/mode", { json: { mode: "read_only" } });
    const { token, ask } = asking(server);
    expect(told(await ask())).toBe("201");
    const open = await server.send("PUT", "/v1/admin/mode", { token, json: { mode: "open" } });
    expect(told(open)).toBe("200");
    server.db.all("update store set state='stopped'");
    expect(told(await asking(server).ask())).toBe("503 read_only");
    server.db.all("update store set state='open'");
  });

  test("is refused in a store that never had a token, whose first one bootstrap makes", async () => {
    const server = await openTestServer({ bare: true });
    expect(told(await asking(server).ask())).toBe("403 recovery_refused");
    expect(server.db.all("select count(*) from commits")).toEqual([[0]]);
  });

  test.each([
    { name: "no secret is set", secret: "", token: "x", recovery: "off" },
    { name: "it is shorter than 32 characters", secret: "short", token: "short", recovery: "too_short" },
    { name: "another one is sent", secret: RECOVERY_SECRET, token: BOOTSTRAP_SECRET, recovery: "on" },
  ])("is refused when $name, and status says how it stands", async ({ secret, token, recovery }) => {
    const server = await openTestServer({ variables: { recovery_secret: secret } });
    const refused = await asking(server).ask(token);
    expect(told(refused)).toBe("403 recovery_refused");
    expect(JSON.parse(refused.text).detail).toContain("recovery_secret");
    const status = await server.send("GET", "/v1/admin/status");
    expect(JSON.parse(status.text)).toMatchObject({ recovery });
  });
});
