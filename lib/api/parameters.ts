/**
 * Every parameter and header of the interface, once: what requests may carry, as what kind of value, and what answers
 * do. The operations name them; the reader (lib/http/read-request.ts) obeys the kinds, and openapi.ts describes them.
 */

import type { TagList, WriteCondition } from "../core/conditions.ts";
import { VARY } from "../core/http.ts";
import { PAGE_LIMITS } from "../core/page-limits.ts";
import {
  ACCESSOR_PATTERN,
  ETAG_PATTERN,
  LINEAGE_PATTERN,
  REVISION_PATTERN,
  RUN_PATTERN,
} from "../core/patterns.ts";
import type { Point } from "../core/point.ts";
import { PROPOSAL_PATTERN, PROPOSAL_STATES } from "../core/review/document.ts";
import { CHANNEL_PATTERN, EDGE_PATTERN } from "../core/rollout/documents.ts";
import { SCOPE_BYTES_MAX } from "../core/scope.ts";

/** What a parameter may be. `default` is what a handler is given where it is absent. */
export type Kind =
  | { readonly kind: "integer"; readonly min: number; readonly max: number; readonly default?: number }
  | { readonly kind: "choice"; readonly of: readonly string[]; readonly default: string }
  /** `true` or `false`; absent is false. */
  | { readonly kind: "flag" }
  | { readonly kind: "text"; readonly pattern?: string; readonly says?: string }
  /** RFC 3339. */
  | { readonly kind: "moment" }
  /** A revision from `min` on, or a moment. */
  | { readonly kind: "point"; readonly min: 0 | 1 }
  /** Any text but a zero byte, which SQL would cut; absent is empty. */
  | { readonly kind: "bytes"; readonly bytesMax?: number }
  /** Judged by the route that made it; `pattern` where any text of that form is one. */
  | { readonly kind: "cursor"; readonly pattern?: string }
  | { readonly kind: "namespace" }
  | { readonly kind: "ownNamespace" }
  /** One whose documents this route may change. */
  | { readonly kind: "writtenNamespace" }
  | { readonly kind: "namespaceFilter" }
  | { readonly kind: "key" }
  /** A key that need not be given. */
  | { readonly kind: "keyFilter" }
  | { readonly kind: "accessor" }
  | { readonly kind: "revision" }
  | { readonly kind: "message" }
  | { readonly kind: "idempotencyKey" }
  | { readonly kind: "tags" }
  | { readonly kind: "condition" }
  | { readonly kind: "trace" };

/** What a handler is given for a kind. */
export type ValueOf<K> = K extends { kind: "integer"; default: number }
  ? number
  : K extends { kind: "integer" }
    ? number | undefined
    : K extends { kind: "choice"; of: readonly (infer Choice)[] }
      ? Choice
      : K extends { kind: "flag" }
        ? boolean
        : K extends { kind: "cursor" | "moment" }
          ? string | undefined
          : K extends {
                kind: "text" | "message" | "idempotencyKey" | "trace" | "namespaceFilter" | "keyFilter";
              }
            ? string | null
            : K extends { kind: "tags" }
              ? TagList | undefined
              : K extends { kind: "condition" }
                ? WriteCondition
                : K extends { kind: "point" }
                  ? Point | undefined
                  : K extends { kind: "revision" }
                    ? number
                    : string;

export interface Parameter {
  readonly in: "query" | "header" | "path";
  /** As it is sent. */
  readonly name: string;
  /** The member that handlers find it in; two that exclude each other share one. */
  readonly as: string;
  readonly kind: Kind;
  readonly description: string;
}

const NEWEST = Number.MAX_SAFE_INTEGER;
const CHANNEL_RULE = "a lower-case letter or digit and up to 62 more letters, digits or hyphens";
const wholeFrom = <const M extends number>(min: M) => ({ kind: "integer", min, max: NEWEST }) as const;
const query = <const A extends string, const K extends Kind>(as: A, kind: K, description: string) =>
  ({ in: "query", name: as, as, kind, description }) as const;
const named = <const A extends string, const K extends Kind>(
  name: string,
  as: A,
  kind: K,
  description: string,
) => ({ in: "query", name, as, kind, description }) as const;
const header = <const A extends string, const K extends Kind>(
  name: string,
  as: A,
  kind: K,
  description: string,
) => ({ in: "header", name, as, kind, description }) as const;
const path = <const A extends string, const K extends Kind>(as: A, kind: K, description: string) =>
  ({ in: "path", name: as, as, kind, description }) as const;
const limit = <const D extends number>(standard: D) =>
  ({ kind: "integer", min: 1, max: PAGE_LIMITS.items, default: standard }) as const;

