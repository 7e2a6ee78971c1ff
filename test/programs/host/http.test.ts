import { beforeAll, describe, expect, test } from "vitest";
import { buildFor, openTestHost, PROBE_MANIFEST, type TestHost } from "../../../testkit/host.ts";
import { openWire } from "../../../testkit/wire.ts";

beforeAll(() => buildFor(PROBE_MANIFEST, ["quick", "chained"]));

/** Sends bytes as they are and returns all that comes back until the other side closes. */
async function raw(host: TestHost, text: string): Promise<string> {
  const wire = await openWire(host, text);
  await wire.closed;
  return wire.text();
}

interface Echo {
  method: string;
  uri: string;
  headers: [string, string][];
  body: string;
  sizeBytes: number;
}

async function echo(host: TestHost, path: string, init?: RequestInit): Promise<Echo> {
  const response = await fetch(`${host.url}${path}`, init);
  const value: Echo = JSON.parse(await response.text());
  return value;
}

const valuesOf = ({ headers }: { headers: [string, string][] }, name: string) =>
  headers.flatMap(([key, value]) => (key === name ? [value] : []));

describe.each([
  { name: "memory reset", freshInstances: false },
  { name: "fresh instances", freshInstances: true },
])("an inbound-http component with $name", ({ freshInstances }) => {
  test("gets path and query as sent, headers in lower case, the whole body", async () => {
    const host = await openTestHost({ freshInstances });
    const init = { method: "PUT", body: "body", headers: { "X-One": "1", "X-Umlaut": "\u00c3\u00a4" } };
    const seen = await echo(host, "/quick/echo?a=%2F&b", init);
    expect(seen).toMatchObject({ method: "PUT", uri: "/quick/echo?a=%2F&b", body: "body", sizeBytes: 4 });
    expect(valuesOf(seen, "x-one")).toEqual(["1"]);
    expect(valuesOf(seen, "x-umlaut")).toEqual(["ä"]);
    expect(valuesOf(seen, "host")).toEqual([`127.0.0.1:${host.port}`]);
  });

  test("gets Spin's headers, after a client's own of the same name", async () => {
    const host = await openTestHost({ freshInstances });
    const seen = await echo(host, "/quick/echo/deep?x", { headers: { "spin-client-addr": "spoofed" } });
    expect(valuesOf(seen, "spin-path-info")).toEqual(["/echo/deep"]);
    expect(valuesOf(seen, "spin-full-url")).toEqual([`${host.url}/quick/echo/deep?x`]);
    expect(valuesOf(seen, "spin-matched-route")).toEqual(["/quick/..."]);
    expect(valuesOf(seen, "spin-base-path")).toEqual(["/"]);
    expect(valuesOf(seen, "spin-raw-component-route")).toEqual(["/quick/..."]);
    expect(valuesOf(seen, "spin-component-route")).toEqual(["/quick"]);
    expect(valuesOf(seen, "spin-client-addr")).toEqual([
      "spoofed",
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    ]);
    const named = await echo(host, "/users/7/profile");
    expect(valuesOf(named, "spin-path-match-user-id")).toEqual(["7"]);
  });

  test("reads mapped variables only; a required one without a value fails at the get", async () => {
    const variables = { secret_word: "s" };
    const host = await openTestHost({ freshInstances, variables });
    expect(await host.json("/quick/variable?word")).toBe("hello, s");
    expect(await host.json("/quick/variable?greeting")).toMatchObject({ error: { tag: "undefined" } });
    expect(await host.json("/quick/variable?absent")).toMatchObject({ error: { tag: "provider" } });
    expect(await host.json("/quick/variable?Bad-Name")).toMatchObject({ error: { tag: "invalid-name" } });
  });

  test("has fresh random bytes, the right time and sleep", async () => {
    const host = await openTestHost({ freshInstances });
    const one = await host.json("/quick/random");
    expect(await host.json("/quick/random")).not.toEqual(one);
    expect(Math.abs(Number(await host.json("/quick/clock")) - Date.now())).toBeLessThan(60_000);
    expect(Number(await host.json("/quick/sleep?30"))).toBeGreaterThanOrEqual(29);
  });

  test("chains to a private component, in a fresh instance, with no client", async () => {
    const host = await openTestHost({ freshInstances });
    for (let left = 3; left > 0; left -= 1) {
      const reply: unknown = await host.json("/quick/fetch?http://chained.spin.internal/x%3Fq");
      const { status, body }: { status: number; body: string } = JSON.parse(JSON.stringify(reply));
      const seen: { counter: number; headers: [string, string][] } = JSON.parse(body);
      expect([status, seen.counter]).toEqual([201, 1]);
      expect(valuesOf(seen, "spin-client-addr")).toEqual(["0.0.0.0:0"]);
      expect(valuesOf(seen, "spin-raw-component-route")).toEqual(["/..."]);
    }
    expect(await host.json("/quick/fetch?http://quick.spin.internal/quick/exact")).toEqual({
      status: 200,
      body: '"exact"',
    });
  });

  test("gives a chained component its own grants, none here", async () => {
    const host = await openTestHost({ freshInstances });
    expect(await host.json("/quick/fetch?http://chained.spin.internal/denied")).toMatchObject({
      body: '[{"tag":"access-denied"},"destination-not-allowed"]',
    });
  });

  test("is denied an address that is not allowed, and reaches itself if self.alt is", async () => {
    const host = await openTestHost({ freshInstances, workers: 2 });
    expect(await host.json("/quick/fetch?http://127.0.0.1:2/")).toEqual({ error: "destination-not-allowed" });
    expect(await host.json("/quick/fetch?http://127.0.0.1:1/")).toEqual({ error: "request-error" });
    expect(await host.json("/quick/fetch?http://self.alt/quick/exact")).toEqual({
      status: 200,
      body: '"exact"',
    });
  });
});

