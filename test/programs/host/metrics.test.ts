import { statSync } from "node:fs";
import { connect } from "node:net";
import { text as wholeText } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { HostOptions } from "../../../programs/host/options.ts";
import { ensureFirstToken } from "../../../programs/start/first-token.ts";
import { type Asking, ask } from "../../../testkit/ask.ts";
import { LEDGE_MANIFEST, openTestHost, testFolder } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";
import { BOOTSTRAP_SECRET } from "../../../testkit/server.ts";

const ROUTE = { metricsRoute: "/metrics" };

/** Ledge with its first token, and how its owner asks. */
async function openLedge(options: Pick<HostOptions, "metricsRoute" | "maxBodyBytes" | "engine"> = ROUTE) {
  const stateDir = testFolder();
  const host = await openTestHost({
    manifest: LEDGE_MANIFEST,
    stateDir,
    variables: { bootstrap_secret: BOOTSTRAP_SECRET },
    ...options,
  });
  const asked = { url: host.url, bootstrapSecret: BOOTSTRAP_SECRET, fresh: true };
  const made = await ensureFirstToken(stateDir, asked);
  const token = "token" in made ? made.token : "";
  const get = (path: string, asking: Asking = {}) => ask(host, "GET", path, { token, ...asking });
  return { host, token, get, scrape: async () => (await get("/metrics")).text };
}

/** What a server says to these bytes until it closes the connection. */
async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  return wholeText(socket);
}

/** The value of one series; undefined when it is not shown. */
function sampleOf(text: string, series: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe("a scrape of the host", () => {
  test("shows what the component shows, and requests by route and status behind it", async () => {
    const { get, scrape } = await openLedge();
    await get("/v1/whoami");
    await get("/v1/whoami");
    await get("/v1/whoami", { token: undefined });
    await get("/v1/read/shop/a-key-of-somebody");
    await get("/elsewhere");
    const text = await scrape();
    expect(sampleOf(text, "ledge_revision")).toBe(1);
    expect(sampleOf(text, 'ledge_http_requests_total{route="/v1/whoami",status="200"}')).toBe(2);
    expect(sampleOf(text, 'ledge_http_requests_total{route="/v1/whoami",status="401"}')).toBe(1);
    expect(sampleOf(text, 'ledge_http_requests_total{route="/v1/read/...",status="404"}')).toBe(1);
    expect(sampleOf(text, 'ledge_http_refusals_total{code="unauthenticated"}')).toBe(1);
    expect(sampleOf(text, 'ledge_http_request_duration_seconds_count{route="/v1/whoami"}')).toBe(3);
    expect(text).not.toMatch(/a-key-of-somebody|elsewhere/);
  });

  test("shows sizes of bodies, and what the host itself refuses", async () => {
    const { host, token, scrape } = await openLedge({ ...ROUTE, maxBodyBytes: 1000 });
    const put = (bytes: number) => ask(host, "PUT", "/v1/write/shop/x", { token, body: "x".repeat(bytes) });
    expect((await put(300)).status).toBe(404);
    expect((await put(2000)).status).toBe(413);
    const text = await scrape();
    expect(sampleOf(text, 'ledge_http_refusals_total{code="too_large"}')).toBe(1);
    // The body of the first token's bootstrap is small, too.
    expect(sampleOf(text, "ledge_http_request_body_bytes_count")).toBe(2);
    expect(sampleOf(text, 'ledge_http_request_body_bytes_bucket{le="256"}')).toBe(1);
    expect(sampleOf(text, "ledge_http_response_body_bytes_count")).toBeGreaterThan(0);
  });

  test("counts what is no HTTP request, and a head that is too large", async () => {
    const { host, scrape } = await openLedge();
    expect(await sendRaw(host.port, "colour red\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
    const large = `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(20_000)}\r\n\r\n`;
    expect(await sendRaw(host.port, large)).toMatch(/^HTTP\/1.1 431 /);
    const text = await scrape();
    expect(sampleOf(text, 'ledge_http_requests_total{route="none",status="400"}')).toBe(1);
    expect(sampleOf(text, 'ledge_http_requests_total{route="none",status="431"}')).toBe(1);
    expect(sampleOf(text, 'ledge_http_refusals_total{code="bad_header"}')).toBe(1);
    expect(sampleOf(text, 'ledge_http_refusals_total{code="headers_too_large"}')).toBe(1);
  });

  test("shows the store's file, its disk and the event loop", async () => {
    const { host, scrape } = await openLedge();
    const text = await scrape();
    expect(sampleOf(text, "ledge_store_file_bytes")).toBe(statSync(host.databaseFile).size);
    expect(sampleOf(text, "ledge_store_log_bytes")).toBe(0);
    const free = sampleOf(text, "ledge_disk_free_bytes");
    expect(free).toBeGreaterThan(0);
    expect(sampleOf(text, "ledge_disk_size_bytes")).toBeGreaterThanOrEqual(free ?? 0);
    expect(sampleOf(text, "ledge_event_loop_delay_seconds_count")).toBeDefined();
  });

  test("shows the log of a store that has one", async () => {
    const { host, scrape } = await openLedge({ ...ROUTE, engine: testNativeEngine() });
    const bytes = sampleOf(await scrape(), "ledge_store_log_bytes");
    expect(bytes).toBe(statSync(`${host.databaseFile}-wal`).size);
    expect(bytes).toBeGreaterThan(0);
  });

  test("counts a request that waits for a revision, but not its wait in the durations", async () => {
    const { get, scrape } = await openLedge();
    expect((await get("/v1/changes?since=1&wait=1")).status).toBe(200);
    const text = await scrape();
    expect(sampleOf(text, 'ledge_http_requests_total{route="/v1/changes",status="200"}')).toBe(1);
    expect(sampleOf(text, 'ledge_http_request_duration_seconds_count{route="/v1/changes"}')).toBeUndefined();
  });

  test("is for whom the component lets see it", async () => {
    const { get } = await openLedge();
    const refused = await get("/metrics", { token: undefined });
    expect(refused.status).toBe(401);
    expect(refused.json).toMatchObject({ code: "unauthenticated" });
    const wrong = await get("/metrics?colour=red");
    expect(wrong.json).toMatchObject({ code: "unknown_parameter" });
  });

  test("says with HEAD a length that has the host's part in it", async () => {
    const [alone, together] = [await openLedge({}), await openLedge()];
    const lengthOf = async ({ host, token }: typeof alone, method = "HEAD") =>
      Number((await ask(host, method, "/metrics", { token })).headers.get("content-length"));
    expect(await lengthOf(alone)).toBe(await lengthOf(alone, "GET"));
    expect(await lengthOf(together)).toBeGreaterThan(2 * (await lengthOf(alone)));
  });

  test("has nothing of the host where no route is named", async () => {
    const { scrape } = await openLedge({});
    const text = await scrape();
    expect(sampleOf(text, "ledge_revision")).toBe(1);
    expect(text).not.toContain("ledge_http_");
  });
});
