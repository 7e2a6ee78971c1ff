/**
 * What to ask of each route so that it refuses with each of its codes: what goes wrong alike everywhere, and
 * what is particular to a route. Knows the store that codes.test.ts prepares.
 */

import type { Operation } from "../lib/api/operation.ts";
import { OPERATIONS } from "../lib/api/operations.ts";
import { formatCursor } from "../lib/core/cursor.ts";
import type { RefusalCode } from "../lib/core/refusal.ts";
import { sealCursor } from "../lib/core/sealed-cursor.ts";
import { readCursorKey } from "../lib/store/documents/cursor-key.ts";
import { BOOTSTRAP_SECRET, RECOVERY_SECRET, type Sending, type TestServer } from "./server.ts";

export interface Ask {
  readonly path?: string;
  readonly sending?: Sending;
}
export type Asks = Partial<Record<RefusalCode, Ask>>;

export interface Made {
  readonly server: TestServer;
  readonly rootToken: string;
  readonly historian: string;
  readonly expired: string;
  readonly delegate: string;
  /** Holds `approve` as the weak one does, with `admin`, and ends one day. */
  readonly ending: string;
  /** A token without grants that any route here asks for. */
  readonly weak: string;
  /** May write, revert and roll out in `guarded`, and override nothing. */
  readonly writer: string;
  /** Before its keys `tight/k` and `cold/k`, which policies guard now, were changed. */
  readonly unguarded: number;
  /** A commit whose change was followed by another. */
  readonly overtaken: number;
  /** When the keys `ruled` and `costly` held what their schemas do not take. */
  readonly unruled: number;
  /** May roll out in `shop`, and override nothing. */
  readonly roller: string;
}

const digest = "a".repeat(64);
const grants = [{ verbs: ["read"], namespace: "shop", scope: "" }];
const FOREIGN_ETAG = '"3-00000000"';
const foreignCursor = (kind: "feed" | "commits" | "commit", filter: (string | null)[]) =>
  formatCursor({ kind, lineage: "0".repeat(32), revision: 2, filter, after: "" });
const foreignSealed = (
  { db, rootToken }: TestServer,
  kind: "list" | "history" | "diff",
  filter: (string | null)[],
) =>
  sealCursor(
    { kind, lineage: "0".repeat(32), revision: 2, filter, after: "" },
    { key: readCursorKey(db), accessor: rootToken.slice(4, 16), nowMs: Date.now() },
  );
const schema = (body: string, headers: Record<string, string> = {}): Ask => ({
  sending: { body, headers: { "content-type": "application/json", ...headers } },
});
const RULED = "/v1/admin/schemas/shop?scope=ruled";
/** The bytes that no prepared document holds. */
export const text = (headers: Record<string, string> = {}) => ({
  body: "y",
  headers: { "content-type": "text/plain", ...headers },
});
const newKey = { op: "put", namespace: "shop", key: "new", value: 1 };
const change = (more: object, top: object = {}): Ask => ({
  sending: { json: { ...top, changes: [{ ...newKey, ...more }] } },
});
const TWO_CHANGES: Ask = { sending: { json: { changes: [1, 2].map((value) => ({ ...newKey, value })) } } };
const MANY_CHANGES: Ask = {
  sending: { json: { changes: Array.from({ length: 1001 }, (_, at) => ({ ...newKey, key: `k${at}` })) } },
};
/** What changes are refused for alike, committed or proposed. */
const CHANGES_ASKS: Asks = {
  namespace_not_found: change({ namespace: "none" }),
  bad_namespace: change({ namespace: "A" }),
  bad_key: change({ key: "\0" }),
  message_required: change({ namespace: "strict", key: "there", ifRevision: "any" }),
  quota_exceeded: change({ namespace: "strict" }, { message: "m" }),
  value_malformed: change({ value: undefined, mediaType: "application/json", text: "{" }),
  not_found: change({ op: "delete", key: "none", value: undefined, ifRevision: "any" }),
  exists: change({ key: "there", ifRevision: 0 }),
  stale: change({ key: "there", ifRevision: 1 }),
  precondition_required: change({ key: "there" }),
  duplicate_change: TWO_CHANGES,
  too_many_changes: MANY_CHANGES,
  plan_changed: change({}, { planDigest: digest }),
  schema_violation: change({ key: "ruled", ifRevision: "any" }),
  schema_too_costly: change({ key: "costly", ifRevision: "any" }),
};
const PURGE = { namespace: "shop", key: "there", why: "a mistake" };
const purge = (more: object): Ask => ({ sending: { json: { ...PURGE, ...more } } });
const BACK = { namespace: "shop", key: "there", to: 4 };
const back = (more: object): Ask => ({ sending: { json: { ...BACK, ...more } } });
/** What a revert is refused for alike when it is only planned. */
const BACK_ASKS: Asks = {
  reserved_namespace: back({ namespace: "_system" }),
  namespace_not_found: back({ namespace: "none" }),
  bad_namespace: back({ namespace: "Shop" }),
  bad_key: back({ key: "\0" }),
  revision_unknown: back({ to: 999 }),
  compacted: back({ to: 1 }),
};
const TWICE = [
  ["authorization", "Bearer x"],
  ["authorization", "Bearer x"],
] as const;

