/** The access matrix: which grant of one token is enough for which route, through the real components. */
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Operation } from "../../lib/api/operation.ts";
import { OPERATIONS } from "../../lib/api/operations.ts";
import { VERBS, type Verb } from "../../lib/core/grant.ts";
import { goodBody, goodPath } from "../../testkit/asks.ts";
import { buildFor, root } from "../../testkit/host.ts";
import {
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  type TestServer,
  told,
} from "../../testkit/server.ts";

/** What the requests are about is the key `there` of `shop`, or `shop`, or all. */
const PLACES = {
  key: { namespace: "shop", scope: "there" },
  beside: { namespace: "shop", scope: "elsewhere" },
  shop: { namespace: "shop", scope: "" },
  far: { namespace: "far", scope: "" },
  "*": { namespace: "*", scope: "" },
} as const;

/** By route, of each verb the places that are enough. `nobody`: no token is asked for; `any`: any token will do. */
const MATRIX: Readonly<Record<string, string>> = {
  openConsole: "nobody",
  readConsoleAsset: "nobody",
  readConsoleSession: "any",
  beginConsoleSession: "any",
  endConsoleSession: "nobody",
  abortRollout: "rollout: shop *, admin: shop *",
  commit: "write: shop *",
  deleteChannel: "admin: shop *",
  deleteDocument: "write: key shop *",
  deleteEdge: "admin: *",
  deleteNamespace: "admin: *",
  deletePolicy: "admin: shop *",
  deleteSchema: "admin: shop *",
  followChanges: "read: key beside shop far *",
  hurryRollout: "rollout: shop *, admin: shop *",
  listChannels:
    "rollout: key beside shop far *, approve: key beside shop far *, admin: key beside shop far *",
  listCommits: "history: key beside shop far *, admin: *",
  listDocuments: "read: key beside shop *",
  listEdges: "admin: *",
  listNamespaces: "admin: key beside shop far *",
  listPolicies: "admin: key beside shop far *",
  listRollouts:
    "rollout: key beside shop far *, approve: key beside shop far *, admin: key beside shop far *",
  listSchemas: "admin: key beside shop far *",
  listTokens: "admin: key beside shop far *",
  makeToken: "admin: key beside shop far *",
  pauseRollout: "rollout: shop *, admin: shop *",
  plan: "plan+read: shop *",
  postBeacons: "report: key shop *",
  purge: "admin: *",
  putChannel: "rollout: shop *, admin: shop *",
  putDocument: "write: key shop *",
  putEdge: "admin: *",
  putMode: "admin: *",
  putNamespace: "admin: *",
  putPolicy: "admin: shop *",
  putRollout: "rollout: shop *, admin: shop *",
  putSchema: "admin: shop *",
  readChannel: "rollout: key beside shop *, approve: key beside shop *, admin: key beside shop *",
  readCommit: "history: key beside shop far *, admin: *",
  readDiff: "history: key beside shop *",
  readDocument: "read: key shop *",
  readEdge: "admin: *",
  readFleet: "status: *, admin: *",
  readHealth: "nobody",
  readHistory: "history: key beside shop *",
  readMetrics: "status: *, admin: *",
  readMode: "admin: *",
  readNamespace: "admin: key beside shop *",
  readOpenapi: "nobody",
  readPolicy: "admin: key beside shop *",
  readReadiness: "nobody",
  readRollout: "rollout: key beside shop *, approve: key beside shop *, admin: key beside shop *",
  readSchema: "admin: key beside shop *",
  readStatus: "status: *, admin: *",
  readToken: "admin: key beside shop far *",
  resumeRollout: "rollout: shop *, admin: shop *",
  revert: "write+history: key shop *",
  revokeToken: "admin: key beside shop far *",
  revokeTokens: "admin: key beside shop far *",
  rotateToken: "admin: key beside shop far *",
  propose: "plan+read: shop *",
  listProposals: "read: key beside shop far *",
  readProposal: "read: key beside shop far *",
  approveProposal: "approve: key beside shop far *",
  applyProposal: "write: key beside shop far *",
  approveRollout: "approve: shop *",
  rejectProposal: "approve: key beside shop far *",
  withdrawProposal: "any",
  search: "read: key beside shop far *",
  whoami: "any",
  readLineage: "any",
};
const EXPORTER_MATRIX: Readonly<Record<string, string>> = {
  adoptStore: "backup: *",
  listSnapshots: "backup: *",
  pickBranch: "backup: *",
  proveBackup: "backup: *",
  pruneBackup: "backup: *",
  readBackupStatus: "backup: *",
  runBackup: "backup: *",
  sealBackup: "backup: *",
};

