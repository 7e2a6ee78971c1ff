/**
 * A proposal: one commit that somebody asks for, as plain data. Its operations name distinct keys, so they have no
 * order; all values travel end to end in one body, so that bytes never pass through JSON.
 */
import type { Broken } from "./broken.ts";

/** What a proposal does to one key. `erase` is a purge: the document ends and all its values ever go. */
export interface ProposedOp {
  readonly op: "put" | "delete" | "check" | "erase";
  readonly namespace: string;
  readonly key: string;
  /** Media type of a put; null for the others. */
  readonly mediaType: string | null;
  /** The revision it replaces, 0 for "absent", -1 for "any", null when the caller named none. */
  readonly ifRevision: number | null;
  /** First 8 hex digits of the lineage of `ifRevision`, where an ETag was given; else null. */
  readonly ifLineage: string | null;
  /** Where the value of a put lies in `body`: offset and length in bytes; 0 and 0 for the others. */
  readonly at: number;
  readonly size: number;
  /** Whether the value is well-formed UTF-8 (checked strictly by the caller). */
  readonly text: boolean;
}

/**
 * Which door the proposal came through: only the admin one may touch reserved namespaces. What comes through `plan` is
 * judged and never committed, so it asks for `plan` and `read` instead of `write`;
 * what comes through `approve` was proposed by somebody else, and asks for that verb.
 */
export type Door = "write" | "admin" | "plan" | "approve";

/** Who proposes: a token (accessor and hex SHA-256 of its secret), or one of Ledge's own reserved actors. */
export type Proposer =
  | { readonly kind: "token"; readonly accessor: string; readonly digest: string }
  | { readonly kind: "reserved"; readonly actor: ReservedActor };

/** Actors of Ledge itself. Their names begin with `_`, so no token can carry one. */
export type ReservedActor = "_bootstrap" | "_restore" | "_reset" | "_recovery" | "_rollout" | "_proposal";

export interface Proposal {
  readonly proposer: Proposer;
  readonly door: Door;
  /** Milliseconds since 1970, the clock of the request. */
  readonly nowMs: number;
  /** Idempotency-Key; unique per actor. */
  readonly requestId: string | null;
  readonly message: string | null;
  readonly author: string | null;
  /** JSON object of short strings, as text. */
  readonly meta: string | null;
  readonly trace: string | null;
  readonly ops: readonly ProposedOp[];
  /** All values end to end. */
  readonly body: Uint8Array;
  /** Why a value is erased, for the bucket's records; only with `erase`. */
  readonly why?: string;
  /** Why policies may be broken. Where none is, nothing is kept of it. */
  readonly override?: string;
  /** Of a change of settings that carries others with it, a rollout for one: what of policies these break. */
  readonly carries?: readonly Broken[];
  /** It is a proposal under review, or one that is approved: it needs no other approval. */
  readonly reviewed?: boolean;
  /** The accessor of the token whose approval, given before, this rests on. It has to be one that could still give it. */
  readonly approvedBy?: string;
  /** The plan that the commit is bound to. */
  readonly planned?: PlannedState;
  /** By operation: the schemas that its value was judged by, as the facts name them. */
  readonly judgedBy?: readonly (string | null)[];
  /** What a schema was compared with: the documents of a namespace at a revision. */
  readonly comparedAt?: { readonly namespace: string; readonly revision: number };
}

/** The state that a plan was made for: what stood at each operation's key, and the revision of the rules. */
export interface PlannedState {
  /** False: the plan's digest is not that of these operations on this state. */
  readonly holds: boolean;
  readonly bases: readonly number[];
  readonly rules: number;
  /** When the newest of its namespaces was made: one that was made again has the same name, and perhaps none of the keys. */
  readonly made: number;
}

/** Who stands in the commit: the token's accessor or the reserved actor. */
export function actorOf({ proposer }: Proposal): string {
  return proposer.kind === "token" ? proposer.accessor : proposer.actor;
}
