/**
 * Every route that is built, as data: method, path, verb, what it takes, what it answers and every code it may
 * refuse with. The tests check each request and answer against it, so it cannot drift from the components.
 */
import type { RefusalCode } from "../core/refusal.ts";
import type { HeaderName, ParameterName } from "./openapi-parameters.ts";
import type { SchemaName } from "./openapi-schemas.ts";

export interface Answer {
  readonly description: string;
  /** A schema's name, `bytes` for a document as it was stored, `text`, or nothing. */
  readonly content?: SchemaName | "bytes" | "text" | "description";
  /** Headers besides the ones that every answer has. A name with `?` may be absent. */
  readonly headers?: readonly (HeaderName | `${HeaderName}?`)[];
}

export interface Operation {
  readonly id: string;
  readonly method: "get" | "put" | "post" | "delete";
  readonly path: string;
  readonly summary: string;
  /** The verb that the token needs, in words; null when the route asks for no token. */
  readonly needs: string | null;
  readonly parameters: readonly ParameterName[];
  readonly body?: SchemaName | "bytes";
  readonly answers: Readonly<Record<number, Answer>>;
  readonly codes: readonly RefusalCode[];
}

const PARAMETERS = ["bad_parameter", "unknown_parameter", "uri_too_long"] as const;
const STORE = ["not_ready", "store_newer", "busy", "storage_full", "internal"] as const;
const TOKEN = ["unauthenticated", "bad_token", "token_expired", "bad_header"] as const;
const ASKED = [...PARAMETERS, ...STORE, ...TOKEN] as const;
const PAST = ["revision_unknown", "revision_lost", "compacted"] as const;
const JSON_BODY = ["media_type", "content_encoding", "too_large", "bad_json", "invalid_body"] as const;
const COMMITS = ["outcome_unknown", "store_in_memory", "not_durable"] as const;
const CONDITIONS = ["stale", "exists", "lineage", "precondition_required"] as const;
const CHANGES = [...COMMITS, ...CONDITIONS, "read_only", "forbidden", "idempotency_mismatch"] as const;
const DOCUMENTS = [
  "reserved_namespace",
  "namespace_not_found",
  "message_required",
  "quota_exceeded",
] as const;
const NAMES = ["bad_namespace", "bad_path", "bad_key"] as const;

const SHOWN = ["Ledge-Revision", "Ledge-Head", "Ledge-Lineage"] as const;
const FACTS = [...SHOWN, "ETag", "Ledge-Document-Revision", "Ledge-Modified"] as const;
const COMMITTED = [...SHOWN, "Ledge-Replayed?"] as const;
const WRITTEN = [...COMMITTED, "ETag?", "Ledge-Document-Revision?", "Content-Location"] as const;
const FRESH = ["minRevision", "maxStaleness"] as const;
const WORDS = ["message", "ledgeMessage", "idempotencyKey"] as const;
const SETTINGS = [...WORDS, "ifMatch", "ifNoneMatch"] as const;

