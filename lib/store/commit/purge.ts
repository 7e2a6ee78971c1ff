/**
 * A purge in the store: one commit that erases every value of a key, and the note that makes the exporter write
 * the bucket anew. Promise: both or neither; freed pages are overwritten as far as the engine allows.
 */
import type { Proposal, ProposedOp, Proposer } from "../../core/commit/proposal.ts";
import type { CommitOutcome, CommitRefusal } from "../../core/commit/verdict.ts";
import { findFirstValue } from "../catalogue/purge.ts";
import { type Db, StoreFault } from "../sqlite/driver.ts";
import { type CommitOptions, commitAll } from "./commit.ts";

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

export type PurgeOutcome =
  | {
      readonly ok: true;
      readonly revision: number;
      /** The oldest revision that held a value. */
      readonly firstRevision: number;
      readonly currentRevision: number | null;
      /** Lineages before this one whose revisions held it. */
      readonly ancestors: readonly string[];
    }
  | CommitRefusal;

/** How often a purge that keeps the present value looks again when somebody else changed it meanwhile. */
const LOOKS = 8;

/** Erases, and writes the present value again where it is to be kept, in one transaction. Throws StoreFault. */
export function purgeValue(db: Db, request: PurgeRequest, options: CommitOptions = {}): PurgeOutcome {
  // Overwrites with zeros what the statements free; a server that does not know it is told by `vacuumed`.
  ignoringFault(() => db.all("pragma secure_delete=on"));
  const { namespace, key, keepCurrent } = request;
  for (let look = 1; ; look += 1) {
    const current = keepCurrent ? findCurrent(db, namespace, key) : undefined;
    const firstRevision = findFirstValue(db, namespace, key);
    const outcomes = commitAll(db, proposalsOf(request, current), options);
    const [erased, kept = erased] = outcomes;
    if (erased === undefined || kept === undefined) throw new Error("a purge has an outcome");
    if (!erased.ok && erased.code === "stale" && current !== undefined && look < LOOKS) continue;
    if (!erased.ok) return erased;
    if (!kept.ok) return kept;
    return purged(db, { erased, kept: current === undefined ? undefined : kept, firstRevision });
  }
}

function purged(
  db: Db,
  {
    erased,
    kept,
    firstRevision,
  }: { erased: Made; kept: Made | undefined; firstRevision: number | undefined },
): PurgeOutcome {
  const { revision, replayed } = erased;
  const done = { ok: true, revision, firstRevision: firstRevision ?? revision } as const;
  // A repeat with the same Idempotency-Key did all of it the first time.
  if (replayed || firstRevision === undefined) return { ...done, currentRevision: null, ancestors: [] };
  return {
    ...done,
    currentRevision: kept?.revision ?? null,
    ancestors: listAncestorsSince(db, firstRevision),
  };
}

type Made = Extract<CommitOutcome, { ok: true }>;

function proposalsOf(request: PurgeRequest, current: Current | undefined): Proposal[] {
  const erase = proposalOf(request, { op: "erase", mediaType: null, text: false, value: EMPTY });
  // What is kept is what was just read; if it changed meanwhile, nothing of this happens.
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
  const [row] = db.all("select media_type, text, value, revision from entry where namespace=?1 and key=?2", [
    namespace,
    key,
  ]);
  if (row === undefined || !(row[2] instanceof Uint8Array)) return undefined;
  return { mediaType: String(row[0]), text: row[1] === 1, value: row[2], revision: Number(row[3]) };
}

/** Lives before the present one that reach to a revision or beyond. */
function listAncestorsSince(db: Db, revision: number): string[] {
  return db
    .all(
      `select l.lineage from lineage l join lineage n on n.parent=l.lineage where n.parent_revision>=?1 order by l.first_revision`,
      [revision],
    )
    .map(([lineage]) => String(lineage));
}

/** Writes the file anew, so that no page that was freed earlier still holds a value. False where it cannot be done. */
export function vacuum(db: Db): boolean {
  try {
    db.all("vacuum");
    return true;
  } catch (error) {
    // Busy, too little space, or a server that does not do it: the purge stands, and the answer says so.
    if (error instanceof StoreFault) return false;
    throw error;
  }
}

function ignoringFault(work: () => void): void {
  try {
    work();
  } catch (error) {
    // A pragma that is refused, or a rollback after SQLite has rolled back: nothing is lost by either.
    if (!(error instanceof StoreFault)) throw error;
  }
}
