import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { CheckChange, DeleteChange, PutChange } from "../../lib/api/commit-body.ts";
import { describeInterface } from "../../lib/api/openapi.ts";
import { OPERATIONS } from "../../lib/api/operations.ts";
import { PARAMETERS } from "../../lib/api/parameters.ts";
import { REFUSALS } from "../../lib/core/refusal-table.ts";
import { VERSION } from "../../lib/core/version.ts";
import { buildFor, root } from "../../testkit/host.ts";
import { checkExchange, description, type Exchange } from "../../testkit/openapi.ts";
import { openTestServer, told } from "../../testkit/server.ts";

const Manifest = z.object({
  trigger: z.object({
    http: z.array(
      z.object({
        route: z.union([z.string(), z.strictObject({ private: z.literal(true) })]),
        component: z.string().optional(),
      }),
    ),
  }),
});

const routes = Manifest.parse(parse(readFileSync(join(root, "spin.toml"), "utf8"))).trigger.http;
/** No client comes by a private one. */
const served = routes.flatMap(({ component, route }) =>
  component === undefined || typeof route !== "string" ? [] : [route],
);

const covers = (route: string, path: string) =>
  route.endsWith("/...")
    ? path === route.slice(0, -4) || path.startsWith(route.slice(0, -3))
    : path === route;

/** An exchange that is as described; each case spoils one thing. */
const good: Exchange = {
  method: "GET",
  uri: "/v1/admin/mode",
  headers: [["authorization", "Bearer x"]],
  body: new Uint8Array(0),
  status: 200,
  answerHeaders: {
    "content-type": "application/json",
    "cache-control": "no-store",
    vary: "Authorization, Cookie, Origin",
  },
  answer: new TextEncoder().encode('{"mode":"open"}'),
};
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const problem = (code: string, status: number) =>
  text({
    type: `/problems/${code}`,
    title: "t",
    status,
    code,
    detail: "d",
    instance: "i",
    retryable: false,
  });

beforeAll(() => buildFor(join(root, "spin.toml")));

