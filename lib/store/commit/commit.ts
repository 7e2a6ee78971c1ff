/**
 * The one way to write: a transaction that gathers the facts, asks `judge`, and applies what it says. Promise: an
 * accepted outcome is durably committed; of several proposals either all are or none; whatever fails in between
 * leaves the store as it was. The lock is held for SQLite's work only: bodies were parsed and shapes judged before.
 */

import type { Facts } from "../../core/commit/facts.ts";
import { judge } from "../../core/commit/judge.ts";
import { actorOf, type Proposal, type ProposedOp } from "../../core/commit/proposal.ts";
import { judgeShape } from "../../core/commit/shape.ts";
import type { CommitOutcome, Growth, Verdict } from "../../core/commit/verdict.ts";
import { isLookDue } from "../../core/look-due.ts";
import type { Db } from "../sqlite/driver.ts";
import { askExtra, judgeDurability } from "../sqlite/durability.ts";
import { inTransaction } from "../sqlite/transaction.ts";
import {
  endEntriesSql,
  eraseValuesSql,
  insertChangesSql,
  insertCommitSql,
  insertLineageSql,
  moveHeadSql,
  openEpochSql,
  putEntriesSql,
  putUsageSql,
} from "./commit.sql.ts";
import { overwriteFreed, writeAnew } from "./erased.ts";
import { bytesOf, type Encoded, encodeOps, gatherFacts, type Known, onlyOpOf } from "./facts.ts";
import { gatherMemberFacts } from "./member-facts.ts";
import { notePurge } from "./note-purge.ts";
import { takeWrite } from "./write-rate.ts";

export interface CommitOptions {
  /**
   * What a connection must promise of a write: `durable`, unless told otherwise; `weak` where the setting
   * accept_weak_durability accepts that a power cut takes it; `anything` for stores that are still being made.
   */
  readonly accept?: "durable" | "weak" | "anything";
  /** How many commits a token may make a second; 0 and undefined for any number. */
  readonly perSecond?: number;
  /** Refuses to write, by LookDue, into a store whose bucket nobody has looked at for long. */
  readonly afterLook?: boolean;
}

/** Thrown instead of a commit: the bucket has to be looked at first. Nothing was written. */
export class LookDue extends Error {}

/**
 * Proposes one commit. Throws StoreFault when the outside world fails: then nothing was committed, unless the fault
 * came from the commit itself, whose outcome is then unknown. Throws LookDue where the options ask for it.
 */
export function commit(db: Db, proposal: Proposal, options: CommitOptions = {}): CommitOutcome {
  const [outcome] = commitAll(db, [proposal], options);
  if (outcome === undefined) throw new Error("one proposal has one outcome");
  return outcome;
}

/**
 * Proposes several commits in one transaction. At the first refusal, which is then the last outcome, none stands.
 * Where one erases, what it frees is overwritten, and the outcomes say whether the file was written anew.
 */
export function commitAll(
  db: Db,
  proposals: readonly Proposal[],
  options: CommitOptions = {},
): readonly CommitOutcome[] {
  if (!proposals.some(({ ops }) => ops.some(({ op }) => op === "erase")))
    return commitTogether(db, proposals, options);
  overwriteFreed(db);
  const outcomes = commitTogether(db, proposals, options);
  if (outcomes.some(({ ok }) => !ok)) return outcomes;
  const vacuumed = writeAnew(db);
  return outcomes.map((outcome) => ({ ...outcome, vacuumed }));
}

function commitTogether(
  db: Db,
  proposals: readonly Proposal[],
  options: CommitOptions,
): readonly CommitOutcome[] {
  const prepared = prepareCommit(proposals, options);
  if ("refused" in prepared) return prepared.refused;
  // Whoever accepts the loss is not asked to wait for a server that will not be raised.
  if (options.accept !== "weak") askExtra(db);
  try {
    return inTransaction(db, () => {
      const outcomes = prepared.run(db);
      if (outcomes.some(({ ok }) => !ok)) throw new Refused(outcomes);
      return outcomes;
    });
  } catch (error) {
    if (error instanceof Refused) return error.outcomes;
    throw error;
  }
}

/** What needs no lock is done; `run` is for inside a transaction, which is to be rolled back at a refusal. */
export type PreparedCommit =
  | { readonly refused: readonly CommitOutcome[] }
  /**
   * At the first refusal, which is then the last outcome, it stops. With `known` the connection is not asked again how
   * it writes. Throws StoreFault.
   */
  | { run(db: Db, known?: Known): readonly CommitOutcome[] };

/** Several commits up to their transaction: shapes are judged, operations encoded. */
export function prepareCommit(proposals: readonly Proposal[], options: CommitOptions): PreparedCommit {
  for (const proposal of proposals) {
    const malformed = judgeShape(proposal);
    if (malformed !== undefined) return { refused: [malformed] };
  }
  const encoded = proposals.map(encode);
  return {
    run(db, known) {
      const outcomes: CommitOutcome[] = [];
      for (const one of encoded) {
        const outcome = proposeInside(db, one, options, known);
        outcomes.push(outcome);
        if (!outcome.ok) break;
      }
      return outcomes;
    },
  };
}