/** What goes wrong alike on every route. */
export function commonAsks(
  operation: Operation,
  { rootToken, expired, weak }: Pick<Made, "rootToken" | "expired" | "weak">,
): Asks {
  const path = goodPath(operation, weak);
  const query = (text: string) => ({ path: `${path}${path.includes("?") ? "&" : "?"}${text}` });
  const json = (body: string, more: Record<string, string> = {}) => ({
    sending: { body, headers: { "content-type": "application/json", ...more } },
  });
  const good = goodBody(operation);
  const withHeaders = (headers: Record<string, string>) => ({
    sending: { ...good, headers: { ...good.headers, ...headers } },
  });
  return {
    bad_parameter: query("message=%ff"),
    unknown_parameter: query("colour=red"),
    uri_too_long: query(`x=${"x".repeat(8200)}`),
    unauthenticated: { sending: { ...good, token: null } },
    bad_token: { sending: { ...good, token: `${rootToken.slice(0, -1)}~` } },
    token_expired: { sending: { ...good, token: expired } },
    forbidden: { sending: { ...good, token: weak } },
    bad_header: { sending: { headers: TWICE } },
    media_type: { sending: { body: "{}", headers: { "content-type": "multipart/form-data" } } },
    content_encoding: json("{}", { "content-encoding": "gzip" }),
    too_large: json(" ".repeat(4_194_305)),
    bad_json: json("{"),
    invalid_body: operation.body === undefined ? { sending: { body: "x" } } : json('{"colour":1}'),
    bad_cursor: query("cursor=x"),
    bad_namespace: { path: path.replace("/shop", "/Shop") },
    bad_path: { path: path.replace("/shop", "/%ff") },
    bad_key: { path: path.replace("key=there", "key=") },
    revision_unknown: query("revision=999"),
    compacted: query("revision=1"),
    behind: { sending: { headers: { "ledge-min-revision": "999" } } },
    namespace_not_found: { path: path.replace("/shop", "/none"), sending: good },
    lineage: withHeaders({ "if-match": FOREIGN_ETAG }),
    stale: withHeaders({ "if-match": 'W/"1-00000000"' }),
    exists: withHeaders({ "if-none-match": "*" }),
    precondition_required: { sending: good },
    idempotency_mismatch: withHeaders({
      ...(operation.parameters.includes("ifMatch") ? { "if-match": "*" } : {}),
      "idempotency-key": "one",
    }),
    bucket_not_set: { sending: good },
  };
}

/** What policies stop, on a route that changes documents. `of` makes the request that changes a key of `guarded`. */
function policyAsks({ writer }: Pick<Made, "writer">, of: (key: string) => Ask): Asks {
  const tight = of("tight/k");
  return {
    policy_violation: tight,
    override_required: { ...tight, sending: { ...tight.sending, token: writer } },
    frozen: of("cold/k"),
  };
}

