/**
 * What one route's entry in the description is made of, and what many of them share: groups of codes, of
 * parameters and of headers.
 */
import type { RefusalCode } from "../core/refusal.ts";
import type { HeaderName, ParameterName } from "./parameters.ts";
import type { SchemaName } from "./schemas.ts";

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

export const PARAMETERS = ["bad_parameter", "unknown_parameter", "uri_too_long"] as const;
export const STORE = ["not_ready", "store_newer", "busy", "storage_full", "internal"] as const;
export const TOKEN = ["unauthenticated", "bad_token", "token_expired", "bad_header"] as const;
export const ASKED = [...PARAMETERS, ...STORE, ...TOKEN] as const;
export const PAST = ["revision_unknown", "revision_lost", "compacted"] as const;
export const JSON_BODY = ["media_type", "content_encoding", "too_large", "bad_json", "invalid_body"] as const;
export const COMMITS = ["outcome_unknown", "store_in_memory", "not_durable"] as const;
export const CONDITIONS = ["stale", "exists", "precondition_required"] as const;
export const CHANGES = [...COMMITS, "read_only", "forbidden"] as const;
export const REPLACES = [...CHANGES, ...CONDITIONS, "lineage", "idempotency_mismatch"] as const;
export const DOCUMENTS = ["reserved_namespace", "namespace_not_found", "message_required"] as const;
export const NAMES = ["bad_namespace", "bad_path", "bad_key"] as const;

export const SHOWN = ["Ledge-Revision", "Ledge-Head", "Ledge-Lineage"] as const;
export const FACTS = [...SHOWN, "ETag", "Ledge-Document-Revision", "Ledge-Modified"] as const;
export const BACKED_UP = ["Ledge-Backed-Up?"] as const;
export const COMMITTED = [...SHOWN, "Ledge-Replayed?", ...BACKED_UP] as const;
export const WRITTEN = [...COMMITTED, "ETag?", "Ledge-Document-Revision?", "Content-Location"] as const;
export const FRESH = ["minRevision", "maxStaleness"] as const;
export const WORDS = ["message", "ledgeMessage", "idempotencyKey"] as const;
export const SETTINGS = [...WORDS, "ifMatch", "ifNoneMatch"] as const;