export const PARAMETERS = {
  plan: query("plan", { kind: "flag" }, "`true`: only say what would be removed."),
  namespace: path("namespace", { kind: "namespace" }, "A namespace, or `_system`."),
  ownNamespace: path("namespace", { kind: "ownNamespace" }, "A namespace."),
  writtenNamespace: path("namespace", { kind: "writtenNamespace" }, "A namespace, none of Ledge's own."),
  channel: path(
    "channel",
    { kind: "text", pattern: CHANNEL_PATTERN, says: CHANNEL_RULE },
    "A channel: a lower-case letter or digit and up to 62 more letters, digits or hyphens.",
  ),
  edge: path("edge", { kind: "text" }, "An edge's name, with `%2F` for each `/` in it."),
  byChannel: query(
    "channel",
    { kind: "text", pattern: CHANNEL_PATTERN, says: CHANNEL_RULE },
    "The state at the revision that this channel of the namespace gives the edge; excludes `revision`, and in comparisons `to` and `toNamespace`.",
  ),
  asEdge: query(
    "edge",
    { kind: "text", pattern: EDGE_PATTERN, says: "an edge's name" },
    "Which edge reads by the channel; without one, none that a step of a rollout gives the new revision.",
  ),
  reachedRevision: named(
    "revision",
    "reached",
    { ...wholeFrom(0), default: 0 },
    "Waits until every edge that is not silent is at this revision or beyond, at most `wait` seconds, and says who is not.",
  ),
  asset: path("asset", { kind: "text" }, "A file's name, as the page says it."),
  accessor: path("accessor", { kind: "accessor" }, "The second part of a token: 12 of `a-z2-7`."),
  proposal: path(
    "id",
    { kind: "text", pattern: PROPOSAL_PATTERN, says: "12 of a-z2-7" },
    "The proposal, as its answer names it.",
  ),
  proposalState: named(
    "state",
    "state",
    { kind: "choice", of: PROPOSAL_STATES, default: "open" },
    "Those that wait, or that were decided on, all or by what became of them; these need the verb `history`, too.",
  ),
  commit: path("revision", { kind: "revision" }, "The commit's revision."),
  key: query("key", { kind: "key" }, "The key, form-decoded and otherwise exact: 1 to 1,024 bytes of UTF-8."),
  onlyKey: query("key", { kind: "keyFilter" }, "Only this key; excludes `prefix`."),
  revision: query(
    "revision",
    wholeFrom(1),
    "The state as it was at this revision; needs the verb `history`.",
  ),
  restoreRevision: query("revision", wholeFrom(1), "A kept revision; without it or `time`, the newest."),
  restoreTime: query("time", { kind: "moment" }, "The last commit at or before this moment (RFC 3339)."),
  restoreBranch: query(
    "branch",
    { kind: "text" },
    "A lineage's first digits (at least 8), or `LINEAGE@RUN`.",
  ),
  existing: query(
    "existing",
    { kind: "choice", of: ["check", "accept"], default: "check" },
    "Documents that are there and fail the schema: they stand in its way, or stay until somebody changes them.",
  ),
  wait: query(
    "wait",
    { ...wholeFrom(0), default: 0 },
    "How long to wait for something new, in seconds. A server that allows less (the status says `waitSeconds`) answers after that. Only who may read waits.",
  ),
  prefix: query("prefix", { kind: "bytes" }, "Only keys that begin with these bytes."),
  delimiter: query(
    "delimiter",
    { kind: "bytes", bytesMax: 16 },
    "Keys that hold it after the prefix are shown once, as a common prefix.",
  ),
  limit: query("limit", limit(PAGE_LIMITS.itemsDefault), "Items on a page; 100 when not given."),
  feedLimit: query(
    "limit",
    limit(PAGE_LIMITS.items),
    "Changes on a page, but at least one whole commit; 1,000 when not given.",
  ),
  cursor: query(
    "cursor",
    { kind: "cursor" },
    "Where the page before ended: its `next`, of the feed its `cursor`.",
  ),
  runCursor: query(
    "cursor",
    { kind: "cursor", pattern: RUN_PATTERN },
    "Where the page before ended: its `next`.",
  ),
  tokenName: named(
    "name",
    "namePrefix",
    { kind: "bytes", bytesMax: 800 },
    "Only tokens whose names begin so: `ci/` is a group.",
  ),
  children: query(
    "children",
    { kind: "choice", of: ["keep", "revoke"], default: "keep" },
    "Living tokens that come from this one: they go on, or are revoked in the same commit.",
  ),
  anyValues: query(
    "values",
    { kind: "choice", of: ["none", "text", "json", "bytes"], default: "none" },
    "Whether values are shown: not, text as text, JSON types as JSON, or bytes: text where they are text, else base64.",
  ),
  since: query("since", wholeFrom(0), "Changes after this revision; excludes `cursor`."),
  ns: named("ns", "namespace", { kind: "namespaceFilter" }, "Only this namespace."),
  ofNamespace: named(
    "ns",
    "namespace",
    { kind: "namespaceFilter" },
    "As this namespace is here: an agent has each at a place of its own.",
  ),
  feedNs: named(
    "ns",
    "namespaces",
    { kind: "text" },
    "Only this namespace, or these, with commas between them: at most 50.",
  ),
  actor: query(
    "actor",
    { kind: "text", pattern: "^[^\\u0000-\\u001f]{1,200}$", says: "an accessor, or the name of a token" },
    "Only commits of this accessor, of tokens with this name, or of one of Ledge's own actors (`_bootstrap`).",
  ),
  requestId: query(
    "requestId",
    { kind: "text", pattern: "^[!-~]{1,128}$", says: "1 to 128 visible ASCII characters" },
    "Only commits with this Idempotency-Key.",
  ),
  from: query("from", { kind: "point", min: 1 }, "Not before this revision or moment (RFC 3339)."),
  to: query("to", { kind: "point", min: 1 }, "Not after this revision or moment."),
  diffFrom: query(
    "from",
    { kind: "point", min: 0 },
    "The state before: a revision or a moment; the newest where `toNamespace` is given.",
  ),
  diffTo: query("to", { kind: "point", min: 0 }, "The state after, likewise; the newest when not given."),
  toNamespace: query(
    "toNamespace",
    { kind: "namespaceFilter" },
    "The namespace after: two namespaces are compared.",
  ),
  messageText: named(
    "message",
    "messageText",
    { kind: "bytes", bytesMax: 1024 },
    "Only commits whose message holds this text; the case of ASCII letters does not matter.",
  ),
  searchedText: named(
    "q",
    "text",
    { kind: "bytes", bytesMax: 200 },
    "The text to look for in keys and values; the case of ASCII letters does not matter.",
  ),
  withChanges: query(
    "changes",
    { kind: "flag" },
    "`true`: with what each commit changed; `values` says so, too.",
  ),
  message: query(
    "message",
    { kind: "message" },
    "Why, kept with the commit: up to 1,024 bytes of UTF-8 without control characters.",
  ),
  override: query(
    "override",
    {
      kind: "text",
      // No look-ahead: the description is read by programs that have RE2 alone.
      pattern: "^[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]{0,199}$",
      says: "a reason of 1 to 200 characters that begins with no space",
    },
    "Why this may break policies; needs the verb `override` over their scopes, and is kept with the commit.",
  ),
  scope: query(
    "scope",
    { kind: "bytes", bytesMax: SCOPE_BYTES_MAX },
    "A key, or a prefix that ends in `/`; absent or empty: the whole namespace.",
  ),
  ifMatch: header(
    "If-Match",
    "condition",
    { kind: "condition" },
    "The ETag that is replaced; `*` for whatever is there.",
  ),
  ifNoneMatch: header(
    "If-None-Match",
    "condition",
    { kind: "condition" },
    "`*`: only when there is no such document.",
  ),
  ifNoneMatchRead: header(
    "If-None-Match",
    "ifNoneMatch",
    { kind: "tags" },
    "ETags that the caller has; 304 when one is current.",
  ),
  minRevision: header(
    "Ledge-Min-Revision",
    "minRevision",
    { ...wholeFrom(0), default: 0 },
    "503 `behind` before the node has come to it.",
  ),
  lastEventId: header(
    "Last-Event-ID",
    "lastEventId",
    { kind: "cursor" },
    "The `id` of the last event that a client has: it goes on from there, whatever `cursor` and `since` say.",
  ),
  maxStaleness: header(
    "Ledge-Max-Staleness",
    "maxStaleness",
    wholeFrom(0),
    "In seconds. The origin is never stale.",
  ),
  idempotencyKey: header(
    "Idempotency-Key",
    "requestId",
    { kind: "idempotencyKey" },
    "The same key with the same content commits once.",
  ),
  ledgeMessage: header("Ledge-Message", "message", { kind: "message" }, "As `message`, ASCII only."),
  traceparent: header(
    "traceparent",
    "trace",
    { kind: "trace" },
    "W3C Trace Context; its trace id is kept with the commit.",
  ),
  committedRevision: query(
    "revision",
    { ...wholeFrom(1), default: 0 },
    "The revision that is to be in the bucket.",
  ),
  committedWait: query("wait", { kind: "flag" }, "The answer waits for it."),
  committedUntil: query("until", { ...wholeFrom(1), default: 0 }, "Until when, in milliseconds since 1970."),
} as const satisfies Record<string, Parameter>;

