/**
 * What one route is, as data, and what many of them share: groups of codes, of parameters and of headers.
 */
import { COMMIT_LIMITS } from "../core/commit/limits.ts";
import type { RefusalCode } from "../core/refusal.ts";
import type { Needs } from "./needs.ts";
import type { HeaderName, ParameterName } from "./parameters.ts";
import type { SchemaName } from "./schemas.ts";

export interface OperationAnswer {
  readonly description: string;
  /** A schema's name, `bytes` for a document as it was stored, `text`, a `page` of HTML, or nothing. */
  readonly content?: SchemaName | "bytes" | "text" | "page" | "description";
  /** It may also be asked for as a stream of events (Accept: text/event-stream). */
  readonly events?: true;
  /** Headers besides the ones that every answer has. A name with `?` may be absent. */
  readonly headers?: readonly (HeaderName | `${HeaderName}?`)[];
}

export interface OperationBody {
  readonly schema: SchemaName | "bytes";
  readonly bytesMax: number;
  /** How many levels of JSON belong to the body and not to the values in it. */
  readonly wrapping?: number;
  /** A list of the body whose length has a code of its own, and every member that an item of it may have. */
  readonly counted?: {
    readonly member: string;
    readonly max: number;
    readonly itemMembers: readonly string[];
  };
}

export type ComponentName =
  | "config-read"
  | "config-write"
  | "config-plan"
  | "admin"
  | "console"
  | "schema-check"
  | "snapshot-export";
export type Method = "get" | "put" | "post" | "delete";

export interface Operation {
  readonly id: string;
  readonly component: ComponentName;
  readonly method: Method;
  readonly path: string;
  /** People may write the key behind the path instead of `?key=`. */
  readonly keyInPath?: true;
  readonly summary: string;
  readonly needs: Needs;
  /** What the store must be: open for reading (when nothing is said), perhaps being restored, or not looked at. */
  readonly store?: "restoring" | "none";
  readonly parameters: readonly ParameterName[];
  readonly body?: OperationBody;
  readonly answers: Readonly<Record<number, OperationAnswer>>;
  readonly codes: readonly RefusalCode[];
}

/** Of a body that holds changes: how much it may be, and every member that one of them may have. */
export const CHANGES_BODY = {
  bytesMax: COMMIT_LIMITS.encodedBytes,
  wrapping: 3,
  counted: {
    member: "changes",
    max: COMMIT_LIMITS.changes,
    itemMembers: ["op", "namespace", "key", "mediaType", "ifRevision", "value", "text", "base64"],
  },
} as const satisfies Omit<OperationBody, "schema">;

export const ASKING = ["bad_parameter", "unknown_parameter", "uri_too_long"] as const;
export const STORE = ["not_ready", "store_newer", "busy", "storage_full", "internal"] as const;
export const TOKEN = ["unauthenticated", "bad_token", "token_expired", "bad_header"] as const;
export const ASKED = [...ASKING, ...STORE, ...TOKEN] as const;
export const PAST = ["revision_unknown", "revision_lost", "compacted"] as const;
export const JSON_BODY = ["media_type", "content_encoding", "too_large", "bad_json", "invalid_body"] as const;
export const COMMITS = ["outcome_unknown", "store_in_memory", "not_durable"] as const;
export const CONDITIONS = ["stale", "exists", "precondition_required"] as const;
export const CHANGES = [...COMMITS, "read_only", "forbidden"] as const;
export const REPLACES = [...CHANGES, ...CONDITIONS, "lineage", "idempotency_mismatch"] as const;
export const DOCUMENTS = ["reserved_namespace", "namespace_not_found", "message_required"] as const;
/** What a change of documents is refused for by policies. */
export const POLICIES = ["override_required", "policy_violation", "frozen"] as const;
/** And what it needs a second person for. */
export const REVIEWED = [...POLICIES, "approval_required"] as const;
export const NAMES = ["bad_namespace", "bad_path", "bad_key"] as const;

export const SHOWN = ["Ledge-Revision", "Ledge-Head", "Ledge-Lineage"] as const;
export const FACTS = [...SHOWN, "ETag", "Ledge-Document-Revision", "Ledge-Modified"] as const;
export const BACKED_UP = ["Ledge-Backed-Up?"] as const;
export const COMMITTED = [...SHOWN, "Ledge-Replayed?", ...BACKED_UP] as const;
/** Of a setting that was put. */
export const SETTING_PUT = {
  200: { description: "Replaced, or unchanged.", content: "CommitAnswer", headers: [...COMMITTED, "ETag"] },
  201: { description: "Made.", content: "CommitAnswer", headers: [...COMMITTED, "ETag"] },
} as const;
export const WRITTEN = [...COMMITTED, "ETag?", "Ledge-Document-Revision?", "Content-Location"] as const;
export const FRESH = ["wait", "minRevision", "maxStaleness"] as const;
/** What goes with a change; tokens are made, changed and revoked by requests that are their own proof of repetition. */
export const SAID = ["message", "ledgeMessage", "traceparent"] as const;
export const WORDS = ["message", "ledgeMessage", "idempotencyKey", "traceparent"] as const;
export const SETTINGS = [...WORDS, "ifMatch", "ifNoneMatch"] as const;
/** A root token. */
export const ROOT = { verb: "admin", over: "everything" } as const;