describe("describeInterface", () => {
  test("knows every member that a change of a commit may have", () => {
    const commit = OPERATIONS.find(({ id }) => id === "commit");
    const shapes = [PutChange, DeleteChange, CheckChange].flatMap(({ shape }) => Object.keys(shape));
    const counted =
      commit !== undefined && "body" in commit && "counted" in commit.body && commit.body.counted;
    expect(counted && [...counted.itemMembers].sort()).toEqual([...new Set(shapes)].sort());
  });

  test("has a path for every route of spin.toml that a component serves, and no other", () => {
    const paths = Object.keys(description.paths);
    expect(served.filter((route) => !paths.some((path) => covers(route, path)))).toEqual([]);
    expect(paths.filter((path) => !served.some((route) => covers(route, path)))).toEqual([]);
  });

  test("leads every reference somewhere, and keeps nothing that none leads to", () => {
    const made = describeInterface();
    const json = JSON.stringify(made);
    const used = new Set(json.match(/#\/components\/\w+\/[A-Za-z0-9-]+/g));
    const kept = Object.entries(description.components).flatMap(([kind, members]) =>
      kind === "securitySchemes" ? [] : Object.keys(members).map((name) => `#/components/${kind}/${name}`),
    );
    expect([...used].filter((reference) => !kept.includes(reference))).toEqual([]);
    const idle = kept.filter((name) => !used.has(name) && !name.startsWith("#/components/headers/"));
    expect(idle).toEqual([]);
  });

  test("names each operation once, and each parameter of a path", () => {
    const ids = Object.values(description.paths)
      .flatMap((path) => Object.values(path))
      .map((o) => JSON.stringify(o).slice(0, 60));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters } of OPERATIONS) {
      const named = parameters
        .filter((name) => PARAMETERS[name].in === "path")
        .map((name) => PARAMETERS[name].name);
      expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    }
  });

  test("is served to anybody, as the version that runs", async () => {
    const server = await openTestServer({ bare: true });
    const reply = await server.send("GET", "/openapi.json", { token: null });
    expect([reply.status, reply.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(JSON.parse(reply.text)).toEqual(JSON.parse(JSON.stringify(describeInterface())));
    expect(JSON.parse(reply.text).info.version).toBe(VERSION);
  });

  test("is kept by the answer to a path that no component serves", async () => {
    vi.stubEnv("LEDGE_TEST_HOST", "wasm");
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const server = await openTestServer({ bare: true });
    const reply = await server.send("GET", "/nothing", { token: null });
    expect(told(reply)).toBe("404 no_route");
    expect(JSON.parse(reply.text)).toMatchObject({ title: REFUSALS.no_route.title, retryable: false });
  });

  test("refuses with codes that are in the table, each of an operation once", () => {
    for (const { id, codes } of OPERATIONS) {
      expect([id, codes.filter((code) => !Object.hasOwn(REFUSALS, code))]).toEqual([id, []]);
      expect([id, codes.length]).toEqual([id, new Set(codes).size]);
    }
  });
});

describe("checkExchange", () => {
  test("lets through what is as described", () => {
    expect(() => checkExchange(good)).not.toThrow();
    const refused = { ...good, status: 403, answer: problem("forbidden", 403) };
    const answerHeaders = { ...good.answerHeaders, "content-type": "application/problem+json" };
    expect(() => checkExchange({ ...refused, answerHeaders })).not.toThrow();
  });

  const asProblem = { ...good.answerHeaders, "content-type": "application/problem+json" };
  test.each<{ name: string; spoil: Partial<Exchange>; why: RegExp }>([
    { name: "a status that is not described", spoil: { status: 202 }, why: /no such status/ },
    { name: "a path that is not described", spoil: { uri: "/v1/admin/moods" }, why: /no such path/ },
    { name: "a method that is not described", spoil: { method: "POST" }, why: /no such method/ },
    {
      name: "an answer with another member",
      spoil: { answer: text({ mode: "open", more: 1 }) },
      why: /answer/,
    },
    { name: "an answer without a member", spoil: { answer: text({}) }, why: /answer/ },
    {
      name: "a code that the route does not have",
      spoil: { status: 409, answerHeaders: asProblem, answer: problem("fork", 409) },
      why: /no such status/,
    },
    {
      name: "a code of another route at a status that it has",
      spoil: { status: 403, answerHeaders: asProblem, answer: problem("escalation", 403) },
      why: /answer/,
    },
    {
      name: "a missing header",
      spoil: { answerHeaders: { "content-type": "application/json", vary: "Authorization, Cookie, Origin" } },
      why: /cache-control is missing/,
    },
    {
      name: "a header that is not described",
      spoil: { answerHeaders: { ...good.answerHeaders, "ledge-colour": "red" } },
      why: /ledge-colour is not described/,
    },
    {
      name: "a parameter that was taken",
      spoil: { uri: "/v1/admin/mode?colour=red" },
      why: /took the parameter/,
    },
    {
      name: "a header that was taken",
      spoil: { headers: [["ledge-colour", "red"]] },
      why: /took the header/,
    },
    { name: "a body that was taken", spoil: { body: text({}) }, why: /took a body/ },
    {
      name: "another media type",
      spoil: { answerHeaders: { ...good.answerHeaders, "content-type": "text/html" } },
      why: /text\/html/,
    },
  ])("fails on $name", ({ spoil, why }) => {
    expect(() => checkExchange({ ...good, ...spoil })).toThrow(why);
  });

  test.each<{ name: string; uri: string }>([
    { name: "a limit over its cap", uri: "/v1/admin/tokens?limit=1001" },
    { name: "a limit that is no number", uri: "/v1/admin/tokens?limit=many" },
  ])("fails on $name that was taken", ({ uri }) => {
    expect(() => checkExchange({ ...good, uri, answer: text({ tokens: [] }) })).toThrow(/query limit/);
  });
});
