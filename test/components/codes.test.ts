/** Every code that the description gives a route is provoked there, through the real components. */
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Operation } from "../../lib/api/operation.ts";
import { OPERATIONS } from "../../lib/api/operations.ts";
import type { RefusalCode } from "../../lib/core/refusal.ts";
import {
  type Ask,
  type Asks,
  commonAsks,
  goodBody,
  goodPath,
  type Made,
  ownAsks,
  text,
} from "../../testkit/asks.ts";
import { buildFor, root } from "../../testkit/host.ts";
import {
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  RECOVERY_SECRET,
  type TestServer,
  told,
} from "../../testkit/server.ts";

/** Made in one place of the door for all routes alike, by faults that no request can cause: faults.test.ts. */
const FAULTS: readonly RefusalCode[] = [
  "busy",
  "storage_full",
  "internal",
  "outcome_unknown",
  "store_in_memory",
  "not_durable",
];
/** Of a restored store (feed.test.ts), of a bucket (test/backup), and of a setting. */
const ELSEWHERE: readonly RefusalCode[] = [
  // Where a limit is set: rate.test.ts.
  "rate_limited",
  // Of a namespace under review: proposals.test.ts.
  "approval_required",
  "revision_lost",
  "fork",
  "bucket_foreign",
  "snapshot_damaged",
  "bucket_denied",
  "bucket_unavailable",
];

const POINTS: readonly RefusalCode[] = ["not_found", "revision_unknown", "revision_lost", "compacted"];
/** What one that is there is refused for: proposals.test.ts, apply-proposal.test.ts. */
const OF_PROPOSALS: readonly RefusalCode[] = [
  "approval_void",
  "frozen",
  "policy_violation",
  "override_required",
  "quota_exceeded",
  "schema_violation",
  "message_required",
  "stale",
  "idempotency_mismatch",
];
/**
 * Judged only once the bucket was asked, or a restore is going on: test/backup/*component*.test.ts. Of a thousand
 * tokens, and of one that somebody changes meanwhile: admin.test.ts; of a hundred policies: policies.test.ts. Of what a purge took, of a thousand keys, and of keys that come back: revert.test.ts.
 */
const ELSEWHERE_OF: Readonly<Record<string, readonly RefusalCode[]>> = {
  revokeToken: ["too_many_changes"],
  revokeTokens: ["too_many_changes", "stale"],
  putPolicy: ["quota_exceeded"],
  // Of a hundred channels and of as many beacons as are kept: channels.test.ts. Of two who steer at one time.
  putChannel: ["quota_exceeded"],
  postBeacons: ["quota_exceeded"],
  ...Object.fromEntries(
    ["pause", "resume", "hurry", "abort"].map((verb) => [`${verb}Rollout`, ["stale"] as const]),
  ),
  plan: ["not_found"],
  approveProposal: ["forbidden", ...OF_PROPOSALS],
  applyProposal: OF_PROPOSALS,
  // Of a rollout that waits: rollout-review.test.ts.
  approveRollout: ["approval_void", "frozen", "stale"],
  rejectProposal: ["forbidden"],
  withdrawProposal: ["forbidden"],
  revert: ["not_found", "too_many_changes", "quota_exceeded"],
  pickBranch: ["not_found"],
  previewRestore: [...POINTS, "not_ready"],
  restore: [...POINTS, "not_ready", "not_empty"],
  // Where the console is switched off: console.test.ts.
  openConsole: ["no_route"],
  beginConsoleSession: ["no_route"],
  readConsoleSession: ["no_route"],
  endConsoleSession: ["no_route"],
};

beforeAll(() => buildFor(join(root, "spin.toml")));