/** Thrown to roll a transaction back whose outcomes are told already. */
class Refused extends Error {
  readonly outcomes: readonly CommitOutcome[];
  constructor(outcomes: readonly CommitOutcome[]) {
    super("refused");
    this.outcomes = outcomes;
  }
}

/** One commit inside a transaction that the caller holds and ends; a refusal has changed nothing. Throws StoreFault. */
export function commitInside(db: Db, proposal: Proposal): CommitOutcome {
  return judgeShape(proposal) ?? proposeInside(db, encode(proposal), { accept: "anything" });
}

/** Made before the lock is held. */
function encode(proposal: Proposal): Encoded {
  return { proposal, ops: encodeOps(proposal.ops) };
}

function proposeInside(
  db: Db,
  { proposal, ops }: Encoded,
  { accept, afterLook, perSecond = 0 }: CommitOptions,
  known?: Known,
): CommitOutcome {
  const { facts, durability, looksMs } =
    known === undefined || afterLook === true
      ? gatherFacts(db, proposal, ops)
      : gatherMemberFacts(db, proposal, ops, known);
  const durable =
    accept === "anything" ? undefined : judgeDurability(durability, { acceptWeak: accept === "weak" });
  if (durable?.ok === false) return { ok: false, code: durable.code, causes: [], detail: durable.detail };
  const verdict = judge(proposal, facts);
  if (verdict.kind !== "apply") return verdict.outcome;
  // The first commit of a pending epoch takes no number that the bucket could have.
  if (afterLook === true && facts.store.pending === null && isLookDue(looksMs, proposal.nowMs))
    throw new LookDue();
  const taken = perSecond === 0 ? undefined : takeWrite(db, proposal, perSecond);
  if (taken?.ok === false) return { ok: false, code: "rate_limited", causes: [], rate: taken.rate };
  apply(db, { proposal, ops, known }, facts, verdict);
  return taken === undefined ? verdict.outcome : { ...verdict.outcome, rate: taken.rate };
}

type Applied = Extract<Verdict, { kind: "apply" }>;

function apply(
  db: Db,
  { proposal, ops: allOps, known }: Encoded & { readonly known: Known | undefined },
  facts: Facts,
  { outcome, altering, meta, growth }: Applied,
): void {
  const { revision } = outcome;
  const { pending, lineage, revision: head } = facts.store;
  if (pending !== null) {
    db.all(insertLineageSql, [pending.epoch, pending.lineage, pending.firstRevision, lineage, head]);
    db.all(openEpochSql);
  }
  const ops = proposal.ops.filter((_, index) => altering.has(index));
  db.all(insertCommitSql, [
    revision,
    proposal.nowMs,
    actorOf(proposal),
    proposal.author,
    proposal.requestId,
    proposal.message,
    meta,
    proposal.trace,
    ops.length,
    restOf(proposal, altering),
  ]);
  const one = onlyOpOf(proposal);
  if (known !== undefined && one !== undefined) insertChange(db, proposal, one, { revision, known });
  else {
    const changes = ops.length === proposal.ops.length ? allOps : encodeOps(ops);
    db.all(insertChangesSql, [changes, revision, proposal.body]);
  }
  if (ops.some(({ op }) => op === "put")) db.all(putEntriesSql, [revision]);
  if (ops.some(({ op }) => op !== "put")) db.all(endEntriesSql, [revision]);
  if (ops.some(({ op }) => op === "erase")) {
    db.all(eraseValuesSql, [revision]);
    notePurge(db, proposal, facts, revision);
  }
  const usage = usageAfter(growth, facts);
  if (usage.length > 0) db.all(putUsageSql, [JSON.stringify(usage)]);
  db.all(moveHeadSql, [revision]);
}

function insertChange(
  db: Db,
  proposal: Proposal,
  one: ProposedOp,
  { revision, known }: { readonly revision: number; readonly known: Known },
): void {
  const { op, namespace, key, mediaType, text } = one;
  const value = op === "put" ? bytesOf(proposal, one) : null;
  db.all(known.insertChangeSql, [namespace, key, revision, op, mediaType, text ? 1 : 0, value]);
}

/** What a repeat must name besides the changes; kept only where a repeat can be told, by its request id. */
function restOf({ ops, requestId }: Proposal, altering: ReadonlySet<number>): string | null {
  if (requestId === null) return null;
  const rest = ops.filter((_, index) => !altering.has(index));
  return JSON.stringify(rest.map(({ op, namespace, key }) => [op, namespace, key]));
}

/** [namespace, keys, bytes] of each namespace whose size changes. A new one begins with a key, so it is among them. */
function usageAfter(growth: ReadonlyMap<string, Growth>, facts: Facts): [string, number, number][] {
  return [...growth]
    .filter(([, { keys, bytes }]) => keys !== 0 || bytes !== 0)
    .map(([namespace, { keys, bytes }]) => {
      const held = facts.namespaces.get(namespace);
      return [namespace, (held?.keys ?? 0) + keys, (held?.bytes ?? 0) + bytes];
    });
}