const documents: readonly Operation[] = [
  {
    id: "readDocument",
    method: "get",
    path: "/v1/read/{namespace}",
    summary: "One document, as bytes. People may write the key into the path instead.",
    needs: "`read`; with `revision` `history`; nothing in a public namespace",
    parameters: ["namespace", "key", "revision", "wait", "ifNoneMatchRead", ...FRESH],
    answers: {
      200: {
        description: "The bytes as they were stored.",
        content: "bytes",
        headers: [...FACTS, "Content-Disposition?"],
      },
      304: { description: "The caller has it.", headers: FACTS },
    },
    codes: [...ASKED, ...NAMES, ...PAST, "forbidden", "namespace_not_found", "not_found", "behind"],
  },
  {
    id: "listDocuments",
    method: "get",
    path: "/v1/list/{namespace}",
    summary: "Documents by prefix, in the order of their bytes, pinned to one revision over all pages.",
    needs: "`read`; with `revision` `history`; nothing in a public namespace",
    parameters: ["namespace", "prefix", "delimiter", "limit", "cursor", "revision", "values", ...FRESH],
    answers: { 200: { description: "A page.", content: "ListPage", headers: [...SHOWN, "Link?"] } },
    codes: [
      ...ASKED,
      ...PAST,
      "bad_namespace",
      "bad_path",
      "bad_cursor",
      "lineage",
      "forbidden",
      "namespace_not_found",
      "behind",
    ],
  },
  {
    id: "followChanges",
    method: "get",
    path: "/v1/changes",
    summary: "The feed: whole commits in order, of which a token sees what it may read.",
    needs: "`read`; nothing for a public namespace named by `ns`",
    parameters: ["cursor", "since", "ns", "prefix", "feedLimit", "values", ...FRESH],
    answers: {
      200: {
        description: "A page; its cursor goes on even where nothing was to be seen.",
        content: "FeedPage",
        headers: SHOWN,
      },
    },
    codes: [
      ...ASKED,
      ...PAST,
      "bad_namespace",
      "bad_cursor",
      "lineage",
      "forbidden",
      "namespace_not_found",
      "behind",
    ],
  },
  {
    id: "listCommits",
    method: "get",
    path: "/v1/commits",
    summary: "The log, newest first, without the changes.",
    needs: "`history`; with `write` one's own `requestId`; a root token sees all",
    parameters: ["requestId", "actor", "ns", "from", "to", "limit", "cursor"],
    answers: { 200: { description: "A page.", content: "CommitsPage", headers: [...SHOWN, "Link?"] } },
    codes: [...ASKED, "bad_namespace", "bad_cursor", "lineage", "forbidden"],
  },
  {
    id: "readCommit",
    method: "get",
    path: "/v1/commits/{revision}",
    summary: "One commit with those of its changes that the token may see.",
    needs: "`history`, or a root token",
    parameters: ["commit"],
    answers: { 200: { description: "The commit.", content: "LoggedCommitWithChanges", headers: SHOWN } },
    codes: [...ASKED, "revision_unknown", "revision_lost", "not_found", "forbidden"],
  },
  {
    id: "whoami",
    method: "get",
    path: "/v1/whoami",
    summary: "What the caller's token may do, and until when.",
    needs: "any token",
    parameters: [],
    answers: { 200: { description: "The token.", content: "Whoami" } },
    codes: ASKED,
  },
  {
    id: "putDocument",
    method: "put",
    path: "/v1/write/{namespace}",
    summary: "Creates a document, or replaces the one whose ETag is named.",
    needs: "`write`",
    parameters: ["namespace", "key", ...SETTINGS],
    body: "bytes",
    answers: {
      200: { description: "Replaced, or unchanged.", content: "CommitAnswer", headers: WRITTEN },
      201: { description: "Created.", content: "CommitAnswer", headers: WRITTEN },
    },
    codes: [
      ...ASKED,
      ...NAMES,
      ...CHANGES,
      ...DOCUMENTS,
      "too_large",
      "media_type",
      "content_encoding",
      "value_malformed",
    ],
  },
  {
    id: "deleteDocument",
    method: "delete",
    path: "/v1/write/{namespace}",
    summary: "Deletes the document whose ETag is named.",
    needs: "`write`",
    parameters: ["namespace", "key", ...SETTINGS],
    answers: { 200: { description: "Deleted.", content: "CommitAnswer", headers: WRITTEN } },
    codes: [...ASKED, ...NAMES, ...CHANGES, ...DOCUMENTS, "not_found", "invalid_body"],
  },
  {
    id: "commit",
    method: "post",
    path: "/v1/commit",
    summary: "Changes up to 1,000 documents of any namespaces as one revision, or none of them.",
    needs: "`write`; of a check `write` or `read`",
    parameters: WORDS,
    body: "CommitBody",
    answers: {
      200: { description: "Committed, or `unchanged`.", content: "CommitAnswer", headers: COMMITTED },
    },
    codes: [
      ...ASKED,
      ...CHANGES,
      ...DOCUMENTS,
      ...JSON_BODY,
      "bad_namespace",
      "bad_key",
      "too_many_changes",
      "duplicate_change",
      "value_malformed",
      "not_found",
    ],
  },
];

