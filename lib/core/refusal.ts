/**
 * Refusals: what a caller did, or what the state of the world does not allow. This file is the one table
 * from code to status to plain sentence. Codes are interface; titles are not.
 * Knows nothing of HTTP replies; problem.ts writes those.
 */

interface Meaning {
  readonly status: number;
  readonly title: string;
  /** The same request may simply be sent again. */
  readonly retryable?: true;
}

/** Every code of the interface, those of routes that come later included, so that a code never changes sense. */
export const REFUSALS = {
  bad_path: { status: 400, title: "The path cannot name a key." },
  bad_namespace: { status: 400, title: "That is not a name for a namespace." },
  bad_key: { status: 400, title: "That is not a key." },
  bad_parameter: { status: 400, title: "A parameter has a value that it cannot have." },
  unknown_parameter: { status: 400, title: "A parameter or Ledge header is not known here." },
  bad_header: { status: 400, title: "A header has a value that it cannot have." },
  bad_json: { status: 400, title: "The body is not the JSON that this route takes." },
  bad_cursor: { status: 400, title: "The cursor was not made for this request." },
  message_required: { status: 400, title: "The namespace demands a message with every change." },
  unauthenticated: { status: 401, title: "This needs a token." },
  bad_token: { status: 401, title: "The token is not valid." },
  token_expired: { status: 401, title: "The token has expired." },
  forbidden: { status: 403, title: "The token has no grant for this." },
  escalation: { status: 403, title: "Nobody can give more than they hold." },
  reserved_namespace: { status: 403, title: "Namespaces that begin with _ are Ledge's own." },
  override_required: { status: 403, title: "The change is over a budget of its policy." },
  bootstrap_refused: { status: 403, title: "Bootstrap is off, or the secret is wrong." },
  no_route: { status: 404, title: "There is nothing at this path." },
  not_found: { status: 404, title: "There is no such thing." },
  namespace_not_found: { status: 404, title: "There is no such namespace." },
  revision_unknown: { status: 404, title: "The store has not come to that revision." },
  method_not_allowed: { status: 405, title: "The path does not take this method." },
  body_timeout: { status: 408, title: "The body took too long." },
  lineage: { status: 409, title: "That belongs to another history." },
  bootstrap_done: { status: 409, title: "The store has had its first token." },
  not_empty: { status: 409, title: "It still holds documents." },
  in_use: { status: 409, title: "Something still refers to it." },
  schema_conflict: { status: 409, title: "Today's documents fail the schema." },
  plan_changed: { status: 409, title: "The state moved since the plan was made." },
  approval_required: { status: 409, title: "A second person has to approve this." },
  approval_void: { status: 409, title: "The approval was for other content." },
  rollout_active: { status: 409, title: "The channel is in the middle of a rollout." },
  fork: { status: 409, title: "Two histories have been written to one bucket." },
  bucket_not_set: { status: 409, title: "There is no bucket to back up to." },
  bucket_foreign: { status: 409, title: "The bucket holds another store's backups." },
  compacted: { status: 410, title: "That revision is older than what is kept." },
  revision_lost: { status: 410, title: "That revision was never part of this history." },
  stale: { status: 412, title: "The document is not at the revision that was named." },
  exists: { status: 412, title: "The document exists." },
  too_large: { status: 413, title: "That is over a limit of size." },
  uri_too_long: { status: 414, title: "The address is too long." },
  media_type: { status: 415, title: "The Content-Type is missing or cannot be used." },
  content_encoding: { status: 415, title: "Bodies are taken without Content-Encoding only." },
  expectation_failed: { status: 417, title: "The server does not meet that expectation." },
  wrong_host: { status: 421, title: "This server does not answer for that host." },
  invalid_body: { status: 422, title: "The body has a member that it cannot have." },
  duplicate_change: { status: 422, title: "A commit names the same key twice." },
  too_many_changes: { status: 422, title: "A commit holds too many changes." },
  value_malformed: { status: 422, title: "The bytes are not what the media type says." },
  schema_violation: { status: 422, title: "The value does not fit its schema." },
  schema_invalid: { status: 422, title: "That is not a schema that can be used." },
  quota_exceeded: { status: 422, title: "The namespace would be over its quota." },
  policy_violation: { status: 422, title: "A policy forbids the change." },
  idempotency_mismatch: { status: 422, title: "The Idempotency-Key was used for something else." },
  precondition_required: { status: 428, title: "Changing a document needs the ETag that it replaces." },
  headers_too_large: { status: 431, title: "The headers are too large." },
  rate_limited: { status: 429, title: "Too many requests.", retryable: true },
  internal: { status: 500, title: "This is a fault of Ledge." },
  not_served_here: { status: 501, title: "This node does not serve that." },
  snapshot_damaged: { status: 502, title: "An object in the bucket is damaged." },
  bucket_denied: { status: 502, title: "The bucket refuses the credentials." },
  bucket_unavailable: { status: 503, title: "The bucket does not answer.", retryable: true },
  busy: { status: 503, title: "The store is busy; nothing was committed.", retryable: true },
  read_only: { status: 503, title: "The store is read-only for now.", retryable: true },
  behind: { status: 503, title: "This node has not come to that revision yet.", retryable: true },
  too_stale: { status: 503, title: "This node is further behind than asked.", retryable: true },
  too_many_waiters: { status: 503, title: "Too many requests are waiting.", retryable: true },
  overloaded: { status: 503, title: "There is too much to do at once.", retryable: true },
  timeout: { status: 503, title: "The answer took too long.", retryable: true },
  outcome_unknown: { status: 503, title: "Whether the change was committed is not known.", retryable: true },
  not_ready: { status: 503, title: "The store is not ready." },
  store_newer: { status: 503, title: "The store was written by a newer Ledge." },
  store_replaced: { status: 503, title: "The database file is gone or another one." },
  store_in_memory: { status: 503, title: "The store is in memory and would be lost." },
  not_durable: { status: 503, title: "The store would not survive a power cut." },
  storage_full: { status: 507, title: "The disk is full." },
} as const satisfies Record<string, Meaning>;

export type RefusalCode = keyof typeof REFUSALS;

/** One cause inside a refusal: which part of the request, and what holds now. */
export interface RefusalError {
  readonly pointer: string;
  readonly code: RefusalCode;
  readonly detail: string;
  readonly etag?: string | null;
}

export interface Refusal<C extends RefusalCode = RefusalCode> {
  readonly ok: false;
  readonly code: C;
  /** What is wrong and what to do next, in a sentence or two. Never a value or a secret. */
  readonly detail: string;
  readonly errors?: readonly RefusalError[];
  /** Members of the problem document that go with a code: `oldest`, `sharedRevision`, `limit`, `size`. */
  readonly members?: Readonly<Record<string, number | string | boolean>>;
  /** Headers that go with it: Allow, ETag. */
  readonly headers?: readonly (readonly [string, string])[];
}

export type Outcome<T, C extends RefusalCode = RefusalCode> =
  | { readonly ok: true; readonly value: T }
  | Refusal<C>;

export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse<C extends RefusalCode>(
  code: C,
  detail: string,
  more?: Pick<Refusal, "errors" | "members" | "headers">,
): Refusal<C> {
  return { ok: false, code, detail, ...more };
}

/** Status and sentence of a code, with `retryable` filled in. */
export function meaningOf(code: RefusalCode): { status: number; title: string; retryable: boolean } {
  const meaning: Meaning = REFUSALS[code];
  return { status: meaning.status, title: meaning.title, retryable: meaning.retryable ?? false };
}