/** Judged by a secret, and not by grants. */
const BY_SECRET = ["bootstrap", "recover", "previewRestore", "restore"];
/** Verbs that no route asks for yet: one token holds them all. */
const UNUSED: readonly Verb[] = ["override"];
const ASKED = VERBS.filter((verb) => !UNUSED.includes(verb));
const VERB_SETS: ReadonlyMap<string, readonly Verb[]> = new Map([
  ...ASKED.map((verb) => [verb, [verb]] as const),
  ["another", UNUSED],
]);
/** Verbs that are enough together only. */
const PAIRS: ReadonlyMap<string, readonly Verb[]> = new Map([
  ["plan+read", ["plan", "read"]],
  ["write+history", ["write", "history"]],
  ["approve+read", ["approve", "read"]],
]);

const ROUTES: readonly Operation[] = OPERATIONS.filter(({ id }) => !BY_SECRET.includes(id));

test("every route that answers by itself takes the grants of the matrix and no others", async () => {
  const routes = ROUTES.filter(({ component }) => component !== "snapshot-export");
  expect(await matrixOf(routes)).toEqual(MATRIX);
});

describe("the exporter's routes", () => {
  beforeAll(() => buildFor(join(root, "spin.toml")));

  test("take the grants of the matrix, and no other ones", async () => {
    vi.stubEnv("LEDGE_TEST_HOST", "wasm");
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const routes = ROUTES.filter(({ component }) => component === "snapshot-export");
    // An instance of this engine takes its time: the places that tell verbs and their reach apart.
    expect(await matrixOf(routes, ["shop", "*"])).toEqual(EXPORTER_MATRIX);
  });
});

const EVERYWHERE = ["key", "beside", "shop", "far", "*"] as const;
type PlaceName = (typeof EVERYWHERE)[number];

async function matrixOf(
  routes: readonly Operation[],
  places: readonly PlaceName[] = EVERYWHERE,
): Promise<Record<string, string>> {
  const server = await openTestServer();
  for (const name of ["shop", "far"]) await makeNamespace(server, name);
  await putText(server, "shop", "there", "x");
  for (const name of ["stable", "moving"]) {
    await server.send("PUT", `/v1/admin/channels/shop/${name}`, { json: { revision: 3 } });
    const steps = [{ percent: 100, bakeSeconds: 0 }];
    await server.send("PUT", `/v1/admin/rollouts/shop/${name}`, { json: { to: 4, steps } });
  }
  const managed = await makeToken(server, [{ verbs: ["report"], namespace: "shop" }]);
  const tokens = new Map<string, string>();
  for (const [name, verbs] of [...VERB_SETS, ...PAIRS]) {
    for (const place of places)
      tokens.set(`${name} ${place}`, await makeToken(server, [{ verbs, ...PLACES[place] }]));
  }
  // Whoever is let in changes nothing.
  await server.send("PUT", "/v1/admin/mode", { json: { mode: "read_only" } });
  const seen: Record<string, string> = {};
  for (const operation of routes)
    seen[operation.id] = await askAll(server, operation, { tokens, places, managed });
  return seen;
}

async function askAll(
  server: TestServer,
  operation: Operation,
  {
    tokens,
    places,
    managed,
  }: { tokens: ReadonlyMap<string, string>; places: readonly PlaceName[]; managed: string },
): Promise<string> {
  const path = goodPath(operation, managed);
  const letIn = async (token: string | null) => {
    const reply = await server.send(operation.method.toUpperCase(), path, { ...goodBody(operation), token });
    return !["401 unauthenticated", "403 forbidden"].includes(told(reply));
  };
  if (await letIn(null)) return "nobody";
  const enough: string[] = [];
  let anyToken = true;
  for (const name of VERB_SETS.keys()) {
    const letting: string[] = [];
    for (const place of places) if (await letIn(tokens.get(`${name} ${place}`) ?? null)) letting.push(place);
    anyToken = anyToken && letting.length === places.length;
    if (letting.length > 0) enough.push(`${name}: ${letting.join(" ")}`);
  }
  if (anyToken) return "any";
  for (const [name, verbs] of PAIRS) {
    if (verbs.some((verb) => enough.some((one) => one.startsWith(`${verb}:`)))) continue;
    const letting: string[] = [];
    for (const place of places) if (await letIn(tokens.get(`${name} ${place}`) ?? null)) letting.push(place);
    if (letting.length > 0) enough.push(`${name}: ${letting.join(" ")}`);
  }
  return enough.join(", ");
}