const namespaces: readonly Operation[] = [
  {
    id: "listNamespaces",
    method: "get",
    path: "/v1/admin/namespaces",
    summary: "The namespaces that the token administers.",
    needs: "`admin`",
    parameters: ["limit", "cursor"],
    answers: { 200: { description: "A page.", content: "NamespacesPage", headers: ["Link?"] } },
    codes: [...ASKED, "bad_cursor", "forbidden"],
  },
  {
    id: "readNamespace",
    method: "get",
    path: "/v1/admin/namespaces/{namespace}",
    summary: "One namespace: its settings and what it holds.",
    needs: "`admin` on it",
    parameters: ["ownNamespace"],
    answers: { 200: { description: "The namespace.", content: "Namespace", headers: ["ETag"] } },
    codes: [...ASKED, "bad_namespace", "namespace_not_found", "forbidden"],
  },
  {
    id: "putNamespace",
    method: "put",
    path: "/v1/admin/namespaces/{namespace}",
    summary: "Makes a namespace, or replaces its settings.",
    needs: "`admin` on `*`",
    parameters: ["ownNamespace", ...SETTINGS],
    body: "NamespaceBody",
    answers: {
      200: {
        description: "Replaced, or unchanged.",
        content: "CommitAnswer",
        headers: [...COMMITTED, "ETag"],
      },
      201: { description: "Made.", content: "CommitAnswer", headers: [...COMMITTED, "ETag"] },
    },
    codes: [...ASKED, ...CHANGES, ...JSON_BODY, "bad_namespace", "in_use"],
  },
  {
    id: "deleteNamespace",
    method: "delete",
    path: "/v1/admin/namespaces/{namespace}",
    summary: "Deletes a namespace that holds no documents and that no live token names.",
    needs: "`admin` on `*`",
    parameters: ["ownNamespace", ...SETTINGS],
    answers: { 200: { description: "Deleted.", content: "CommitAnswer", headers: COMMITTED } },
    codes: [
      ...ASKED,
      ...CHANGES,
      "bad_namespace",
      "namespace_not_found",
      "not_empty",
      "in_use",
      "invalid_body",
    ],
  },
];

const tokens: readonly Operation[] = [
  {
    id: "bootstrap",
    method: "post",
    path: "/v1/admin/bootstrap",
    summary:
      "The first token, for whoever knows the bootstrap secret. The caller makes the secret and sends its digest.",
    needs: "the bootstrap secret instead of a token",
    parameters: SETTINGS,
    body: "BootstrapBody",
    answers: {
      200: {
        description: "This request has made it before.",
        content: "Token",
        headers: ["ETag", "Ledge-Revision"],
      },
      201: { description: "Made.", content: "Token", headers: ["ETag", "Ledge-Revision"] },
    },
    codes: [
      ...PARAMETERS,
      ...STORE,
      ...JSON_BODY,
      ...COMMITS,
      "read_only",
      "bad_header",
      "unauthenticated",
      "bootstrap_refused",
      "bootstrap_done",
      "exists",
    ],
  },
  {
    id: "listTokens",
    method: "get",
    path: "/v1/admin/tokens",
    summary: "Tokens whose grants lie within the caller's, revoked ones too.",
    needs: "`admin`",
    parameters: ["limit", "cursor"],
    answers: { 200: { description: "A page.", content: "TokensPage", headers: ["Link?"] } },
    codes: [...ASKED, "bad_cursor", "forbidden"],
  },
  {
    id: "makeToken",
    method: "post",
    path: "/v1/admin/tokens",
    summary:
      "Makes a token from the digest of a secret that the caller made. The same again is answered alike.",
    needs: "`admin` and every verb it gives, over the same keys",
    parameters: SETTINGS,
    body: "TokenBody",
    answers: {
      200: { description: "It was there already.", content: "Token", headers: ["ETag", "Ledge-Revision"] },
      201: { description: "Made.", content: "Token", headers: ["ETag", "Ledge-Revision"] },
    },
    codes: [...ASKED, ...CHANGES, ...JSON_BODY, "escalation"],
  },
  {
    id: "readToken",
    method: "get",
    path: "/v1/admin/tokens/{accessor}",
    summary: "One token.",
    needs: "`admin` and every verb it holds, over the same keys",
    parameters: ["accessor"],
    answers: { 200: { description: "The token.", content: "Token", headers: ["ETag", "Ledge-Revision"] } },
    codes: [...ASKED, "not_found", "forbidden"],
  },
  {
    id: "revokeToken",
    method: "delete",
    path: "/v1/admin/tokens/{accessor}",
    summary: "Revokes a token at once and for ever; it stays in the list.",
    needs: "`admin` and every verb it holds, over the same keys",
    parameters: ["accessor", ...SETTINGS],
    answers: { 200: { description: "Revoked.", content: "Token", headers: ["ETag", "Ledge-Revision"] } },
    codes: [...ASKED, ...CHANGES, "not_found", "in_use", "invalid_body", "escalation"],
  },
  {
    id: "rotateToken",
    method: "post",
    path: "/v1/admin/tokens/{accessor}/rotate",
    summary: "Gives a token another secret; the old one ends at once.",
    needs: "`admin` and every verb it holds, over the same keys",
    parameters: ["accessor", ...SETTINGS],
    body: "RotateBody",
    answers: { 200: { description: "Rotated.", content: "Token", headers: ["ETag", "Ledge-Revision"] } },
    codes: [...ASKED, ...CHANGES, ...JSON_BODY, "not_found", "in_use", "escalation"],
  },
];

