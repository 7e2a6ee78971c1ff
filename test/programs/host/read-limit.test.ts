/** Reads that are limited, on a host, and by a clock of the test's own. */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { ReadLimit } from "../../../programs/host/front/read-limit.ts";
import { LEDGE_MANIFEST, openTestHost } from "../../../testkit/host.ts";
import { cheaperEngine } from "../../../testkit/native.ts";

interface Read {
  readonly token?: string;
  readonly from?: string;
  readonly url?: string;
  readonly method?: string;
  /** What it is answered with where it is not refused. */
  readonly status?: number;
}

/** Limited to so many a second; tells of a read what is left of the limit, "refused", or undefined where it is not said. */
function openLimit(perSecond: number) {
  const clock = { ms: 5000 };
  const limit = new ReadLimit(perSecond, () => clock.ms);
  const read = ({
    token,
    from = "192.0.2.1",
    url = "/v1/whoami",
    method = "GET",
    status = 200,
  }: Read = {}) => {
    const socket = new Socket();
    Object.defineProperty(socket, "remoteAddress", { value: from });
    const incoming = Object.assign(new IncomingMessage(socket), { url, method });
    if (token !== undefined) incoming.headers.authorization = token.includes(" ") ? token : `Bearer ${token}`;
    const response = new ServerResponse(incoming);
    const refused = limit.judge(incoming, response);
    limit.answered(incoming, refused === undefined ? status : 429);
    if (refused !== undefined) return "refused";
    return response
      .getHeader("ratelimit")
      ?.toString()
      .match(/r=(\d+)/)?.[1];
  };
  return { clock, read };
}

describe("a limit of reads", () => {
  test("holds for an address without a token, and is over with its second", () => {
    const { clock, read } = openLimit(2);
    expect([read(), read(), read()]).toEqual(["1", "0", "refused"]);
    expect(read({ from: "192.0.2.2" })).toBe("1");
    clock.ms += 500;
    expect([read(), read()]).toEqual(["0", "refused"]);
  });

  test("holds for each token that was answered, whatever address it comes from", () => {
    const { read } = openLimit(3);
    expect(read({ token: "a" })).toBeUndefined();
    expect([read({ token: "a" }), read({ token: "a", from: "192.0.2.9" })]).toEqual(["1", "0"]);
    expect(read({ token: "a" })).toBe("refused");
    expect(read({ token: "b" })).toBeUndefined();
    expect(read()).toBe("2");
  });

  test("takes a token for one however its header is spelled", () => {
    const { read } = openLimit(2);
    read({ token: "Bearer a" });
    expect([read({ token: "bearer   a" }), read({ token: "BEARER a " })]).toEqual(["0", "refused"]);
  });

  test("lets nobody make up tokens: what they are refused for counts with the address", () => {
    const { read } = openLimit(2);
    for (const token of ["x1", "x2"]) expect(read({ token, status: 401 })).toBeUndefined();
    expect([read({ token: "x3" }), read()]).toEqual(["refused", "refused"]);
    expect(read({ token: "x3", from: "192.0.2.7", status: 404 })).toBeUndefined();
    expect(read({ from: "192.0.2.7" })).toBe("0");
  });

  test("takes a token that was revoked for one that is made up", () => {
    const { read } = openLimit(2);
    read({ token: "a" });
    expect(read({ token: "a", status: 401 })).toBe("0");
    expect(read({ token: "a", status: 401 })).toBeUndefined();
    expect(read()).toBe("refused");
  });

  test("counts a network of IPv6 as one address", () => {
    const { read } = openLimit(1);
    expect([read({ from: "2001:db8::1" }), read({ from: "2001:db8:0:0:ffff::2" })]).toEqual(["0", "refused"]);
    expect(read({ from: "2001:db8:0:1::1" })).toBe("0");
    expect([read({ from: "::ffff:192.0.2.1" }), read({ from: "192.0.2.1" })]).toEqual(["0", "refused"]);
  });

  test("counts reads below /v1/ and plans alone", () => {
    const { read } = openLimit(1);
    read();
    for (const url of ["/healthz", "/readyz", "/metrics", "/openapi.json", "/"])
      expect(read({ url })).toBeUndefined();
    expect(read({ method: "POST", url: "/v1/commit" })).toBeUndefined();
    expect(read({ method: "POST", url: "/v1/plan?x" })).toBe("refused");
    expect([read({ method: "HEAD" }), read({ url: "http://x/v1/changes" })]).toEqual(["refused", "refused"]);
  });

  test("remembers a bounded number of addresses", () => {
    const { read } = openLimit(1);
    read();
    for (let at = 0; at < 5000; at += 1) read({ from: `10.0.${at >> 8}.${at & 255}` });
    expect(read()).toBe("0");
  });
});

test("a host refuses a read that is one too many, and lets whoever watches it go on", async () => {
  const host = await openTestHost({ manifest: LEDGE_MANIFEST, readRate: 1, ...cheaperEngine() });
  const ask = async (path: string) => {
    const { status, headers } = await fetch(`${host.url}${path}`);
    return [status, headers.get("ratelimit"), headers.get("ratelimit-policy"), headers.get("retry-after")];
  };
  expect(await ask("/v1/whoami")).toEqual([401, '"reads";r=0;t=1', '"reads";q=1;w=1', null]);
  await expect.poll(() => ask("/v1/whoami")).toEqual([429, '"reads";r=0;t=1', '"reads";q=1;w=1', "1"]);
  expect(await ask("/healthz")).toEqual([200, null, null, null]);
});
