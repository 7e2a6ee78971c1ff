/**
 * The rules of a commit, as one pure function of a proposal and the facts about it. Plans, commits, edges and tests
 * ask the same one. The order is a promise: who asks, and may they for every operation sent, comes before anything
 * that could tell about a key; a request that was said before comes before what has changed since.
 */
import { formatEtag } from "../revision.ts";
import { judgeAccess, judgeProposer } from "./access.ts";
import type { Facts, OpFacts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import { judgeMode } from "./mode.ts";
import { judgeConditions, judgeNamespaces } from "./named.ts";
import type { Proposal, ProposedOp } from "./proposal.ts";
import { growthOf, judgeQuotas } from "./quota.ts";
import { judgeRepeat } from "./repeat.ts";
import { judgeSettings } from "./settings.ts";
import { type CommitRefusal, type Growth, type OpResult, refusal, type Verdict } from "./verdict.ts";

/** Judges a proposal whose shape is right (shape.ts). */
export function judge(proposal: Proposal, facts: Facts): Verdict {
  if (facts.store.state === "restoring") return settled(refusal("not_ready"));
  const who = judgeProposer(proposal, facts);
  if (!who.ok) return settled(who);
  const denied = judgeAccess(proposal, facts, who.token);
  if (denied !== undefined) return settled(denied);
  if (facts.said !== null) return { kind: "settled", outcome: judgeRepeat(proposal, facts.said) };
  const growth = growthOf(proposal, facts);
  const refused =
    judgeMode(proposal, facts) ??
    judgeNamespaces(proposal, facts) ??
    judgeConditions(proposal, facts) ??
    judgeSettings(proposal, facts, who.token) ??
    judgeQuotas(growth, facts);
  return refused === undefined ? verdictOf(proposal, facts, growth) : settled(refused);
}

function settled(outcome: CommitRefusal): Verdict {
  return { kind: "settled", outcome };
}

/** What a commit makes: the next revision, or the first one of a pending epoch. Nothing when nothing alters. */
function verdictOf(
  { ops, nowMs }: Proposal,
  { store, ops: there }: Facts,
  growth: ReadonlyMap<string, Growth>,
): Verdict {
  const altering = new Set(
    indexesOf(ops, ({ op }, index) => op !== "check" && !(op === "put" && there[index]?.same === true)),
  );
  const unchanged = altering.size === 0;
  const { pending } = store;
  const opens = !unchanged && pending !== null;
  const lineage = opens ? pending.lineage : store.lineage;
  const next = pending === null ? store.revision + 1 : pending.firstRevision;
  const revision = unchanged ? store.revision : next;
  const results = ops.map((op, index) => resultOf(op, there[index], { revision, lineage }));
  const outcome = {
    ok: true,
    revision,
    lineage,
    timeMs: nowMs,
    unchanged,
    replayed: false,
    results,
  } as const;
  return unchanged ? { kind: "settled", outcome } : { kind: "apply", outcome, altering, growth };
}

function resultOf(
  { op }: ProposedOp,
  there: OpFacts | undefined,
  made: { readonly revision: number; readonly lineage: string },
): OpResult {
  const stood = there?.revision ?? 0;
  const stands = there?.lineage == null ? null : formatEtag(stood, there.lineage);
  if (op === "erase") return { result: "erased", revision: made.revision, etag: null };
  if (op === "delete") return { result: "deleted", revision: made.revision, etag: null };
  if (op === "check") return { result: "checked", revision: stood, etag: stands };
  if (there?.same === true) return { result: "unchanged", revision: stood, etag: stands };
  const etag = formatEtag(made.revision, made.lineage);
  return { result: stood === 0 ? "created" : "changed", revision: made.revision, etag };
}