export type ParameterName = keyof typeof PARAMETERS;

/** Those that some operations name, in the order above. */
export function parametersOf(
  operations: readonly { readonly parameters: readonly ParameterName[] }[],
): Record<string, Parameter> {
  const used = new Set<string>(operations.flatMap(({ parameters }) => parameters));
  return Object.fromEntries(Object.entries(PARAMETERS).filter(([name]) => used.has(name)));
}

type JsonSchema = Readonly<Record<string, unknown>>;
const ANY_NAMESPACE = "^[a-z0-9][a-z0-9-]{0,62}$|^_system$|^_auth$";
const string = { type: "string" };

/** The kind as JSON Schema, of a value as it is sent. */
export function schemaOf(kind: Kind): JsonSchema {
  switch (kind.kind) {
    case "integer": {
      const { min, max } = kind;
      const known = kind.default === undefined || kind.default === max ? {} : { default: kind.default };
      return { type: "integer", minimum: min, maximum: max, ...known };
    }
    case "choice":
      return { enum: kind.of, default: kind.default };
    case "flag":
      return { type: "string", enum: ["true", "false"] };
    case "text":
      return kind.pattern === undefined ? string : { ...string, pattern: kind.pattern };
    case "bytes":
      return kind.bytesMax === undefined ? string : { ...string, maxLength: kind.bytesMax };
    case "namespace":
    case "namespaceFilter":
      return { ...string, pattern: ANY_NAMESPACE };
    case "ownNamespace":
    case "writtenNamespace":
      return { ...string, pattern: "^[a-z0-9][a-z0-9-]{0,62}$" };
    case "key":
    case "keyFilter":
      return { ...string, minLength: 1, maxLength: 1024 };
    case "accessor":
      return { ...string, pattern: ACCESSOR_PATTERN };
    case "revision":
      return { ...string, pattern: REVISION_PATTERN };
    case "idempotencyKey":
      return { ...string, pattern: "^[!-~]{1,128}$" };
    default:
      return string;
  }
}

