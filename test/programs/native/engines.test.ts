/** The two engines as one server: the same random requests to both, on copies of one store, have the same answers. */
import { randomBytes } from "node:crypto";
import { copyFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { formatToken, newToken, secretDigest } from "../../../lib/core/token.ts";
import { FULL } from "../../../testkit/crash-sample.ts";
import { buildFor, openTestHost, root, testFolder } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";
import { addNamespace, bootstrap, propose, putReserved, tokenDocument } from "../../../testkit/proposals.ts";
import { openTestStore } from "../../../testkit/store.ts";

const MANIFEST = join(root, "spin.toml");
beforeAll(() => buildFor(MANIFEST, ["config-read", "config-write", "admin"]));

const KEYS = ["a", "a/b", "limits/api", "é", "none", "k".repeat(20)];

interface Ask {
  readonly method: string;
  readonly path: string;
  readonly token: "root" | "reader" | "none" | "wrong";
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const namespace = fc.constantFrom("shop", "shop", "open", "none", "_system", "UPPER");
const key = fc.constantFrom(...KEYS).map(encodeURIComponent);
const query = (...parts: readonly string[]) =>
  fc
    .subarray([...parts], { maxLength: Math.min(3, parts.length) })
    .map((chosen) => chosen.map((part) => `&${part}`).join(""));

const paths = fc.oneof(
  fc
    .tuple(namespace, key, query("revision=4", "revision=999", "wait=0", "colour=red"))
    .map(([ns, k, more]) => `/v1/read/${ns}?key=${k}${more}`),
  fc
    .tuple(namespace, key, query("message=why", "colour=red"))
    .map(([ns, k, more]) => `/v1/write/${ns}?key=${k}${more}`),
  fc
    .tuple(namespace, query("limit=2", "limit=0x10", "values=json", "prefix=a", "revision=5"))
    .map(([ns, more]) => `/v1/list/${ns}?${more.slice(1)}`),
  query("since=3", "limit=2", "values=json", "namespace=shop", "prefix=a").map(
    (more) => `/v1/changes?${more.slice(1)}`,
  ),
  fc.constantFrom(
    "/v1/commits",
    "/v1/commits/4",
    "/v1/commit",
    "/v1/plan",
    "/v1/revert",
    "/v1/whoami",
    "/v1/admin/namespaces",
    "/v1/admin/namespaces/shop",
    "/v1/admin/namespaces/made",
    "/v1/admin/tokens?limit=1",
    "/v1/admin/mode",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/",
    "/v1/nowhere",
    "/v1/read",
  ),
);

const commitBody = fc
  .array(
    fc.record({
      op: fc.constantFrom("put", "delete", "check", "sing"),
      namespace,
      key: fc.constantFrom(...KEYS),
      ifRevision: fc.constantFrom("any", 0, 4, -1),
    }),
    { maxLength: 4 },
  )
  .map((changes) =>
    JSON.stringify({
      changes: changes.map((one) => (one.op === "put" ? { ...one, value: { of: one.key } } : one)),
    }),
  );

const ask: fc.Arbitrary<Ask> = fc.record({
  method: fc.constantFrom("GET", "GET", "GET", "PUT", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"),
  path: paths,
  token: fc.constantFrom("root", "root", "root", "reader", "none", "wrong"),
  headers: fc.subarray(
    [
      ["if-match", "*"],
      ["if-none-match", "*"],
      ["content-type", "application/json"],
      ["idempotency-key", "once"],
      ["ledge-min-revision", "2"],
      ["ledge-colour", "red"],
      ["ledge-author", "me"],
    ] as const,
    { maxLength: 3 },
  ),
  body: fc.oneof(
    fc.constantFrom("", "{}", "plain", '{"mode":"open"}', '{"public":true}', '{"commit":5}'),
    commitBody,
  ),
});

const asking = (method: string, path: string, more: Partial<Ask> = {}): Ask => ({
  method,
  path,
  token: "root",
  headers: [],
  body: "",
  ...more,
});

const JSON_TYPE = ["content-type", "application/json"] as const;
const ABSENT = ["if-none-match", "*"] as const;

/** What every run begins with, so that each kind of answer is compared whatever chance brings. */
const USUAL: readonly (readonly [status: number, ask: Ask])[] = [
  [200, asking("GET", "/v1/read/shop?key=a")],
  [201, asking("PUT", "/v1/write/shop?key=new", { headers: [ABSENT, JSON_TYPE], body: "1" })],
  [412, asking("PUT", "/v1/write/shop?key=new", { headers: [ABSENT, JSON_TYPE], body: "2" })],
  [304, asking("GET", "/v1/read/shop?key=a", { headers: [ABSENT] })],
  [204, asking("OPTIONS", "/v1/read/shop?key=a")],
  [400, asking("GET", "/v1/read/shop?key=a&colour=red")],
  [401, asking("GET", "/v1/read/shop?key=a", { token: "wrong" })],
  [403, asking("GET", "/v1/read/shop?key=limits/api", { token: "reader" })],
  [404, asking("GET", "/v1/read/shop?key=none")],
  [405, asking("PATCH", "/v1/read/shop?key=a")],
  [428, asking("PUT", "/v1/write/shop?key=a", { headers: [JSON_TYPE], body: "3" })],
];

/** What is of this request alone: ids, times, and cursors that are sealed with a number drawn for each. */
const OF_ONE_REQUEST = [
  [/"(instance|id)":"[^"]*"/g, '"$1":""'],
  [/"(next|cursor)":"[^"]*"/g, '"$1":""'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"],
] as const;
const HEADERS_OF_ONE = new Set(["date", "last-modified", "ledge-modified", "keep-alive", "link"]);

function send(url: string, tokens: Readonly<Record<string, string>>, agent: Agent, asked: Ask) {
  const token = tokens[asked.token];
  const headers = [
    ...asked.headers.flat(),
    ...(token === undefined ? [] : ["authorization", `Bearer ${token}`]),
    ...(asked.method === "GET" || asked.method === "HEAD"
      ? []
      : ["content-length", String(Buffer.byteLength(asked.body))]),
  ];
  return new Promise<unknown>((resolve, reject) => {
    const host = ["host", new URL(url).host];
    const sent = request(url, {
      method: asked.method,
      path: asked.path,
      agent,
      headers: [...host, ...headers],
    });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () => {
        const text = OF_ONE_REQUEST.reduce(
          (left, [what, by]) => left.replace(what, by),
          Buffer.concat(pieces).toString("latin1"),
        );
        const kept = Object.entries(answer.headers).filter(([name]) => !HEADERS_OF_ONE.has(name));
        resolve({ status: answer.statusCode, headers: Object.fromEntries(kept), text });
      });
    });
    sent.end(asked.method === "GET" || asked.method === "HEAD" ? undefined : asked.body);
  });
}