/** What is particular to a route. */
export function ownAsks({ server, ...made }: Made): Readonly<Record<string, Asks>> {
  const token = (more: object) => ({
    sending: { json: { name: "n", accessor: "a".repeat(12), digest, grants, ...more } },
  });
  const reserved = { path: "/v1/write/_system?key=mode" };
  const strict = "/v1/write/strict?key=there";
  const absent = { path: `/v1/admin/tokens/${"z".repeat(12)}` };
  return {
    readConsoleAsset: { no_route: { path: "/console/assets/none.js" } },
    beginConsoleSession: { bad_header: {} },
    endConsoleSession: { bad_header: {} },
    readDocument: { not_found: { path: "/v1/read/shop?key=none" } },
    listDocuments: {
      lineage: {
        path: `/v1/list/shop?cursor=${foreignSealed(server, "list", ["shop", "", "", "", "none"])}`,
      },
    },
    search: {
      bad_namespace: { path: "/v1/search?q=x&ns=Shop" },
      namespace_not_found: { path: "/v1/search?q=x&ns=none" },
    },
    readDiff: {
      revision_unknown: { path: "/v1/diff/shop?from=999" },
      compacted: { path: "/v1/diff/shop?from=1" },
      not_found: { path: "/v1/diff/shop?from=4&channel=none" },
      lineage: {
        path: `/v1/diff/shop?from=4&cursor=${foreignSealed(server, "diff", ["shop", null, "", "4", null, "none"])}`,
      },
    },
    readHistory: {
      bad_key: { path: "/v1/history/shop?key=" },
      lineage: {
        path: `/v1/history/shop?cursor=${foreignSealed(server, "history", ["shop", null, "", "none"])}`,
      },
    },
    followChanges: {
      compacted: { path: "/v1/changes?since=1" },
      revision_unknown: { path: "/v1/changes?since=999" },
      bad_namespace: { path: "/v1/changes?ns=Shop" },
      namespace_not_found: { path: "/v1/changes?ns=none" },
      lineage: { path: `/v1/changes?cursor=${foreignCursor("feed", [null, ""])}` },
    },
    listCommits: {
      bad_namespace: { path: "/v1/commits?ns=Shop" },
      bad_key: { path: "/v1/commits?key=" },
      lineage: {
        path: `/v1/commits?cursor=${foreignCursor("commits", [null, null, null, null, "", "", null, null])}`,
      },
    },
    readCommit: {
      revision_unknown: { path: "/v1/commits/999" },
      lineage: { path: `/v1/commits/2?cursor=${foreignCursor("commit", ["2"])}` },
      not_found: { path: "/v1/commits/1", sending: { token: made.historian } },
    },
    putDocument: {
      ...policyAsks(made, (key) => ({
        path: `/v1/write/guarded?key=${key}`,
        sending: text({ "if-match": "*" }),
      })),
      reserved_namespace: { ...reserved, sending: text() },
      message_required: { path: strict, sending: text({ "if-match": "*" }) },
      quota_exceeded: { path: "/v1/write/strict?key=more&message=m", sending: text() },
      too_large: { sending: { ...text(), body: "x".repeat(1_048_577) } },
      content_encoding: { sending: text({ "content-encoding": "gzip" }) },
      value_malformed: { sending: { body: "{", headers: { "content-type": "application/json" } } },
      schema_violation: { path: "/v1/write/shop?key=ruled", ...schema("2", { "if-match": "*" }) },
      schema_too_costly: { path: "/v1/write/shop?key=costly", ...schema("2", { "if-match": "*" }) },
    },
    deleteDocument: {
      ...policyAsks(made, (key) => ({
        path: `/v1/write/guarded?key=${key}`,
        sending: { headers: { "if-match": "*" } },
      })),
      reserved_namespace: reserved,
      message_required: { path: strict, sending: { headers: { "if-match": "*" } } },
      not_found: { path: "/v1/write/shop?key=none", sending: { headers: { "if-match": "*" } } },
    },
    commit: {
      ...policyAsks(made, (key) => change({ namespace: "guarded", key, ifRevision: "any" })),
      reserved_namespace: change({ namespace: "_system" }),
      ...CHANGES_ASKS,
    },
    propose: {
      forbidden: change({ namespace: "_system" }),
      ...CHANGES_ASKS,
    },
    readProposal: { not_found: {} },
    approveProposal: { not_found: { sending: { json: { planDigest: digest } } } },
    applyProposal: { not_found: {} },
    rejectProposal: { not_found: {} },
    withdrawProposal: { not_found: {} },
    plan: {
      ...BACK_ASKS,
      value_malformed: change({ value: undefined, mediaType: "application/json", text: "{" }),
      duplicate_change: TWO_CHANGES,
      too_many_changes: MANY_CHANGES,
    },
    revert: {
      ...BACK_ASKS,
      ...policyAsks(made, (key) => back({ namespace: "guarded", key, to: made.unguarded })),
      message_required: back({ namespace: "strict", to: 4 }),
      stale: { sending: { json: { commit: made.overtaken } } },
      plan_changed: back({ planDigest: digest }),
      schema_violation: back({ key: "ruled", to: made.unruled }),
      schema_too_costly: back({ key: "costly", to: made.unruled }),
    },
    readPolicy: { not_found: { path: "/v1/admin/policies/shop?scope=none" } },
    listPolicies: {
      bad_namespace: { path: "/v1/admin/policies?ns=Shop" },
    },
    deletePolicy: {
      not_found: { path: "/v1/admin/policies/shop?scope=none", sending: { headers: { "if-match": "*" } } },
    },
    ...rolloutAsks(made),
    putNamespace: { in_use: { path: "/v1/admin/namespaces/gone", sending: { json: {} } } },
    deleteNamespace: {
      not_empty: { sending: { headers: { "if-match": "*" } } },
      in_use: { path: "/v1/admin/namespaces/named", sending: { headers: { "if-match": "*" } } },
      namespace_not_found: { path: "/v1/admin/namespaces/none", sending: { headers: { "if-match": "*" } } },
    },
    bootstrap: {
      bootstrap_refused: { sending: { ...token({ grants: undefined }).sending } },
      bootstrap_done: { sending: { ...token({ grants: undefined }).sending, token: BOOTSTRAP_SECRET } },
      ...asksWithSecret("bootstrap"),
    },
    recover: {
      recovery_refused: { sending: { ...RECOVER, token: "x".repeat(40) } },
      recovery_active: { sending: RECOVER },
      exists: { sending: { ...RECOVER, json: { ...RECOVER.json, accessor: made.weak.split("_")[1] } } },
      ...asksWithSecret("recover"),
    },
    makeToken: {
      exists: token({ accessor: made.weak.split("_")[1] }),
      escalation: {
        sending: {
          ...token({ grants: [{ ...grants[0], namespace: "strict" }] }).sending,
          token: made.delegate,
        },
      },
    },
    listSchemas: {
      bad_namespace: { path: "/v1/admin/schemas?ns=Shop" },
    },
    readSchema: { not_found: { path: "/v1/admin/schemas/shop?scope=none" } },
    putSchema: {
      value_malformed: schema("{"),
      schema_invalid: schema('{"type":"text"}'),
      schema_conflict: schema("false"),
      schema_too_costly: schema(`{"pattern":"${"a{1000}".repeat(11)}"}`),
      too_large: schema(" ".repeat(131_073)),
      exists: { path: RULED, ...schema("true", { "if-none-match": "*" }) },
      precondition_required: { path: RULED, ...schema("true") },
    },
    deleteSchema: {
      not_found: { path: "/v1/admin/schemas/shop?scope=none", sending: { headers: { "if-match": "*" } } },
      exists: { path: RULED, sending: { headers: { "if-none-match": "*" } } },
      precondition_required: { path: RULED },
      stale: { path: RULED, sending: { headers: { "if-match": 'W/"1-00000000"' } } },
    },
    readToken: { not_found: absent },
    revokeToken: {
      not_found: absent,
      in_use: { path: `/v1/admin/tokens/${server.rootToken.split("_")[1]}` },
    },
    revokeTokens: { in_use: { path: "/v1/admin/tokens?name=root" } },
    previewRestore: restoreAsks("previewRestore"),
    restore: restoreAsks("restore"),
    purge: {
      reserved_namespace: purge({ namespace: "_system" }),
      bad_namespace: purge({ namespace: "Shop" }),
      bad_key: purge({ key: "\0" }),
      not_found: purge({ key: "none" }),
      idempotency_mismatch: {
        sending: { json: PURGE, headers: { "idempotency-key": "one" } },
      },
    },
    rotateToken: {
      not_found: { path: `${absent.path}/rotate`, sending: { json: { digest } } },
      exists: {
        sending: { json: { digest, overlap: { accessor: made.delegate.split("_")[1], seconds: 1 } } },
      },
      escalation: { sending: { json: { digest }, token: made.ending } },
    },
  };
}