test("every code of every route is provoked by its own request, which changes nothing", async () => {
  const made = await prepare();
  const before = stateOf(made.server);
  const seen: string[] = [];
  for (const operation of ROUTES) {
    const own = ownAsks(made)[operation.id] ?? {};
    for (const code of operation.codes) {
      if (FAULTS.includes(code) || ELSEWHERE.includes(code) || code === "read_only") continue;
      if (ELSEWHERE_OF[operation.id]?.includes(code) === true) continue;
      seen.push(`${operation.id} ${code}: ${await provoke(operation, code, { made, own })}`);
    }
  }
  expect(wrong(seen)).toEqual([]);
  expect(stateOf(made.server)).toEqual(before);
});

test("every route that writes says read_only while the store is closed", async () => {
  const made = await prepare();
  const { server } = made;
  await server.send("PUT", "/v1/admin/mode", { json: { mode: "read_only" } });
  const before = stateOf(server);
  const seen: string[] = [];
  for (const operation of ROUTES) {
    if (!operation.codes.includes("read_only") || STOPPED_ONLY.includes(operation.id)) continue;
    const conditional = operation.method === "delete" && operation.parameters.includes("ifMatch");
    const sending = conditional ? { headers: { "if-match": "*" } } : goodBody(operation);
    seen.push(`${operation.id} read_only: ${told(await send(operation, made, { sending }))}`);
  }
  expect(wrong(seen)).toEqual([]);
  expect(stateOf(server)).toEqual(before);
});

/**
 * Sealing asks for this mode (test/backup/component.test.ts); recovery works in it (recover.test.ts); what is not proposed
 * is not decided on.
 */
const STOPPED_ONLY = [
  "sealBackup",
  "recover",
  "approveProposal",
  "applyProposal",
  "rejectProposal",
  "withdrawProposal",
  "approveRollout",
];

const ROUTES: readonly Operation[] = OPERATIONS;
const wrong = (seen: readonly string[]) => seen.filter((line) => !/^\w+ (\w+): \d+ \1$/.test(line));

async function provoke(
  operation: Operation,
  code: RefusalCode,
  { made, own }: { made: Made; own: Asks },
): Promise<string> {
  const { server } = made;
  if (code === "store_newer" || code === "not_ready") {
    const [there, back] =
      code === "store_newer" ? ["format=format+1", "format=format-1"] : ["state='restoring'", "state='open'"];
    server.db.all(`update store set ${there}`);
    const reply = await send(operation, made, {});
    server.db.all(`update store set ${back}`);
    return told(reply);
  }
  const ask = own[code] ?? commonAsks(operation, made)[code];
  return ask === undefined ? "nothing asks for it" : told(await send(operation, made, ask));
}

