import { describe, expect, test } from "vitest";
import { planOf } from "../../testkit/plans.ts";
import {
  makeToken,
  putText,
  type Sending,
  type ServerReply,
  type TestServer,
  told,
} from "../../testkit/server.ts";
import { answerOf, commitOf, openTwoNamespaces, putJson } from "../../testkit/two-namespaces.ts";

const LIMITS = {
  type: "object",
  properties: { rps: { type: "integer", minimum: 1 }, name: { type: "string", pattern: "^[a-z]+$" } },
  required: ["rps"],
  additionalProperties: false,
};
const ANY = { "if-match": "*" };

function putSchema(
  server: TestServer,
  schema: unknown,
  { query = "", ...sending }: Sending & { query?: string } = {},
): Promise<ServerReply> {
  const body = typeof schema === "string" ? schema : JSON.stringify(schema);
  const headers = { "content-type": "application/schema+json", ...sending.headers };
  return server.send("PUT", `/v1/admin/schemas/shop?${query}`, { ...sending, body, headers });
}

/** Namespaces `shop`, whose keys under `limits/` have a schema, and `other`. */
async function open(schema: unknown = LIMITS, query = "scope=limits/"): Promise<TestServer> {
  const server = await openTwoNamespaces();
  const reply = await putSchema(server, schema, { query });
  if (reply.status !== 201) throw new Error(reply.text);
  return server;
}

const put = (server: TestServer, key: string, body: string, type = "application/json") =>
  server.send("PUT", `/v1/write/shop?key=${encodeURIComponent(key)}`, {
    body,
    headers: { "content-type": type },
  });
const errorsOf = ({ text }: ServerReply): { pointer: string; code: string; detail: string; key?: string }[] =>
  JSON.parse(text).errors ?? [];
const head = (server: TestServer) => server.db.all("select revision from store")[0]?.[0];

