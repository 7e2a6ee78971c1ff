/**
 * A purge in the store: one commit that erases every value of a key, and the note that makes the exporter write
 * the bucket anew. Promise: both or neither; freed pages are overwritten as far as the engine allows.
 */
import { findFirstValue, insertPurge } from "../catalogue/purge.ts";
import { type Db, StoreFault } from "../sqlite/driver.ts";
import { type CommitOutcome, commit, type KernelRefusal, type ProposedOp, type Proposer } from "./commit.ts";

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
  | KernelRefusal;

/** Proposes and notes, in one transaction. Throws StoreFault. */
export function purgeValue(db: Db, request: PurgeRequest): PurgeOutcome {
  // Overwrites with zeros what the statements free; a server that does not know it is told by `vacuumed`.
  ignoringFault(() => db.all("pragma secure_delete=on"));
  db.all("begin immediate");
  try {
    const outcome = purgeInside(db, request);
    db.all(outcome.ok ? "commit" : "rollback");
    return outcome;
  } catch (error) {
    ignoringFault(() => db.all("rollback"));
    throw error;
  }
}

function purgeInside(db: Db, request: PurgeRequest): PurgeOutcome {
  const { namespace, key, nowMs, why } = request;
  const firstRevision = findFirstValue(db, namespace, key);
  const current = request.keepCurrent ? findCurrent(db, namespace, key) : undefined;
  const erased = propose(db, request, { op: "erase", mediaType: null, text: false, value: EMPTY });
  if (!erased.ok) return erased;
  // A repeat with the same Idempotency-Key has been noted the first time.
  if (erased.replayed || firstRevision === undefined)
    return {
      ok: true,
      revision: erased.revision,
      firstRevision: firstRevision ?? erased.revision,
      currentRevision: null,
      ancestors: [],
    };
  insertPurge(db, { revision: erased.revision, namespace, key, firstRevision, why, nowMs });
  const ancestors = listAncestorsSince(db, firstRevision);
  if (current === undefined)
    return { ok: true, revision: erased.revision, firstRevision, currentRevision: null, ancestors };
  const kept = propose(db, { ...request, requestId: null }, { op: "put", ...current });
  if (!kept.ok) return kept;
  return { ok: true, revision: erased.revision, firstRevision, currentRevision: kept.revision, ancestors };
}

const EMPTY = new Uint8Array(0);

interface Content {
  readonly op: "erase" | "put";
  readonly mediaType: string | null;
  readonly text: boolean;
  readonly value: Uint8Array;
}

function propose(db: Db, request: PurgeRequest, { op, mediaType, text, value }: Content): CommitOutcome {
  const { proposer, nowMs, namespace, key, message, requestId, trace } = request;
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
  return commit(db, { proposer, door, nowMs, ...words, ops: [change], body: value });
}

function findCurrent(db: Db, namespace: string, key: string): Omit<Content, "op"> | undefined {
  const [row] = db.all("select media_type, text, value from entry where namespace=?1 and key=?2", [
    namespace,
    key,
  ]);
  if (row === undefined || !(row[2] instanceof Uint8Array)) return undefined;
  return { mediaType: String(row[0]), text: row[1] === 1, value: row[2] };
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
