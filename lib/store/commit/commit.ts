/**
 * The one way to write: a proposal goes through the view `propose` as one statement, and the kernel's
 * trigger judges and applies it whole. Promise: an accepted outcome is durably committed.
 */
import { formatEtag } from "../../core/revision.ts";
import { type Db, refusalIn, type SqlRow, type SqlValue, StoreFault } from "../sqlite/driver.ts";
import { explanations, proposeSql, replaySql, unchangedSql } from "./kernel/statements.sql.ts";

/**
 * What a proposal does to one key. Keys in a proposal are distinct, so operations have no order. `erase` is a
 * purge: the document ends and every value that the key ever had goes from the store.
 */
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

/** Which door the proposal came through: only the admin one may touch reserved namespaces. */
export type Door = "write" | "admin";

/** Who proposes: a token (accessor and hex SHA-256 of its secret), or one of Ledge's own reserved actors. */
export type Proposer =
  | { readonly kind: "token"; readonly accessor: string; readonly digest: string }
  | { readonly kind: "reserved"; readonly actor: "_bootstrap" | "_restore" };

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
  readonly result: "created" | "changed" | "deleted" | "erased" | "unchanged" | "checked";
  /** The document's revision now (of a put: the new or unchanged one; delete: the commit's; check: 0 if absent). */
  readonly revision: number;
  readonly etag: string | null;
}

/** A refusal: the kernel's code, and the operations that caused it where it is about operations. */
export interface KernelRefusal {
  readonly ok: false;
  readonly code: string;
  /** `index` into ops; the document's current state where there is one (revision 0: absent). */
  readonly causes: readonly {
    readonly index: number;
    readonly revision: number;
    readonly etag: string | null;
  }[];
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
export function commit(db: Db, proposal: Proposal): CommitOutcome {
  const outcome = proposeOnce(db, proposal);
  // Refused, and nobody to blame a moment later: the state has moved on, so it deserves another look.
  const moved = !outcome.ok && outcome.causes.length === 0 && explanations[outcome.code] !== undefined;
  return moved ? proposeOnce(db, proposal) : outcome;
}

function proposeOnce(db: Db, proposal: Proposal): CommitOutcome {
  const ops = encodeOps(proposal.ops);
  const columns = proposeParameters(proposal, ops);
  try {
    const made = db.all(proposeSql, columns)[0];
    if (made !== undefined) return accepted(made, proposal.nowMs, { unchanged: false, replayed: false });
  } catch (error) {
    const code = error instanceof StoreFault ? refusalIn(error) : undefined;
    if (code === undefined) throw error;
    return { ok: false, code, causes: explain(db, code, columns) };
  }
  return alreadySo(db, proposal, ops);
}

/** No row came back: the same was said before, or nothing would change. A second look tells which. */
function alreadySo(db: Db, proposal: Proposal, ops: string): CommitOutcome {
  const said =
    proposal.requestId === null
      ? undefined
      : db.all(replaySql, [actorOf(proposal), proposal.requestId, ops])[0];
  if (said !== undefined) return accepted(said, Number(said[3]), { unchanged: false, replayed: true });
  const now = db.all(unchangedSql, [ops])[0];
  if (now === undefined) throw new Error("the store has no row of its own");
  return accepted(now, proposal.nowMs, { unchanged: true, replayed: false });
}

function actorOf(proposal: Proposal): string {
  return proposal.proposer.kind === "token" ? proposal.proposer.accessor : proposal.proposer.actor;
}

function encodeOps(ops: readonly ProposedOp[]): string {
  return JSON.stringify(
    ops.map((op) => [
      op.op,
      op.namespace,
      op.key,
      op.mediaType,
      op.ifRevision,
      op.ifLineage,
      op.at,
      op.size,
      op.text ? 1 : 0,
    ]),
  );
}

/** In the order of `proposeColumns`. */
function proposeParameters(proposal: Proposal, ops: string): SqlValue[] {
  const { proposer } = proposal;
  const token = proposer.kind === "token";
  return [
    proposal.nowMs,
    proposal.door,
    token ? proposer.accessor : null,
    token ? proposer.digest : null,
    token ? null : proposer.actor,
    proposal.requestId,
    proposal.message,
    proposal.author,
    proposal.meta,
    proposal.trace,
    ops,
    proposal.body,
  ];
}

/** The operations to blame. None when the state has moved on since: the caller may then try once more. */
function explain(db: Db, code: string, columns: readonly SqlValue[]): KernelRefusal["causes"] {
  const sql = explanations[code];
  if (sql === undefined) return [];
  return db.all(sql, columns).map(([index, revision, lineage]) => ({
    index: Number(index),
    revision: Number(revision),
    etag: lineage === null ? null : formatEtag(Number(revision), String(lineage)),
  }));
}

type StateRow = readonly [
  op: ProposedOp["op"],
  revision: number,
  createdRevision: number,
  lineage: string | null,
];

function accepted(
  row: SqlRow,
  timeMs: number,
  { unchanged, replayed }: { unchanged: boolean; replayed: boolean },
): CommitOutcome {
  const revision = Number(row[0]);
  const states: readonly StateRow[] = JSON.parse(String(row[2]));
  const results = states.map((state) => opResult(state, revision, unchanged));
  return { ok: true, revision, lineage: String(row[1]), timeMs, unchanged, replayed, results };
}

function opResult([op, at, created, lineage]: StateRow, revision: number, unchanged: boolean): OpResult {
  const etag = lineage === null ? null : formatEtag(at, lineage);
  if (op === "erase") return { result: "erased", revision, etag: null };
  if (op === "delete") return { result: "deleted", revision, etag: null };
  if (op === "check") return { result: "checked", revision: at, etag };
  if (unchanged || at !== revision) return { result: "unchanged", revision: at, etag };
  return { result: created === revision ? "created" : "changed", revision: at, etag };
}