describe("a schema", () => {
  test("is put, read as it was sent, listed, replaced and ended", async () => {
    const server = await openTwoNamespaces();
    const text = '{ "maximum": 12345678901234567890, "type":"number" }';
    const made = await putSchema(server, text, { query: "scope=limits/&message=why" });
    expect(told(made)).toBe("201");
    const read = await server.send("GET", "/v1/admin/schemas/shop?scope=limits/");
    expect([read.text, read.headers.etag]).toEqual([text, made.headers.etag]);
    expect(told(await putSchema(server, true))).toBe("201");
    expect(await answerOf(server, "/v1/admin/schemas?ns=shop")).toMatchObject({
      schemas: [
        { namespace: "shop", scope: "", size: 4 },
        { namespace: "shop", scope: "limits/", etag: made.headers.etag },
      ],
    });
    expect(await answerOf(server, "/v1/admin/schemas?ns=other")).toEqual({ schemas: [] });
    const first = await answerOf<{ next: string }>(server, "/v1/admin/schemas?ns=shop&limit=1");
    expect(await answerOf(server, `/v1/admin/schemas?ns=shop&limit=1&cursor=${first.next}`)).toMatchObject({
      schemas: [{ scope: "limits/" }],
    });
    expect(told(await putSchema(server, LIMITS, { query: "scope=limits/" }))).toBe(
      "428 precondition_required",
    );
    expect(told(await putSchema(server, LIMITS, { query: "scope=limits/", headers: ANY }))).toBe("200");
    const gone = await server.send("DELETE", "/v1/admin/schemas/shop?scope=limits/", { headers: ANY });
    expect(told(gone)).toBe("200");
    expect(told(await server.send("GET", "/v1/admin/schemas/shop?scope=limits/"))).toBe("404 not_found");
  });

  test.each([
    { name: "no schema", schema: 5, pointer: "" },
    {
      name: "a type that is none",
      schema: { properties: { a: { type: "text" } } },
      pointer: "/properties/a/type",
    },
    { name: "another document", schema: { $ref: "https://example.com/x" }, pointer: "/$ref" },
    { name: "a place that is not there", schema: { $ref: "#/$defs/x" }, pointer: "/$ref" },
    { name: "a look-around", schema: { items: { pattern: "(?=a)b" } }, pointer: "/items/pattern" },
    { name: "a keyword that is not obeyed", schema: { $dynamicRef: "#a" }, pointer: "/$dynamicRef" },
  ])("is refused with a pointer: $name", async ({ schema, pointer }) => {
    const server = await openTwoNamespaces();
    const reply = await putSchema(server, schema);
    expect([told(reply), errorsOf(reply)[0]?.pointer]).toEqual(["422 schema_invalid", pointer]);
  });

  test("that documents fail is refused and names them, unless they are accepted", async () => {
    const server = await openTwoNamespaces();
    await commitOf(server, [
      putJson("shop", "limits/a", { rps: 5 }),
      putJson("shop", "limits/b", { rps: 0 }),
      putJson("shop", "limits/c", "x"),
      putJson("shop", "else", 1),
      putJson("other", "limits/d", 1),
    ]);
    const refused = await putSchema(server, LIMITS, { query: "scope=limits/" });
    expect(told(refused)).toBe("409 schema_conflict");
    expect(errorsOf(refused).map(({ key }) => key)).toEqual(["limits/b", "limits/c"]);
    const admin = await makeToken(server, [{ verbs: ["admin"], namespace: "shop" }]);
    const unread = await putSchema(server, LIMITS, { query: "scope=limits/", token: admin });
    expect([told(unread), errorsOf(unread)]).toEqual(["409 schema_conflict", []]);
    expect(unread.text).not.toContain("limits/b");
    expect(told(await putSchema(server, LIMITS, { query: "scope=limits/&existing=accept" }))).toBe("201");
    expect(
      told(await server.send("PUT", "/v1/write/shop?key=limits/b", { json: { rps: 0 }, headers: ANY })),
    ).toBe("200");
    expect(
      told(await server.send("PUT", "/v1/write/shop?key=limits/b", { json: { rps: -1 }, headers: ANY })),
    ).toBe("422 schema_violation");
  });

  test("is compared with the documents that no longer scope has a schema for", async () => {
    const server = await open({ type: "string" }, "scope=limits/x/");
    await commitOf(server, [putJson("shop", "limits/x/a", "text"), putJson("shop", "limits/b", { rps: 1 })]);
    expect(told(await putSchema(server, LIMITS, { query: "scope=limits/" }))).toBe("201");
  });

  test("is for who administers all of the namespace, which a namespace outlives", async () => {
    const server = await open();
    const part = await makeToken(server, [{ verbs: ["admin", "read"], namespace: "shop", scope: "limits/" }]);
    expect(told(await putSchema(server, true, { query: "scope=limits/", token: part }))).toBe(
      "403 forbidden",
    );
    const path = "/v1/admin/schemas/shop?scope=limits/";
    expect(told(await server.send("DELETE", path, { token: part, headers: ANY }))).toBe("403 forbidden");
    const whole = await makeToken(server, [{ verbs: ["admin"], namespace: "shop" }]);
    expect(told(await server.send("DELETE", "/v1/admin/namespaces/shop", { headers: ANY }))).toBe(
      "409 in_use",
    );
    expect(told(await server.send("DELETE", path, { token: whole, headers: ANY }))).toBe("200");
  });

  test("is read in _system by whoever reads all of its namespace", async () => {
    const server = await open();
    const key = encodeURIComponent("schema/shop/limits/");
    const whole = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }]);
    const part = await makeToken(server, [{ verbs: ["read"], namespace: "shop", scope: "limits/" }]);
    const read = (token: string) => server.send("GET", `/v1/read/_system?key=${key}`, { token });
    expect([told(await read(whole)), told(await read(part))]).toEqual(["200", "403 forbidden"]);
  });
});

