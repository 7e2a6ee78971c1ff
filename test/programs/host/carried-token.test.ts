/** The token that a request carries, and what the host does by it for the console's sessions as for any other request. */
import { beforeAll, describe, expect, test } from "vitest";
import { formatToken } from "../../../lib/core/token.ts";
import { TELL_USED } from "../../../lib/core/tokens-used.ts";
import { accessorIn, carriedToken } from "../../../programs/host/front/carried-token.ts";
import { SignInCodes } from "../../../programs/host/front/sign-in-codes.ts";
import { buildFor, LEDGE_MANIFEST } from "../../../testkit/host.ts";
import { cheaperEngine, testNativeEngine } from "../../../testkit/native.ts";
import { addNamespace, bootstrap, giveToken, propose, tokenOf } from "../../../testkit/proposals.ts";
import { openServedStore } from "../../../testkit/served-store.ts";

const SESSION = { "Ledge-Console": "1", "Sec-Fetch-Site": "same-origin" };
const cookieOf = (letter: string) => `a=b; ledge_session=${formatToken(tokenOf(letter))}`;

function carried(sent: Readonly<Record<string, string>>) {
  const entries = Object.entries(sent);
  const headers = Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
  return carriedToken({ headers, rawHeaders: entries.flat() });
}

describe("the token that a request carries", () => {
  test.each([
    { sent: {}, token: undefined },
    { sent: { Authorization: "bearer   x " }, token: "x" },
    { sent: { Authorization: "Basic x" }, token: "Basic x" },
    { sent: { ...SESSION, Cookie: "ledge_session=y" }, token: "y" },
    { sent: { ...SESSION, Cookie: "ledge_session=y", Authorization: "Bearer x" }, token: "x" },
    { sent: { Cookie: "ledge_session=y" }, token: undefined },
  ])("is $token of $sent", ({ sent, token }) => {
    expect(carried(sent)).toBe(token);
  });

  test("has an accessor where it is one", () => {
    expect(accessorIn(formatToken(tokenOf("b")))).toBe(tokenOf("b").accessor);
    expect([accessorIn("x"), accessorIn(undefined)]).toEqual([undefined, undefined]);
  });
});

describe("a session", () => {
  beforeAll(() => buildFor(LEDGE_MANIFEST));

  const open = (options: object = {}) =>
    openServedStore(
      (store) => {
        bootstrap(store);
        addNamespace(store, "shop");
        propose(store, [{ op: "put", ns: "shop", key: "a", value: "1", if: -1 }]);
        giveToken(store, tokenOf("b"), ["read"], { namespace: "shop", scope: "" });
      },
      { ...cheaperEngine(), ...options },
    );

  test("is limited with its token's reads, noted as used, and named where it is denied", async () => {
    const { db, host } = await open({ readRate: 2, tellUsed: TELL_USED });
    const ask = async (path: string, letter = "b") => {
      const headers = { ...SESSION, cookie: cookieOf(letter) };
      const { status, headers: got } = await fetch(`${host.url}${path}`, { headers });
      return [status, got.get("ratelimit")?.match(/r=(\d+)/)?.[1]];
    };
    expect(await ask("/v1/whoami")).toEqual([200, undefined]);
    // Its own bucket by now, and not the address's.
    await expect.poll(async () => (await ask("/v1/whoami"))[1]).toMatch(/[01]/);
    await expect.poll(async () => (await ask("/v1/list/far"))[0]).toBe(403);
    const denied = () => host.lines.filter(({ text }) => text.includes("access.refused"));
    await expect
      .poll(() => denied().map(({ text }) => JSON.parse(text)))
      .toContainEqual(expect.objectContaining({ code: "forbidden", accessor: tokenOf("b").accessor }));
    await host.tick(TELL_USED.component);
    const [[value = ""] = []] = db.all("select value from operation where name='tokens-used'");
    expect(String(value)).toContain(tokenOf("b").accessor);
  });

  test("is never given what was kept for another one, and no other page what was for it", async () => {
    const { host } = await open({ engine: testNativeEngine() });
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`${host.url}/v1/read/shop?key=a`, { headers })).status;
    const mine = { ...SESSION, cookie: cookieOf("b") };
    const others = [
      { ...SESSION, cookie: cookieOf("c") },
      { ...mine, "Sec-Fetch-Site": "cross-site" },
      { cookie: cookieOf("b") },
      { ...mine, cookie: `${cookieOf("c")}; ${cookieOf("b")}` },
    ];
    for (const other of [...others, ...others])
      expect([await ask(mine), await ask(other)]).toEqual([200, 401]);
  });

  test("gets no code, which would carry it into another browser", async () => {
    const { host } = await open({ codes: new SignInCodes() });
    const headers = { ...SESSION, cookie: cookieOf("b") };
    const reply = await fetch(`${host.url}/console/code`, { method: "POST", headers });
    expect(reply.status).toBe(401);
    expect(await reply.json()).toMatchObject({ code: "unauthenticated" });
  });
});
