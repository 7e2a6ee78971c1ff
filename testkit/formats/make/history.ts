/**
 * The history that the stores of a fixture share, in chapters between which its maker exports it: namespaces of every
 * kind, documents and keys of every kind, tokens, second lives, commits of many documents, requests to repeat, purges.
 */
import { randomBytes } from "node:crypto";
import { formatToken, newToken, secretDigest } from "../../../lib/core/token.ts";
import type { Speaker } from "../speak.ts";
import { CURRENCIES, EDGES, KEYS, longText, VALUES } from "./documents.ts";
import { ledge } from "./product.ts";
import type { Change, Telling } from "./telling.ts";

/** Secrets that were pasted by mistake. */
export const PASTED = {
  password: Buffer.from("pasted-password-7f3Qx9LmZ2"),
  older: Buffer.from("pasted-older-password-Kd81vWq"),
  binary: Buffer.from("ff00fe70617374656446b5d1c3a2908f", "hex"),
  late: Buffer.from("pasted-late-and-exported-P0w5Jt"),
};

const FAR = "2100-01-01T00:00:00Z";
/** Over before the scenes are. */
const SOON_MS = 2000;

/** Namespaces, tokens, and the first documents. Gives the tokens by name. */
export async function beginHistory(tell: Telling, root: string): Promise<Record<string, string>> {
  await tell.admin("PUT", "namespaces/shop-prod", {
    json: { description: "the shop: prices, limits — «live»" },
  });
  await tell.admin("PUT", "namespaces/site-public", { json: { public: true } });
  await tell.admin("PUT", "namespaces/quota-small", { json: { quota: { keys: 6, bytes: 4000 } } });
  await tell.admin("PUT", "namespaces/strict-notes", { json: { messageRequired: true } });
  await tell.admin("PUT", "namespaces/blind-drops", { json: { blindWrites: true } });
  await tell.admin("PUT", "namespaces/odd-keys", { json: {} });
  await tell.admin("PUT", "namespaces/gone-soon", { json: { description: "deleted before the end" } });
  const tokens = { root, ...(await giveTokens(tell)) };
  const named: Speaker = { url: tell.speaker.url, tokens };
  Object.assign(tell.speaker.tokens, named.tokens);
  for (const { name, type, value } of VALUES) await tell.put("shop-prod", `values/${name}`, value, { type });
  await tell.put("site-public", "index", "<h1>Hello</h1>\r\n", { type: "text/html; charset=utf-8" });
  await tell.put("strict-notes", "first", "a note", { message: "why: the first — ‘quoted’ 🚀" });
  await tell.put("blind-drops", "dropped", "one", { unconditional: true });
  await tell.put("blind-drops", "dropped", "two", { unconditional: true });
  for (let n = 0; n < 5; n += 1) await tell.put("quota-small", `slot/${n}`, "x".repeat(100 * n));
  return tokens;
}

async function giveTokens(tell: Telling): Promise<Record<string, string>> {
  const all = ["read", "history"];
  const soon = new Date(Date.now() + SOON_MS).toISOString();
  const given: readonly (readonly [string, readonly object[], string?])[] = [
    ["reader", [{ verbs: ["read"], namespace: "shop-prod", scope: "limits/" }]],
    ["historian", [{ verbs: all, namespace: "*", scope: "" }]],
    ["writer", [{ verbs: ["read", "write"], namespace: "shop-prod", scope: "" }]],
    ["oneKey", [{ verbs: ["read", "write"], namespace: "shop-prod", scope: "limits/api" }], FAR],
    ["delegate", [{ verbs: ["admin", "read"], namespace: "shop-prod", scope: "" }]],
    ["operator", [{ verbs: ["status", "backup"], namespace: "*", scope: "" }]],
    ["expired", [{ verbs: ["read"], namespace: "shop-prod", scope: "" }], soon],
    ["revoked", [{ verbs: ["read"], namespace: "shop-prod", scope: "" }]],
    ["revokedLate", [{ verbs: ["read"], namespace: "shop-prod", scope: "" }]],
    ["rotatedBefore", [{ verbs: all, namespace: "odd-keys", scope: "" }]],
  ];
  const tokens: Record<string, string> = {};
  for (const [name, grants, expires] of given)
    tokens[name] = await giveToken(tell, { name, grants, expires });
  Object.assign(tell.speaker.tokens, tokens);
  const grants = [{ verbs: ["read"], namespace: "shop-prod", scope: "limits/" }];
  tokens.child = await giveToken(tell, { name: "child", grants, by: "delegate" });
  await tell.admin("DELETE", `tokens/${accessorOf(tokens.revoked)}`);
  const rotated = { ...drawToken(), accessor: accessorOf(tokens.rotatedBefore) };
  await tell.admin("POST", `tokens/${rotated.accessor}/rotate`, {
    json: { digest: secretDigest(rotated.secret) },
  });
  return { ...tokens, rotated: formatToken(rotated) };
}