const WHATEVER = { "if-match": "*" };
const STEERED = ["pause", "resume", "hurry", "abort"];

/** Of channels, edges and rollouts: `stable` of `shop` is at rest, `moving` is not. */
function rolloutAsks({
  roller,
  writer,
  unguarded,
  historian,
}: Pick<Made, "roller" | "writer" | "unguarded" | "historian">) {
  // Who approves sees what there is to approve.
  const unseen: Asks = { forbidden: { sending: { token: historian } } };
  const put = (kind: string, place: string, json: object): Ask => ({
    path: `/v1/admin/${kind}/${place}`,
    sending: { json, headers: WHATEVER },
  });
  const to = (revision: number) => put("rollouts", "shop/stable", { ...ROLLOUT, to: revision });
  const carry = (revision: number): Ask => ({
    path: "/v1/admin/rollouts/guarded/stable",
    sending: { json: { ...ROLLOUT, to: revision } },
  });
  const tight = carry(unguarded + 1);
  const lists = (kind: string): Asks => ({ bad_namespace: { path: `/v1/admin/${kind}?ns=Shop` } });
  const steered = STEERED.map((verb): [string, Asks] => [
    `${verb}Rollout`,
    { not_found: { path: `/v1/admin/rollouts/shop/none/${verb}?${verb === "hurry" ? "override=why" : ""}` } },
  ]);
  return {
    ...Object.fromEntries(steered),
    hurryRollout: {
      ...steered.find(([id]) => id === "hurryRollout")?.[1],
      override_required: { sending: { token: roller } },
    },
    listChannels: { ...lists("channels"), ...unseen },
    listRollouts: { ...lists("rollouts"), ...unseen },
    readFleet: lists("fleet"),
    readChannel: { ...unseen, not_found: { path: "/v1/admin/channels/shop/none" } },
    readRollout: { ...unseen, not_found: { path: "/v1/admin/rollouts/shop/none" } },
    // Of one that goes on and waits for nobody.
    approveRollout: {
      not_found: { sending: APPROVE_ROLLOUT },
      forbidden: { sending: { token: historian, ...APPROVE_ROLLOUT } },
    },
    putChannel: {
      revision_unknown: put("channels", "shop/stable", { revision: 999 }),
      compacted: put("channels", "shop/stable", { revision: 1 }),
      rollout_active: put("channels", "shop/moving", { revision: 6 }),
    },
    deleteChannel: {
      not_found: { path: "/v1/admin/channels/shop/none", sending: { headers: WHATEVER } },
      rollout_active: { path: "/v1/admin/channels/shop/moving", sending: { headers: WHATEVER } },
    },
    readEdge: { not_found: { path: "/v1/admin/edges/none" } },
    deleteEdge: { not_found: { path: "/v1/admin/edges/none", sending: { headers: WHATEVER } } },
    putRollout: {
      revision_unknown: to(999),
      compacted: to(1),
      not_found: put("rollouts", "shop/none", ROLLOUT),
      rollout_active: put("rollouts", "shop/moving", { ...ROLLOUT, to: 6 }),
      policy_violation: tight,
      override_required: { ...tight, sending: { ...tight.sending, token: writer } },
      frozen: carry(unguarded + 2),
    },
  };
}