export interface DescribedHeader {
  readonly description: string;
  readonly schema: JsonSchema;
}

const integer = { type: "integer", minimum: 0 };
const moment = "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$";

/** Of answers. */
export const HEADERS = {
  ETag: { description: "What the document is now.", schema: { type: "string", pattern: ETAG_PATTERN } },
  "Cache-Control": { description: "How the answer may be kept.", schema: string },
  "Set-Cookie": {
    description: "`ledge_session`: `HttpOnly`, `SameSite=Strict`, `Path=/`, and `Secure` with TLS.",
    schema: { type: "string" },
  },
  Vary: {
    description: `\`${VARY}\``,
    schema: { const: VARY },
  },
  "Ledge-Revision": { description: "The state that this answer shows.", schema: integer },
  "Ledge-Head": { description: "The newest revision of this node.", schema: integer },
  "Ledge-Lineage": {
    description: "The history that the revisions belong to.",
    schema: { type: "string", pattern: LINEAGE_PATTERN },
  },
  "Ledge-Pointer-Revision": {
    description:
      "Where `channel` is named: the newest revision among the channel, its rollout and the edge's document.",
    schema: integer,
  },
  "Ledge-Document-Revision": { description: "The commit that made the document.", schema: integer },
  "Ledge-Modified": { description: "When that was.", schema: { type: "string", pattern: moment } },
  "Ledge-Replayed": {
    description: "`true`: this was committed by an earlier request with the same Idempotency-Key.",
    schema: { const: "true" },
  },
  "Ledge-Backed-Up": {
    description: "The newest revision in the bucket, where `backup_on_commit` is `wait` and there is one.",
    schema: integer,
  },
  "Content-Location": { description: "Where the document is read.", schema: string },
  "Content-Disposition": {
    description: "`attachment`, unless the document is JSON or plain text.",
    schema: { const: "attachment" },
  },
  Link: { description: '`<address>; rel="next"`, when there is a next page.', schema: string },
  Allow: { description: "The methods of the path.", schema: string },
  "WWW-Authenticate": { description: 'Begins with `Bearer realm="ledge"`.', schema: string },
  "Retry-After": { description: "In seconds; with every 429 and 503.", schema: integer },
  RateLimit: {
    description:
      'Where a limit is set, what is left of it: `"writes";r=9;t=1` (draft-ietf-httpapi-ratelimit-headers-11).',
    schema: { type: "string", pattern: '^"(reads|writes)";r=\\d+;t=1$' },
  },
  "RateLimit-Policy": {
    description: 'The limit itself, a second: `"writes";q=10;w=1`.',
    schema: { type: "string", pattern: '^"(reads|writes)";q=\\d+;w=1$' },
  },
} as const satisfies Record<string, DescribedHeader>;

export type HeaderName = keyof typeof HEADERS;