async function giveToken(
  tell: Telling,
  {
    name,
    grants,
    expires,
    by,
  }: { name: string; grants: readonly object[]; expires?: string | undefined; by?: string },
): Promise<string> {
  const token = drawToken();
  await tell.admin("POST", "tokens", {
    json: { name, accessor: token.accessor, digest: secretDigest(token.secret), grants, expires },
    ...(by === undefined ? {} : { token: by }),
  });
  return formatToken(token);
}

const drawToken = () => newToken((length) => randomBytes(length));

export function accessorOf(token = ""): string {
  return token.split("_")[1] ?? "";
}

/** Keys of every kind, and the first cursors. */
export async function fillKeys(tell: Telling): Promise<void> {
  const [half, rest] = [KEYS.slice(0, 15), KEYS.slice(15)];
  for (const key of half) await tell.put("odd-keys", key, `the key ${JSON.stringify(key)}`);
  await tell.keepCursor("listCursors", "/v1/list/odd-keys?limit=4&values=text");
  await tell.keepCursor("feedCursors", "/v1/changes?limit=40&values=json");
  const changes: Change[] = rest.map((key, at) => ({
    op: "put",
    namespace: "odd-keys",
    key,
    ifRevision: 0,
    ...(at % 3 === 0 ? { value: { key, at } } : at % 3 === 1 ? text(key) : base64(Buffer.from([0, at, 255]))),
  }));
  await tell.commit(changes, {
    message: "the other odd keys",
    author: "kim",
    meta: { pipeline: "12", "über uns": "–" },
  });
  await tell.keepCursor("listCursors", "/v1/list/odd-keys?limit=9&delimiter=/");
}

const text = (value: string) => ({ mediaType: "text/plain", text: value });
const base64 = (value: Buffer) => ({
  mediaType: "application/octet-stream",
  base64: value.toString("base64"),
});

/** Changes, deletions and second lives; checks; requests that may be sent again. */
export async function change(tell: Telling): Promise<void> {
  const first = await tell.put("shop-prod", "limits/api", '{"rps": 100, "burst": 2e2}', json());
  const second = await tell.put("shop-prod", "limits/api", '{"rps": 200}', {
    ...json(),
    ifMatch: first,
    token: "oneKey",
    once: "raise-limits",
    message: "raise limits",
  });
  await tell.put("shop-prod", "limits/eu", '{"rps": 50}', { ...json(), token: "writer", once: "eu" });
  await tell.put("shop-prod", "limits/us", "12", { ...json(), once: "a,key;with:odd=signs%41/" });
  await tell.remove("shop-prod", "limits/us", "*", { once: "end-us", token: "writer" });
  await tell.put("shop-prod", "limits/us", "13", json());
  await tell.put("shop-prod", "flags/beta", "true", json());
  await tell.remove("shop-prod", "flags/beta");
  await tell.commit(
    [
      { op: "check", namespace: "shop-prod", key: "lock", ifRevision: 0 },
      { op: "check", namespace: "shop-prod", key: "limits/api", ifRevision: Number(revision(second)) },
      { op: "put", namespace: "shop-prod", key: "limits/eu", ifRevision: "any", value: { rps: 51 } },
      { op: "put", namespace: "shop-prod", key: "values/null", ifRevision: "any", ...unchanged },
      { op: "put", namespace: "shop-prod", key: "prices", ifRevision: 0, value: CURRENCIES },
      { op: "delete", namespace: "shop-prod", key: "values/doomed", ifRevision: "any" },
    ],
    { token: "writer", once: "checked", author: "lee", message: "with checks", meta: { ticket: "OPS-7" } },
  );
  await tell.put("gone-soon", "only", "one");
  await tell.remove("gone-soon", "only");
  await tell.keepCursor("feedCursors", "/v1/changes?ns=shop-prod&prefix=limits/&limit=3", "reader");
  await tell.keepCursor("listCursors", "/v1/list/shop-prod?limit=3&values=json", "historian");
  await tell.put("shop-prod", "limits/api", '{"rps": 300}', { ...json(), ifMatch: second });
}