test("nobody from outside reaches the component that judges", async () => {
  const server = await openTwoNamespaces();
  for (const path of ["values", "compare"])
    expect(told(await server.send("POST", `/internal/schema-check/${path}`, { body: "[]\n" }))).toBe(
      "404 no_route",
    );
});

describe("a commit under a schema", () => {
  test("takes what fits, and says where what does not is wrong", async () => {
    const server = await open();
    expect(told(await put(server, "limits/a", '{"rps":5}'))).toBe("201");
    const before = head(server);
    const refused = await put(server, "limits/b", '{"rps":0,"name":"A","more":1}');
    expect(told(refused)).toBe("422 schema_violation");
    expect(errorsOf(refused).map(({ detail }) => detail.split(":")[0])).toEqual(["/rps", "/name", "/more"]);
    expect(told(await put(server, "else", '{"rps":0}'))).toBe("201");
    const many = await commitOf(server, [putJson("shop", "x"), putJson("shop", "limits/b", { rps: "5" })]);
    expect([told(many), errorsOf(many)[0]?.pointer]).toEqual(["422 schema_violation", "/changes/1"]);
    expect(head(server)).toBe(Number(before) + 1);
  });

  test("is judged by the longest scope alone", async () => {
    const server = await open();
    expect(told(await putSchema(server, { type: "string" }, { query: "scope=limits/api" }))).toBe("201");
    expect(told(await putSchema(server, { type: "number" }))).toBe("201");
    expect(told(await put(server, "limits/api", '"text"'))).toBe("201");
    expect(told(await put(server, "limits/api2", '"text"'))).toBe("422 schema_violation");
    expect(told(await put(server, "limits/b", '{"rps":1}'))).toBe("201");
    expect(told(await put(server, "top", "1"))).toBe("201");
    expect(told(await put(server, "top2", '"text"'))).toBe("422 schema_violation");
  });

  test("may delete, check, and leave as it is what does not fit", async () => {
    const server = await openTwoNamespaces();
    await commitOf(server, [putJson("shop", "limits/a", 1), putJson("shop", "limits/b", 1)]);
    await putSchema(server, LIMITS, { query: "scope=limits/&existing=accept" });
    const reply = await commitOf(server, [
      putJson("shop", "limits/a", 1),
      { op: "delete", namespace: "shop", key: "limits/b", ifRevision: "any" },
      { op: "check", namespace: "shop", key: "limits/c", ifRevision: 0 },
    ]);
    expect(told(reply)).toBe("200");
  });

  test("takes YAML and TOML that fit, as they are, and nothing else but JSON", async () => {
    const server = await open();
    const yaml = "# why\nrps: 0x10 # hex\n";
    expect(told(await put(server, "limits/y", yaml, "application/yaml"))).toBe("201");
    expect((await server.send("GET", "/v1/read/shop?key=limits/y")).text).toBe(yaml);
    expect(told(await put(server, "limits/t", "rps = 5\n", "application/toml"))).toBe("201");
    for (const [type, body] of [
      ["application/yaml", "rps: 0"],
      ["application/yaml", "rps: [1"],
      ["application/yaml", "rps: 1\nrps: 2"],
      ["application/toml", "rps = -1"],
      ["application/toml", "rps = "],
      ["text/plain", '{"rps":1}'],
    ] as const)
      expect([body, told(await put(server, "limits/z", body, type))]).toEqual([body, "422 schema_violation"]);
  });

  test("keeps numbers that no double holds", async () => {
    const server = await open({ properties: { n: { type: "integer" } } }, "");
    const text = '{"n":12345678901234567891, "m":1.0}';
    expect(told(await put(server, "a", text))).toBe("201");
    expect((await server.send("GET", "/v1/read/shop?key=a")).text).toBe(text);
  });

  test("is planned, reverted and repeated by the same rules", async () => {
    const server = await openTwoNamespaces();
    await commitOf(server, [putJson("shop", "limits/a", 1)]);
    await commitOf(server, [putJson("shop", "limits/a", { rps: 1 })]);
    const keyed = {
      headers: { "idempotency-key": "one" },
      json: { changes: [putJson("shop", "limits/b", 2)] },
    };
    const first = await server.send("POST", "/v1/commit", keyed);
    await server.send("DELETE", "/v1/write/shop?key=limits/b", { headers: ANY });
    const changes = [putJson("shop", "limits/c", { rps: 1 })];
    const { planDigest } = await planOf(server, { changes });
    await putSchema(server, LIMITS, { query: "scope=limits/" });
    expect(told(await commitOf(server, changes, { planDigest }))).toBe("409 plan_changed");
    expect(await planOf(server, { changes })).toMatchObject({ ok: true, refusals: [] });
    const plan = await planOf(server, { changes: [putJson("shop", "limits/c", 5)] });
    expect(plan).toMatchObject({
      ok: false,
      refusals: [{ code: "schema_violation", pointer: "/changes/0" }],
    });
    const back = { namespace: "shop", key: "limits/a", to: 4 };
    expect((await planOf(server, back)).refusals[0]?.code).toBe("schema_violation");
    const reverted = await server.send("POST", "/v1/revert", { json: back });
    expect([told(reverted), errorsOf(reverted)[0]?.key]).toEqual(["422 schema_violation", "limits/a"]);
    const again = await server.send("POST", "/v1/commit", keyed);
    expect([told(again), again.headers["ledge-replayed"]]).toEqual([told(first), "true"]);
  });
});