const RECOVER = { json: { name: "n", accessor: "d".repeat(12), digest }, token: RECOVERY_SECRET };

const ASKED_WITH_SECRET = [
  "bad_parameter",
  "unknown_parameter",
  "media_type",
  "content_encoding",
  "too_large",
  "bad_json",
  "invalid_body",
  "bucket_not_set",
] as const;

/** What goes wrong alike everywhere, asked by somebody who knows the secret of the route. */
function asksWithSecret(id: string): Asks {
  const operation: Operation | undefined = OPERATIONS.find((one) => one.id === id);
  if (operation === undefined) throw new Error(`there is no ${id}`);
  const asks = commonAsks(operation, { rootToken: "", expired: "", weak: "" });
  const token = operation.needs === "recovery_secret" ? RECOVERY_SECRET : BOOTSTRAP_SECRET;
  return Object.fromEntries(
    ASKED_WITH_SECRET.map((code) => [code, { ...asks[code], sending: { ...asks[code]?.sending, token } }]),
  );
}

function restoreAsks(id: string): Asks {
  return {
    ...asksWithSecret(id),
    bootstrap_refused: { sending: { ...goodSending(id), token: "x".repeat(40) } },
  };
}

const goodSending = (id: string): Sending => (id === "restore" ? { json: {} } : {});