const json = () => ({ type: "application/json" });
const unchanged = { mediaType: "application/json", text: "null" };
const revision = (etag: string) => etag.slice(1).split("-")[0];

/** Secrets that are pasted, and a third of everything done otherwise; exported before they are purged. */
export async function paste(tell: Telling): Promise<void> {
  await tell.put("shop-prod", "db/password", PASTED.password);
  const older = await tell.put("shop-prod", "db/rotated", PASTED.older);
  await tell.put("shop-prod", "db/rotated", "vault:shop/db#3", { ifMatch: older });
  await tell.put("shop-prod", "db/key", PASTED.binary, { type: "application/octet-stream" });
  for (const key of EDGES) await tell.put("odd-keys", key, longText(4), { ifMatch: "*" });
  await tell.keepCursor("feedCursors", "/v1/changes?limit=4&values=text", "historian");
}

/** Erases them: the documents end, or, where the present value is clean, go on. */
export async function purge(tell: Telling): Promise<void> {
  await tell.purge("shop-prod", "db/password", PASTED.password);
  await tell.purge("shop-prod", "db/rotated", PASTED.older, { keepCurrent: true });
  await tell.purge("shop-prod", "db/key", PASTED.binary);
  await tell.put("shop-prod", "db/password", "vault:shop/db#1", { message: "a reference this time" });
}

/** Read-only for a moment, by the command. */
export async function closeAndOpen(tell: Telling, product: { root: string; data: string }): Promise<void> {
  await ledge(product, ["mode", "read-only"]);
  const path = "/v1/write/shop-prod?key=closed";
  await tell.refused(503, { method: "PUT", path, token: "root", headers: { "content-type": "text/plain" } });
  await ledge(product, ["mode", "open"]);
  await tell.put("shop-prod", "opened", "again");
  await tell.keepCursor("listCursors", "/v1/list/shop-prod?limit=5&prefix=values/");
}

/** What one of the stores is restored from before: it loses this, but keeps to the revocation in it. */
export async function goOn(tell: Telling, tokens: Readonly<Record<string, string>>): Promise<void> {
  await tell.admin("DELETE", `tokens/${accessorOf(tokens.revokedLate)}`);
  await tell.admin("DELETE", "namespaces/gone-soon", { headers: { "if-match": "*" } });
  await tell.put("shop-prod", "late", "exported", { once: "late" });
  await tell.put("shop-prod", "db/late", PASTED.late);
  await tell.remove("shop-prod", "db/late");
  await tell.keepCursor("feedCursors", "/v1/changes?limit=1000&values=json", "historian");
}

/** What no backup has: the end that is lost with the machine. */
export async function endOfHistory(tell: Telling): Promise<void> {
  await tell.put("shop-prod", "late", "not exported", { ifMatch: "*", once: "lost" });
  await tell.put("site-public", "news", "lost with the machine");
  await tell.purge("shop-prod", "db/late", PASTED.late, { open: true });
  await tell.keepCursor("listCursors", "/v1/list/odd-keys?limit=20");
  await tell.keepCursor("feedCursors", "/v1/changes?limit=1000");
}
