/**
 * A purge as proposals: one commit that erases every value of a key, with the note that makes the exporter write the
 * bucket anew, and one that writes the present value again where it is to be kept. Both stand, or neither.
 */

import type { Proposal, ProposedOp, Proposer } from "../../core/commit/proposal.ts";
import { findFirstValue } from "../catalogue/purge.ts";
import type { Db } from "../sqlite/driver.ts";
import { firstOf, rowsOf } from "../sqlite/statement.ts";
import { ancestorsSinceSql, currentSql } from "./purge.sql.ts";

export interface PurgeRequest {
  readonly proposer: Proposer;
  readonly nowMs: number;
  readonly namespace: string;
  readonly key: string;
  /** Stands in the manifest that replaces the old objects. */
  readonly why: string;
  /** The present value is clean, and is written again. */
  readonly keepCurrent: boolean;
  readonly message: string;
  readonly requestId: string | null;
  readonly trace: string | null;
}

export interface PlannedPurge {
  /** The erasing one, and perhaps the one that writes the present value again. */
  readonly proposals: readonly Proposal[];
  /** The oldest revision that holds a value; undefined when none does. */
  readonly firstRevision: number | undefined;
  /** Lineages before this one whose revisions hold it. */
  readonly ancestors: readonly string[];
}

/** What is kept is what is read here: if it changes before the commit, that is refused as `stale`. Throws StoreFault. */
export function planPurge(db: Db, request: PurgeRequest): PlannedPurge {
  const { namespace, key, keepCurrent } = request;
  const current = keepCurrent ? findCurrent(db, namespace, key) : undefined;
  const firstRevision = findFirstValue(db, namespace, key);
  const ancestors = firstRevision === undefined ? [] : listAncestorsSince(db, firstRevision);
  return { proposals: proposalsOf(request, current), firstRevision, ancestors };
}

function proposalsOf(request: PurgeRequest, current: Current | undefined): Proposal[] {
  const erase = proposalOf(request, { op: "erase", mediaType: null, text: false, value: EMPTY });
  const [op] = erase.ops;
  if (current === undefined || op === undefined) return [erase];
  const put = proposalOf({ ...request, requestId: null }, { op: "put", ...current });
  return [{ ...erase, ops: [{ ...op, ifRevision: current.revision }] }, put];
}

const EMPTY = new Uint8Array(0);

interface Content {
  readonly op: "erase" | "put";
  readonly mediaType: string | null;
  readonly text: boolean;
  readonly value: Uint8Array;
}

function proposalOf(request: PurgeRequest, { op, mediaType, text, value }: Content): Proposal {
  const { proposer, nowMs, namespace, key, message, requestId, trace, why } = request;
  const change: ProposedOp = {
    op,
    namespace,
    key,
    mediaType,
    ifRevision: -1,
    ifLineage: null,
    at: 0,
    size: value.length,
    text,
  };
  const door = op === "erase" ? "admin" : "write";
  const words = { requestId, message, author: null, meta: null, trace };
  return { proposer, door, nowMs, ...words, ops: [change], body: value, why };
}

interface Current extends Omit<Content, "op"> {
  readonly revision: number;
}

function findCurrent(db: Db, namespace: string, key: string): Current | undefined {
  const row = firstOf(db, currentSql, [namespace, key]);
  return row === undefined ? undefined : { ...row, text: row.text === 1 };
}

/** Lives before the one that the purge belongs to, which reach to a revision or beyond. */
function listAncestorsSince(db: Db, revision: number): string[] {
  return rowsOf(db, ancestorsSinceSql, [revision]).map(({ lineage }) => lineage);
}
