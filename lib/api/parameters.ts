/**
 * Every parameter and header of the interface, once: what requests may carry and what answers do. The routes
 * name them; openapi.ts turns them into the description's components.
 */

export interface Described {
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}
export interface Parameter extends Described {
  readonly in: "query" | "header" | "path";
  readonly name: string;
  readonly required?: true;
}

const ANY_NAMESPACE = "^[a-z0-9][a-z0-9-]{0,62}$|^_system$|^_auth$";
const whole = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) => ({
  type: "integer",
  minimum,
  maximum,
});
const text = { type: "string" };
const query = (name: string, description: string, schema: Described["schema"] = text): Parameter => ({
  in: "query",
  name,
  description,
  schema,
});
const header = (name: string, description: string, schema: Described["schema"] = text): Parameter => ({
  in: "header",
  name,
  description,
  schema,
});
const path = (name: string, description: string, pattern: string): Parameter => ({
  in: "path",
  name,
  description,
  schema: { type: "string", pattern },
  required: true,
});

export const PARAMETERS = {
  plan: query("plan", "`true`: only say what would be removed.", { type: "string", enum: ["true", "false"] }),
  namespace: path("namespace", "A namespace, or `_system`.", ANY_NAMESPACE),
  ownNamespace: path("namespace", "A namespace.", "^[a-z0-9][a-z0-9-]{0,62}$"),
  accessor: path("accessor", "The second part of a token: 12 of `a-z2-7`.", "^[a-z2-7]{12}$"),
  commit: path("revision", "The commit's revision.", "^[1-9][0-9]{0,15}$"),
  key: {
    ...query("key", "The key, form-decoded and otherwise exact: 1 to 1,024 bytes of UTF-8.", {
      type: "string",
      minLength: 1,
      maxLength: 1024,
    }),
    required: true,
  },
  revision: query("revision", "The state as it was at this revision; needs the verb `history`.", whole(1)),
  restoreRevision: query("revision", "A kept revision; without it or `time`, the newest.", whole(1)),
  restoreTime: query("time", "The last commit at or before this moment (RFC 3339)."),
  restoreBranch: query("branch", "A lineage's first digits (at least 8), or `LINEAGE@RUN`."),
  wait: query(
    "wait",
    "How long to wait for `Ledge-Min-Revision`, in seconds; at most 1 here. Only who may read waits.",
    whole(0),
  ),
  prefix: query("prefix", "Only keys that begin with these bytes."),
  delimiter: query("delimiter", "Keys that hold it after the prefix are shown once, as a common prefix.", {
    type: "string",
    maxLength: 16,
  }),
  limit: query("limit", "Items on a page; 100 when not given.", { ...whole(1, 1000), default: 100 }),
  feedLimit: query("limit", "Changes on a page, but at least one whole commit; 1,000 when not given.", {
    ...whole(1, 1000),
    default: 1000,
  }),
  cursor: query("cursor", "Where the page before ended: its `next`, or of the feed its `cursor`."),
  values: query("values", "Whether values are shown: not, text as text, or JSON types as JSON.", {
    enum: ["none", "text", "json"],
    default: "none",
  }),
  since: query("since", "Changes after this revision; excludes `cursor`.", { ...whole(0), default: 0 }),
  ns: query("ns", "Only this namespace.", { type: "string", pattern: ANY_NAMESPACE }),
  actor: query("actor", "Only commits of this accessor, or of one of Ledge's own actors.", {
    type: "string",
    pattern: "^[a-z0-9_-]{1,64}$",
  }),
  requestId: query("requestId", "Only commits with this Idempotency-Key.", {
    type: "string",
    pattern: "^[!-~]{1,128}$",
  }),
  from: query("from", "Not before this revision.", whole(1)),
  to: query("to", "Not after this revision.", whole(1)),
  message: query("message", "Why, kept with the commit: up to 1,024 bytes of UTF-8."),
  ifMatch: header("If-Match", "The ETag that is replaced; `*` for whatever is there."),
  ifNoneMatch: header("If-None-Match", "`*`: only when there is no such document."),
  ifNoneMatchRead: header("If-None-Match", "ETags that the caller has; 304 when one is current."),
  minRevision: header("Ledge-Min-Revision", "503 `behind` before the node has come to it.", whole(0)),
  maxStaleness: header("Ledge-Max-Staleness", "In seconds. The origin is never stale.", whole(0)),
  idempotencyKey: header("Idempotency-Key", "The same key with the same content commits once.", {
    type: "string",
    pattern: "^[!-~]{1,128}$",
  }),
  ledgeMessage: header("Ledge-Message", "As `message`, ASCII only.", {
    type: "string",
    pattern: "^[ -~]{0,1024}$",
  }),
} as const satisfies Record<string, Parameter>;

export type ParameterName = keyof typeof PARAMETERS;

const integer = { type: "integer", minimum: 0 };
const etagPattern = '^"[1-9][0-9]{0,15}-[0-9a-f]{8}"$';
const moment = "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$";

export const HEADERS = {
  ETag: { description: "What the document is now.", schema: { type: "string", pattern: etagPattern } },
  "Cache-Control": { description: "How the answer may be kept.", schema: text },
  Vary: { description: "`Authorization, Origin`", schema: { const: "Authorization, Origin" } },
  "Ledge-Revision": { description: "The state that this answer shows.", schema: integer },
  "Ledge-Head": { description: "The newest revision of this node.", schema: integer },
  "Ledge-Lineage": {
    description: "The history that the revisions belong to.",
    schema: { type: "string", pattern: "^[0-9a-f]{32}$" },
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
  "Content-Location": { description: "Where the document is read.", schema: text },
  "Content-Disposition": {
    description: "`attachment`, unless the document is JSON or plain text.",
    schema: { const: "attachment" },
  },
  Link: { description: '`<…>; rel="next"`, when there is a next page.', schema: text },
  Allow: { description: "The methods of the path.", schema: text },
  "WWW-Authenticate": { description: 'Begins with `Bearer realm="ledge"`.', schema: text },
  "Retry-After": { description: "In seconds.", schema: integer },
} as const satisfies Record<string, Described>;

export type HeaderName = keyof typeof HEADERS;