async function prepare(): Promise<Made> {
  vi.stubEnv("LEDGE_TEST_HOST", "wasm");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const server = await openTestServer();
  for (const name of ["shop", "gone", "named"]) await makeNamespace(server, name);
  await makeNamespace(server, "strict", { quota: { keys: 1 } });
  await putText(server, "strict", "there", "x");
  await putText(server, "gone", "k", "x");
  await server.send("DELETE", "/v1/write/gone?key=k", { headers: { "if-match": "*" } });
  await server.send("DELETE", "/v1/admin/namespaces/gone", { headers: { "if-match": "*" } });
  const settings = { messageRequired: true, quota: { keys: 1 } };
  await server.send("PUT", "/v1/admin/namespaces/strict", { json: settings, headers: { "if-match": "*" } });
  await server.send("PUT", "/v1/admin/mode", { json: { mode: "open" } });
  await server.send("PUT", "/v1/write/shop?key=there", { ...text({ "idempotency-key": "one" }), body: "x" });
  const historian = await makeToken(server, [{ verbs: ["history"], namespace: "named" }]);
  const expired = await makeToken(server, [{ verbs: ["read"], namespace: "shop" }], {
    expires: "2100-01-01T00:00:00Z",
  });
  for (const table of ["entry", "change"]) {
    server.db.all(
      `update ${table} set value=cast(json_set(cast(value as text),'$.expiresMs',1000000000000) as blob) where key=?1`,
      [`token/${expired.split("_")[1]}`],
    );
  }
  server.db.all("update usage set compacted=3 where namespace='shop'");
  const delegate = await makeToken(server, [{ verbs: ["admin", "read"], namespace: "shop" }]);
  const weak = await makeToken(server, [{ verbs: ["approve"], namespace: "shop" }]);
  const ending = await makeToken(server, [{ verbs: ["admin", "approve"], namespace: "shop" }], {
    expires: "2100-01-01T00:00:00Z",
  });
  await makeNamespace(server, "guarded");
  const writer = await makeToken(server, [{ verbs: ["write", "history", "rollout"], namespace: "guarded" }]);
  let unguarded = 0;
  for (const key of ["tight/k", "cold/k"])
    unguarded = Number.parseInt((await putText(server, "guarded", key, "1")).slice(1), 10);
  for (const key of ["tight/k", "cold/k"]) await putText(server, "guarded", key, "2");
  for (const [place, json] of POLICIES)
    await server.send("PUT", `/v1/admin/policies/${place}`, { json, headers: { "if-none-match": "*" } });
  const overtaken = Number.parseInt((await putText(server, "shop", "twice", "1")).slice(1), 10);
  await putText(server, "shop", "twice", "2");
  const unruled = await ruledKeys(server);
  const roller = await makeToken(server, [{ verbs: ["rollout"], namespace: "shop" }]);
  await channels(server, unguarded);
  await server.send("POST", "/v1/admin/recover", {
    token: RECOVERY_SECRET,
    json: { name: "recovered", accessor: "e".repeat(12), digest: "a".repeat(64) },
  });
  return {
    server,
    overtaken,
    unruled,
    rootToken: server.rootToken,
    historian,
    expired,
    delegate,
    weak,
    ending,
    writer,
    unguarded,
    roller,
  };
}

/** `stable` of `shop` with a rollout that has ended, `moving` with one that goes on, and an edge. */
async function channels(server: TestServer, unguarded: number): Promise<void> {
  const put = async (path: string, json: object) => {
    const reply = await server.send("PUT", `/v1/admin/${path}`, { json });
    if (reply.status !== 201) throw new Error(`${path}: ${reply.text}`);
  };
  for (const name of ["stable", "moving"]) {
    await put(`channels/shop/${name}`, { revision: 4 });
    await put(`rollouts/shop/${name}`, { to: 5, steps: [{ percent: 100, bakeSeconds: 0 }] });
  }
  await server.send("POST", "/v1/admin/rollouts/shop/stable/abort");
  await put("channels/guarded/stable", { revision: unguarded });
  await put("edges/there", { labels: { ring: "canary" } });
}

/** Keys whose schemas take a text, and nothing in time; gives when they held numbers. */
async function ruledKeys(server: TestServer): Promise<number> {
  const put = (key: string, value: string) => putText(server, "shop", key, value, "application/json");
  await put("costly", "1");
  const unruled = Number.parseInt((await put("ruled", "1")).slice(1), 10);
  await put("costly", "3");
  await put("ruled", '"text"');
  for (const [scope, rules] of [
    ["ruled", '{"type":"string"}'],
    ["costly", '{"$ref":"#"}'],
  ])
    await server.send("PUT", `/v1/admin/schemas/shop?scope=${scope}&existing=accept`, {
      body: rules ?? "",
      headers: { "content-type": "application/json" },
    });
  return unruled;
}

const POLICIES = [
  ["guarded?scope=tight/", { budgets: { keysChanged: 0 } }],
  [
    "guarded?scope=cold/",
    { freeze: [{ from: "2020-01-01T00:00:00Z", until: "2100-01-01T00:00:00Z", reason: "a test" }] },
  ],
  ["shop", {}],
] as const;

const send = (operation: Operation, { server, weak }: Made, { path, sending }: Ask) =>
  server.send(operation.method.toUpperCase(), path ?? goodPath(operation, weak), sending);

/** Everything that a refusal must leave as it is. */
function stateOf({ db }: TestServer): unknown {
  return ["store", "commits", "change", "entry", "usage"].map((table) => db.all(`select * from ${table}`));
}
