/**
 * The one way to write: a proposal goes through the view `propose` as one statement, and the kernel's
 * trigger judges and applies it whole. Promise: an accepted outcome is durably committed.
 */
import type { Db } from "./driver.ts";

/** What a proposal does to one key. Keys in a proposal are distinct, so operations have no order. */
export interface ProposedOp {
  readonly op: "put" | "delete" | "check";
  readonly namespace: string;
  readonly key: string;
  /** Media type of a put; null for delete and check. */
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

/** Which door the proposal came through: only the admin one may touch reserved namespaces. */
export type Door = "write" | "admin";

/** Who proposes: a token (accessor and hex SHA-256 of its secret), or one of Ledge's own reserved actors. */
export type Proposer =
  | { readonly kind: "token"; readonly accessor: string; readonly digest: string }
  | { readonly kind: "reserved"; readonly actor: "_bootstrap" };

export interface Proposal {
  readonly proposer: Proposer;
  readonly door: Door;
  readonly nowMs: number;
  readonly requestId: string | null;
  readonly message: string | null;
  readonly author: string | null;
  /** JSON object of short strings, as text. */
  readonly meta: string | null;
  readonly trace: string | null;
  readonly ops: readonly ProposedOp[];
  /** All values end to end. */
  readonly body: Uint8Array;
}

/** What became of one operation, in the order proposed. */
export interface OpResult {
  readonly result: "created" | "changed" | "deleted" | "unchanged" | "checked";
  /** The document's revision now (of a put: the new or unchanged one; delete: the commit's; check: 0 if absent). */
  readonly revision: number;
  readonly etag: string | null;
}

/** A refusal: the kernel's code, and the operations that caused it where it is about operations. */
export interface KernelRefusal {
  readonly ok: false;
  readonly code: string;
  /** `index` into ops; the document's current state where there is one (revision 0: absent). */
  readonly causes: readonly { readonly index: number; readonly revision: number; readonly etag: string | null }[];
}

export type CommitOutcome =
  | {
      readonly ok: true;
      /** The commit's revision; for `unchanged` the head. */
      readonly revision: number;
      readonly lineage: string;
      readonly timeMs: number;
      readonly unchanged: boolean;
      readonly replayed: boolean;
      readonly results: readonly OpResult[];
    }
  | KernelRefusal;

/**
 * Proposes one commit. Throws StoreFault when the outside world fails (busy, full, I/O): then nothing was
 * committed, except that an I/O error at the commit itself leaves the outcome unknown to the caller.
 */
export function commit(_db: Db, _proposal: Proposal): CommitOutcome {
  throw new Error("the kernel is not here yet");
}
