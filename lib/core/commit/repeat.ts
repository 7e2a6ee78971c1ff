/**
 * Said before: a request id that its actor has used. Promise: only exactly the operations and the words of the first
 * time are answered, with the first answer; anything more, less or other is refused.
 */
import { formatEtag } from "../revision.ts";
import type { SaidFacts, SaidOp } from "./facts.ts";
import { metaWithout } from "./override.ts";
import type { Proposal, ProposedOp } from "./proposal.ts";
import { type CommitOutcome, type OpResult, refusal } from "./verdict.ts";

/** The first answer again, or `idempotency_mismatch`. */
export function judgeRepeat(proposal: Proposal, said: SaidFacts): CommitOutcome {
  const { ops } = proposal;
  if (!hasSameWords(proposal, said) || !isSame(ops, said)) return refusal("idempotency_mismatch");
  const { revision, lineage, timeMs } = said;
  const results = ops.map((op, index) => resultOf(op, said.ops[index], revision));
  return { ok: true, revision, lineage, timeMs, unchanged: false, replayed: true, results };
}

/** Whoever is told that this was committed believes that it was with these words. */
function hasSameWords({ author, message, meta, override }: Proposal, said: SaidFacts): boolean {
  const { meta: saidMeta, reason } = metaWithout(said.meta);
  const sameMeta = meta === saidMeta || (reason !== undefined && saidMeta === null && meta === "{}");
  // A reason that was not needed the first time is not known.
  const sameReason = reason === undefined || reason === override;
  return author === said.author && message === said.message && sameMeta && sameReason;
}

function isSame(ops: readonly ProposedOp[], { ops: facts, changes, rest }: SaidFacts): boolean {
  const others = ops.filter((_, index) => facts[index]?.changed !== true);
  if (ops.length - others.length !== changes) return false;
  const named = rest === null ? undefined : new Set(rest.map((one) => one.join("/")));
  if (named !== undefined && named.size !== others.length) return false;
  return ops.every((op, index) => {
    const fact = facts[index];
    if (fact === undefined) return false;
    if (fact.changed) return true;
    if (op.op !== "check" && !(op.op === "put" && fact.same)) return false;
    return named === undefined || named.has(`${op.op}/${op.namespace}/${op.key}`);
  });
}

function resultOf({ op }: ProposedOp, fact: SaidOp | undefined, revision: number): OpResult {
  const stood = fact?.revision ?? 0;
  const etag = fact?.lineage == null ? null : formatEtag(stood, fact.lineage);
  if (op === "erase") return { result: "erased", revision, etag: null };
  if (op === "delete") return { result: "deleted", revision, etag: null };
  if (op === "check") return { result: "checked", revision: stood, etag };
  if (fact?.changed !== true) return { result: "unchanged", revision: stood, etag };
  return { result: fact.created ? "created" : "changed", revision: stood, etag };
}