describe("the front", () => {
  test("gives no network route to a private component", async () => {
    const host = await openTestHost();
    const response = await fetch(`${host.url}/chained`);
    expect([response.status, await response.text()]).toEqual([404, ""]);
  });

  test("answers static responses, health and info by itself", async () => {
    const host = await openTestHost();
    const teapot = await fetch(`${host.url}/static`);
    expect([teapot.status, teapot.headers.get("content-type"), await teapot.text()]).toEqual([
      418,
      "text/plain",
      "short and stout",
    ]);
    expect(await (await fetch(`${host.url}/.well-known/spin/health`)).text()).toBe("OK");
    expect(await host.json("/.well-known/spin/info")).toEqual({ name: "probe" });
    expect((await fetch(`${host.url}/.well-known/spin/other`)).status).toBe(404);
  });

  test("gives an exact route before a wildcard to the component", async () => {
    const host = await openTestHost();
    expect(await host.json("/quick/exact")).toBe("exact");
  });

  test("answers 405 to a method that the interface does not have", async () => {
    const host = await openTestHost();
    expect((await fetch(`${host.url}/quick/echo`, { method: "PROPFIND" })).status).toBe(405);
  });

  test("refuses a body over the limit before it is read, and while it is", async () => {
    const host = await openTestHost({ maxBodyBytes: 1000 });
    const head = "POST /quick/echo HTTP/1.1\r\nHost: localhost\r\n";
    expect(await raw(host, `${head}Content-Length: 1001\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 [\s\S]*too_large/);
    const chunk = "z".repeat(600);
    const chunks = `258\r\n${chunk}\r\n258\r\n${chunk}\r\n`;
    expect(await raw(host, `${head}Transfer-Encoding: chunked\r\n\r\n${chunks}`)).toMatch(/^HTTP\/1.1 413/);
    const fits = await echo(host, "/quick/echo", { method: "POST", body: "y".repeat(1000) });
    expect(fits.sizeBytes).toBe(1000);
  });

  test("refuses a header that is not UTF-8, by its name", async () => {
    const host = await openTestHost();
    const request = "GET /quick/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: \xff\r\n\r\n";
    expect(await raw(host, request)).toMatch(/^HTTP\/1.1 400 [\s\S]*bad_header[\s\S]* x-a /);
  });

  test("answers 500 when a guest's header cannot be sent", async () => {
    const host = await openTestHost();
    expect((await fetch(`${host.url}/quick/bad-header`)).status).toBe(500);
  });

  test("answers 421 to a foreign Host on loopback, unless it is allowed", async () => {
    const host = await openTestHost({ allowHosts: ["ledge.example", "quick.spin.internal"] });
    const get = (name: string) =>
      raw(host, `GET /quick/echo HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
    expect(await get("evil.example")).toMatch(/^HTTP\/1.1 421 [\s\S]*wrong_host/);
    expect(await get("ledge.example:80")).toMatch(/^HTTP\/1.1 200 /);
    expect(await get("localhost")).toMatch(/^HTTP\/1.1 200 /);
    // A Host that claims to be a chained call is taken away before the guest sees it.
    expect(await get("quick.spin.internal")).not.toContain('["host"');
  });

  test("lets a page read what a component answers, and asks none before it", async () => {
    const origin = "https://console.example";
    const host = await openTestHost({ allowOrigins: [origin] });
    const get = await fetch(`${host.url}/quick/exact`, { headers: { origin } });
    expect(get.headers.get("access-control-allow-origin")).toBe(origin);
    const headers = { origin, "access-control-request-method": "GET" };
    const before = await fetch(`${host.url}/quick/trap`, { method: "OPTIONS", headers });
    expect([before.status, before.headers.get("access-control-allow-methods")]).toEqual([204, "GET, HEAD"]);
  });

  test("on loopback judges the host of an absolute target in place of Host", async () => {
    const host = await openTestHost();
    const get = (target: string, name: string) =>
      raw(host, `GET ${target} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
    for (const foreign of ["http://evil.example/quick/echo", "http://localhost@evil.example:80/quick/echo"])
      expect(await get(foreign, "localhost")).toMatch(/^HTTP\/1.1 421 [\s\S]*wrong_host/);
    expect(await get("http://localhost:80/quick/echo", "evil.example")).toMatch(/^HTTP\/1.1 200 /);
  });

  test("refuses an expectation that it does not know, as RFC 9110 10.1.1 lets it", async () => {
    const host = await openTestHost();
    const head = "GET /quick/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    expect(await raw(host, `${head}Expect: 200-banana\r\n\r\n`)).toMatch(/^HTTP\/1.1 417 /);
  });

  test("writes names in lower case, and no body to HEAD", async () => {
    const host = await openTestHost();
    const answer = await raw(
      host,
      "HEAD /quick/exact HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toContain("\r\ncontent-type: application/json\r\n");
    expect(answer).toContain("content-length: 7");
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
  });

  test("passes on what guests log, line by line", async () => {
    const host = await openTestHost();
    await host.json("/quick/log");
    const line = host.lines.find(({ text }) => text.includes("probe.logged"));
    expect(JSON.parse(line?.text ?? "")).toMatchObject({ event: "probe.logged", number: 1, text: "é" });
  });

  test("carries large bodies both ways", async () => {
    const host = await openTestHost();
    const seen = await echo(host, "/quick/echo", { method: "POST", body: "b".repeat(5_000_000) });
    expect(seen.sizeBytes).toBe(5_000_000);
    expect(String(await host.json("/quick/large?300000"))).toHaveLength(300_000);
  });
});

describe("startHost", () => {
  test("refuses an outbound entry that is empty or has a path, naming the component", async () => {
    await expect(openTestHost({ variables: { outside: "" } })).rejects.toThrow("component quick");
    await expect(openTestHost({ variables: { outside: "https://a.com/path" } })).rejects.toThrow("path");
  });

  test("says which port is taken", async () => {
    const host = await openTestHost();
    const listen = { host: "127.0.0.1", port: host.port };
    await expect(openTestHost({ listen })).rejects.toMatchObject({ code: "EADDRINUSE", port: host.port });
  });

  test("keeps the database over a stop and a start", async () => {
    const first = await openTestHost();
    const body = JSON.stringify([["create table kept as select 9 as a"]]);
    await first.json("/quick/sql", { method: "POST", body });
    const { dirname } = await import("node:path");
    await first.stop();
    const second = await openTestHost({ stateDir: dirname(first.databaseFile) });
    expect(
      await second.json("/quick/sql", { method: "POST", body: JSON.stringify([["select a from kept"]]) }),
    ).toEqual([{ columns: ["a"], rows: [[9]] }]);
  });
});
