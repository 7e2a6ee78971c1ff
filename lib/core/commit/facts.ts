/** What the store says about a proposal at the moment it is judged: read under the lock, by one statement. */

import type { Policy } from "../policy.ts";
import type { NamespaceSettings } from "../settings.ts";
import type { PointerFacts } from "./pointers.ts";

export interface Facts {
  readonly store: StoreFacts;
  /** The document `_system` `mode` as JSON text, or null. */
  readonly mode: string | null;
  /** The proposer's token document as JSON text; null when there is none, or no token proposes. */
  readonly token: string | null;
  /** The namespaces that the operations name, each once. */
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  /** One for each operation, in their order. */
  readonly ops: readonly OpFacts[];
  /** What this actor committed with this request id before; null when nothing. */
  readonly said: SaidFacts | null;
  /** Only for proposals of the admin door. */
  readonly settings: SettingsFacts | null;
  /** Only for proposals that are bound to a plan: the revision of the rules of their namespaces, 0 without any. */
  readonly rules: number | null;
  /** Likewise: when the newest of them was made. */
  readonly made: number | null;
  /** Only where a proposal rests on an approval: the document of the token that gave it. */
  readonly approver: string | null;
}

export interface StoreFacts {
  readonly lineage: string;
  /** The head. */
  readonly revision: number;
  readonly state: "open" | "restoring" | "stopped";
  /** After a restore or an adoption: what the next commit opens. */
  readonly pending: {
    readonly lineage: string;
    readonly epoch: number;
    readonly firstRevision: number;
  } | null;
}

export interface NamespaceFacts {
  /** Null when there is no such namespace. */
  readonly settings: NamespaceSettings | null;
  readonly keys: number;
  readonly bytes: number;
  readonly policies: readonly PolicyFacts[];
}

/** A policy of a namespace. */
export interface PolicyFacts {
  readonly scope: string;
  readonly policy: Policy;
}

/** What stands at an operation's key now. */
export interface OpFacts {
  /** The document's revision; 0 when there is none. */
  readonly revision: number;
  /** First 8 hex digits of the lineage that made it; null when there is none. */
  readonly lineage: string | null;
  readonly size: number;
  /** A put's bytes and media type are those that stand there. */
  readonly same: boolean;
  /** The document, where it is text of at most 64 bytes (EMPTY_BYTES_MAX); else null. */
  readonly short: string | null;
  /** Of a put: the schemas that cover its key, as a text that changes with them (schemas.ts); null without any. */
  readonly schemas: string | null;
}

/** A commit of the past, compared with a proposal that carries the same request id. */
export interface SaidFacts {
  readonly revision: number;
  readonly lineage: string;
  readonly timeMs: number;
  readonly author: string | null;
  readonly message: string | null;
  readonly meta: string | null;
  readonly changes: number;
  /** What it named without changing it, as [op, namespace, key]; null for commits of formats before 7. */
  readonly rest: readonly (readonly [string, string, string])[] | null;
  readonly ops: readonly SaidOp[];
}

/** An operation of the proposal against what that commit did, and the key's document right after it. */
export interface SaidOp {
  /** The commit changed this key in just this way. */
  readonly changed: boolean;
  /** The document after the commit; 0 when there was none. */
  readonly revision: number;
  readonly lineage: string | null;
  /** The commit created it. */
  readonly created: boolean;
  /** A put's bytes and media type are those that stood there then. */
  readonly same: boolean;
}

/** What only changes of reserved documents, and purges, need to know. */
export interface SettingsFacts {
  /** Any token has ever been made. */
  readonly bootstrapped: boolean;
  readonly ops: readonly SettingFacts[];
  /** The namespace that a schema was compared with has changed since. */
  readonly moved: boolean;
  /** By operation: the channel that it is about; null where it is about none. */
  readonly pointers: readonly (PointerFacts | null)[];
  /** Tokens that no operation names and whose documents hold the word `"admin"`, as JSON texts. */
  readonly admins: readonly string[];
}

export interface SettingFacts {
  /** The document that stands there now as JSON text; null when there is none. */
  readonly document: string | null;
  /** The oldest revision whose value the key still has; null when it has none. For `erase`. */
  readonly firstRevision: number | null;
  /** A policy, a schema, a channel or a rollout of the namespace that this document is about. For `namespace/…`. */
  readonly rules: boolean;
  /** History of the namespace that this document is about is still kept. For `namespace/…`. */
  readonly history: boolean;
  /** Keys that the namespace still holds. */
  readonly keys: number;
  /** The namespace that this document belongs to is there. For `schema/…`. */
  readonly homed: boolean;
  /** Tokens whose documents hold the namespace's name, as JSON texts. For the end of a namespace. */
  readonly tokens: readonly string[];
}