const running: readonly Operation[] = [
  {
    id: "readMode",
    method: "get",
    path: "/v1/admin/mode",
    summary: "Whether the store takes writes.",
    needs: "`admin` on `*`",
    parameters: [],
    answers: { 200: { description: "The mode.", content: "Mode", headers: ["ETag?"] } },
    codes: [...ASKED, "forbidden"],
  },
  {
    id: "putMode",
    method: "put",
    path: "/v1/admin/mode",
    summary: "Opens the store for writes, or closes it. Reads go on.",
    needs: "`admin` on `*`",
    parameters: SETTINGS,
    body: "ModeBody",
    answers: { 200: { description: "The mode.", content: "Mode", headers: ["ETag"] } },
    codes: [...ASKED, ...CHANGES, ...JSON_BODY],
  },
  {
    id: "readStatus",
    method: "get",
    path: "/v1/admin/status",
    summary: "How the store and its backup stand, and every limit.",
    needs: "`status`",
    parameters: [],
    answers: { 200: { description: "The status.", content: "Status" } },
    codes: [...ASKED, "forbidden"],
  },
  {
    id: "runBackup",
    method: "post",
    path: "/v1/backup/run",
    summary: "Brings the bucket up to the store. One that is going on already is no failure: `skipped`.",
    needs: "`backup` on `*`",
    parameters: [],
    answers: { 200: { description: "What was written.", content: "BackupRun" } },
    codes: [
      ...ASKED,
      "forbidden",
      "invalid_body",
      "bucket_not_set",
      "fork",
      "bucket_foreign",
      "snapshot_damaged",
      "bucket_denied",
      "bucket_unavailable",
      "outcome_unknown",
    ],
  },
  {
    id: "readBackupStatus",
    method: "get",
    path: "/v1/backup/status",
    summary: "How far the bucket is, without asking it.",
    needs: "`backup` on `*`",
    parameters: [],
    answers: { 200: { description: "The status.", content: "BackupStatus" } },
    codes: [...ASKED, "forbidden"],
  },
  {
    id: "readHealth",
    method: "get",
    path: "/healthz",
    summary: "The process answers.",
    needs: null,
    parameters: [],
    answers: { 200: { description: "It does.", content: "Health" } },
    codes: PARAMETERS,
  },
  {
    id: "readReadiness",
    method: "get",
    path: "/readyz",
    summary: "The store can be read, and a write would last. Backups are no reason to fail a probe.",
    needs: null,
    parameters: [],
    answers: { 200: { description: "Ready.", content: "Ready" } },
    codes: [...PARAMETERS, ...STORE, "store_in_memory", "not_durable"],
  },
  {
    id: "readMetrics",
    method: "get",
    path: "/metrics",
    summary: "Gauges for Prometheus.",
    needs: "`status`",
    parameters: [],
    answers: { 200: { description: "The gauges.", content: "text" } },
    codes: [...ASKED, "forbidden"],
  },
  {
    id: "readOpenapi",
    method: "get",
    path: "/openapi.json",
    summary: "This description.",
    needs: null,
    parameters: [],
    answers: { 200: { description: "OpenAPI 3.1.", content: "description" } },
    codes: PARAMETERS,
  },
];

export const OPERATIONS: readonly Operation[] = [...documents, ...namespaces, ...tokens, ...running];