/** The path with a document, a token and a commit that are there. */
export function goodPath({ id, method, path }: Operation, weak: string): string {
  const filled = path
    .replace("{namespace}", "shop")
    .replace("{channel}", method === "post" ? "moving" : "stable")
    .replace("{edge}", "there")
    .replace("{id}", "a".repeat(12))
    .replace("{accessor}", weak.slice(4, 16))
    .replace("{asset}", "none.js")
    .replace("{revision}", "2");
  if (id === "revokeTokens") return `${filled}?name=test`;
  if (id === "hurryRollout") return `${filled}?override=why`;
  if (id === "search") return `${filled}?q=there`;
  if (path.startsWith("/v1/diff/")) return `${filled}?from=4`;
  if (path === "/v1/admin/schemas/{namespace}") return `${filled}?scope=ruled`;
  return /^\/v1\/(read|write)\//.test(path) ? `${filled}?key=there` : filled;
}

const ROLLOUT = { to: 5, steps: [{ percent: 100, bakeSeconds: 0 }] };
const APPROVE_ROLLOUT = { json: { revision: 5 } };
const BEACONS = {
  beacons: [
    {
      edge: "there",
      version: "1",
      namespaces: [{ namespace: "shop", lineage: "0".repeat(32), revision: 1, source: "none" }],
    },
  ],
};

/** A body that is right in form. */
export function goodBody({ id, body }: Operation): Sending & { headers?: Record<string, string> } {
  if (id === "putSchema") return { body: "true", headers: { "content-type": "application/json" } };
  if (body?.schema === "bytes") return text();
  if (id === "approveProposal") return { json: { planDigest: digest } };
  if (id === "commit" || id === "propose") return { json: { changes: [newKey] } };
  if (id === "plan") return { json: { changes: [newKey] } };
  if (id === "revert") return { json: BACK };
  if (id === "bootstrap")
    return { json: { name: "n", accessor: "c".repeat(12), digest }, token: BOOTSTRAP_SECRET };
  if (id === "recover") return RECOVER;
  if (id === "makeToken") return { json: { name: "n", accessor: "c".repeat(12), digest, grants } };
  if (id === "rotateToken") return { json: { digest } };
  if (id === "purge") return { json: PURGE };
  if (id === "pickBranch") return { json: { lineage: "this" } };
  if (id === "putChannel") return { json: { revision: 5 } };
  if (id === "putEdge") return { json: { labels: { ring: "late" } } };
  if (id === "putRollout") return { json: ROLLOUT };
  if (id === "approveRollout") return APPROVE_ROLLOUT;
  if (id === "postBeacons") return { json: BEACONS };
  if (id === "putMode") return { json: { mode: "read_only" } };
  return body === undefined ? {} : { json: {} };
}