/** One store with a root token and a reader's, and its file. */
function makeStore() {
  const { db, file } = openTestStore();
  const [admin, reader] = [newToken(randomBytes), newToken(randomBytes)];
  bootstrap(db);
  addNamespace(db, "shop");
  addNamespace(db, "open", { public: true });
  putReserved(db, "_auth", `token/${admin.accessor}`, tokenDocument({ digest: secretDigest(admin.secret) }));
  const grants = [{ verbs: ["read"], namespace: "shop", scope: "a/" }];
  putReserved(
    db,
    "_auth",
    `token/${reader.accessor}`,
    tokenDocument({ digest: secretDigest(reader.secret), grants, creator: "aaaaaaaaaaaa" }),
  );
  for (const ns of ["shop", "open"])
    for (const one of KEYS.slice(0, 3)) propose(db, [{ op: "put", ns, key: one, value: `${ns} ${one}` }]);
  const tokens = {
    root: formatToken(admin),
    reader: formatToken(reader),
    wrong: formatToken(newToken(randomBytes)),
  };
  return { file, tokens };
}

test("the engines answer the same requests alike", async () => {
  const { file, tokens } = makeStore();
  const agent = new Agent({ keepAlive: true });
  const urls: string[] = [];
  for (const engine of [undefined, testNativeEngine()]) {
    const stateDir = testFolder();
    copyFileSync(file, join(stateDir, "ledge.db"));
    const host = await openTestHost({
      manifest: MANIFEST,
      stateDir,
      ...(engine === undefined ? {} : { engine }),
    });
    urls.push(host.url);
  }
  const [wasm = "", native = ""] = urls;
  const statuses = new Set<unknown>();
  const property = fc.asyncProperty(fc.array(ask, { minLength: 10, maxLength: 30 }), async (asks) => {
    for (const one of asks) {
      const answer = await send(wasm, tokens, agent, one);
      statuses.add((answer as { status: number }).status);
      expect([one, await send(native, tokens, agent, one)]).toEqual([one, answer]);
    }
  });
  // What was written stays, so a counterexample cannot be made smaller.
  const first: [Ask[]] = [USUAL.map(([, one]) => one)];
  await fc.assert(property, { numRuns: FULL ? 300 : 25, endOnFailure: true, examples: [first] });
  agent.destroy();
  expect([...statuses]).toEqual(expect.arrayContaining(USUAL.map(([status]) => status)));
});