test("no schema and no value takes longer than its nodes", async () => {
  const server = await openTwoNamespaces();
  const deep = `${'{"a":'.repeat(60)}1${"}".repeat(60)}`;
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [
      `d${at}`,
      { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
    ]),
  );
  const laughs = "bcdefghi"
    .split("")
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[at]}`).join()}]`);
  const cases: [string, unknown, string, string, string][] = [
    ["loop", { $ref: "#" }, "1", "application/json", "422 schema_too_costly"],
    [
      "doubling",
      { $ref: "#/$defs/d0", $defs: { ...doubling, d40: true } },
      "1",
      "application/json",
      "422 schema_too_costly",
    ],
    [
      "backtracking",
      { pattern: "^(a+)+$" },
      `"${"a".repeat(1_000_000)}!"`,
      "application/json",
      "422 schema_violation",
    ],
    ["deep", { properties: { a: { $ref: "#" } } }, deep, "application/json", "201"],
    [
      "large",
      { type: "string", maxLength: 2_000_000 },
      `"${"ü".repeat(500_000)}"`,
      "application/json",
      "201",
    ],
    ["proto", { additionalProperties: false }, '{"__proto__":1}', "application/json", "422 schema_violation"],
    [
      "laughs",
      { items: { $ref: "#" }, additionalProperties: { $ref: "#" } },
      `a: &a [1]\n${laughs.join("\n")}`,
      "application/yaml",
      "422 schema_too_costly",
    ],
    ["nested", true, "[".repeat(50_000), "application/yaml", "422 schema_violation"],
  ];
  for (const [key, schema, body, type, expected] of cases) {
    await putSchema(server, schema, { query: `scope=${key}` });
    expect([key, told(await put(server, key, body, type))]).toEqual([key, expected]);
  }
});

test("the first hundred schemas of a namespace are taken", async () => {
  const server = await openTwoNamespaces();
  await putText(server, "shop", "a", "1", "application/json");
  for (let at = 0; at < 100; at += 1) await putSchema(server, true, { query: `scope=s${at}` });
  expect(told(await putSchema(server, true, { query: "scope=more" }))).toBe("413 too_large");
  expect(told(await putSchema(server, false, { query: "scope=s5", headers: ANY }))).toBe("200");
});
