/** CORS: which pages of other origins may read, by real requests. What a browser makes of it, a test of the example says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseOrigin } from "../../../programs/host/front/cross-origin.ts";
import { ledge, type StartedServer, serve, temporaryFolder } from "../../../testkit/processes.ts";

const CONSOLE = "https://console.example";
const LOCAL = "http://127.0.0.1:8000";
const folder = temporaryFolder("cross-origin");
let server: StartedServer;
let token = "";

beforeAll(async () => {
  server = await serve(folder.path, ["--allow-origin", CONSOLE, "--allow-origin", LOCAL]);
  token = readFileSync(join(folder.path, "admin-token"), "utf8").trim();
});
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function asked({
  method = "GET",
  path = "/v1/read/demo?key=banner",
  headers = {},
}: Asked): Promise<Response> {
  const response = await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(method === "POST" || method === "PUT" ? { body: "{}" } : {}),
  });
  await response.arrayBuffer();
  return response;
}

const told = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));

describe("a page of an origin that is named", () => {
  test.each([
    { name: "an answer", origin: CONSOLE, status: 200 },
    { name: "the same again", origin: CONSOLE, status: 200 },
    { name: "one of another origin", origin: LOCAL, status: 200 },
    { name: "one to HEAD", origin: LOCAL, method: "HEAD", status: 200 },
    { name: "a refusal of the token", origin: LOCAL, headers: { authorization: "Bearer x" }, status: 401 },
    { name: "an address that is none", origin: LOCAL, path: "/nowhere", status: 404 },
  ])("may read $name, with the headers of Ledge", async ({ origin, status, ...more }) => {
    const answer = await asked({ ...more, headers: { ...more.headers, origin } });
    expect(answer.status).toBe(status);
    const { "access-control-expose-headers": shown = "", ...rest } = told(answer);
    // Never with cookies and the like, and never for everybody.
    expect(rest).toEqual({ "access-control-allow-origin": origin });
    for (const name of ["ETag", "Ledge-Revision", "Ledge-Document-Revision", "Ledge-Modified", "Retry-After"])
      expect(shown.split(", ")).toContain(name);
    expect(answer.headers.get("vary")?.split(", ")).toContain("Origin");
  });

  test("is told that nothing has changed, too", async () => {
    const etag = (await asked({})).headers.get("etag") ?? "";
    const answer = await asked({ headers: { origin: CONSOLE, "if-none-match": etag } });
    expect([answer.status, told(answer)["access-control-allow-origin"]]).toEqual([304, CONSOLE]);
    expect(answer.headers.get("vary")).toBe("Authorization, Cookie, Origin");
  });

  test("may ask with a token and conditions, and do nothing but read", async () => {
    const answer = await asked({
      method: "OPTIONS",
      path: "/v1/read/demo",
      headers: { origin: CONSOLE, "access-control-request-method": "GET" },
    });
    expect(answer.status).toBe(204);
    const { "access-control-allow-headers": sent = "", ...rest } = told(answer);
    expect(rest).toEqual({
      "access-control-allow-origin": CONSOLE,
      "access-control-allow-methods": "GET, HEAD",
      "access-control-max-age": "7200",
    });
    for (const name of ["Authorization", "If-None-Match", "Ledge-Min-Revision", "Last-Event-ID"])
      expect(sent.split(", ")).toContain(name);
    expect(answer.headers.get("vary")).toBe("Origin");
  });

  test("is told nothing by the answer to a write", async () => {
    for (const method of ["POST", "PUT", "DELETE"])
      expect(told(await asked({ method, path: "/v1/commit", headers: { origin: CONSOLE } }))).toEqual({});
  });

  test("hears events", async () => {
    const controller = new AbortController();
    const stream = await fetch(`${server.url}/v1/changes?ns=demo`, {
      headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", origin: CONSOLE },
      signal: controller.signal,
    });
    expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(told(stream)["access-control-allow-origin"]).toBe(CONSOLE);
    controller.abort();
  });
});

describe("a page of any other origin", () => {
  test.each([
    { origin: "https://evil.example" },
    { origin: "https://console.example:444" },
    { origin: "http://console.example" },
    { origin: "https://console.example.evil.example" },
    { origin: "null" },
  ])("is told nothing: $origin", async ({ origin }) => {
    expect(told(await asked({ headers: { origin } }))).toEqual({});
    const headers = { origin, "access-control-request-method": "GET" };
    const preflight = await asked({ method: "OPTIONS", path: "/v1/read/demo", headers });
    expect([preflight.status, told(preflight)]).toEqual([204, {}]);
  });

  test("is nobody who says no origin", async () => {
    expect(told(await asked({}))).toEqual({});
    const options = await asked({ method: "OPTIONS", path: "/v1/read/demo", headers: { origin: CONSOLE } });
    expect([options.headers.get("allow"), told(options)]).toEqual(["GET, HEAD, OPTIONS", {}]);
  });
});

test.each([
  { text: "*" },
  { text: "null" },
  { text: "https://console.example/" },
  { text: "https://console.example/page" },
  { text: "https://*.example" },
  { text: "console.example" },
  { text: "https://Console.example" },
  { text: "https://console.example:443" },
  { text: "ftp://console.example" },
])("--allow-origin takes an exact origin, and not $text", ({ text }) => {
  expect(parseOrigin(text)).toBeUndefined();
  expect(parseOrigin("https://console.example:8443")).toBe("https://console.example:8443");
});

test("a start refuses what is no origin, and says what one is", async () => {
  const ran = await ledge(["serve", "--data", join(folder.path, "other"), "--allow-origin", "*"]);
  expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining("exact origin of the page")]);
});
