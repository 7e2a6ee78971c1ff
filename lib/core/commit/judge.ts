/**
 * The rules of a commit, as one pure function of a proposal and the facts about it. Plans, commits, edges and tests
 * ask the same one. The order is a promise: who asks, and may they for every operation sent, comes before anything
 * that could tell about a key; a request that was said before comes before what has changed since.
 */
import { formatEtag } from "../revision.ts";
import type { TokenDocument } from "../token.ts";
import { judgeAccess, judgeProposer } from "./access.ts";
import type { Broken } from "./broken.ts";
import type { Facts, OpFacts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import { judgeMode } from "./mode.ts";
import {
  judgeAbsent,
  judgeBlind,
  judgeMessage,
  judgeMoved,
  judgeNamespaces,
  judgePlanned,
  judgeThere,
} from "./named.ts";
import { metaWith } from "./override.ts";
import { brokenBy, judgeBudgets, judgeFreezes } from "./policies.ts";
import type { Proposal, ProposedOp } from "./proposal.ts";
import { growthOf, judgeQuotas } from "./quota.ts";
import { judgeRepeat } from "./repeat.ts";
import { judgeReview } from "./review.ts";
import { judgeCompared, SCHEMAS_MOVE, unjudgedOf } from "./schemas.ts";
import { judgeSettings } from "./settings.ts";
import {
  type CommitRefusal,
  type Committed,
  type Growth,
  type OpResult,
  refusal,
  type Verdict,
} from "./verdict.ts";

interface Known {
  readonly token: TokenDocument | null;
  readonly growth: ReadonlyMap<string, Growth>;
  /** Indexes of the operations that change something. */
  readonly altering: ReadonlySet<number>;
  /** What of policies it breaks. */
  readonly broken: readonly Broken[];
}
type Rule = (proposal: Proposal, facts: Facts, known: Known) => CommitRefusal | undefined;

/** What a proposal is refused for by whoever may make it, in this order. */
const RULES: readonly Rule[] = [
  judgeMode,
  judgeNamespaces,
  judgeMessage,
  judgePlanned,
  judgeAbsent,
  judgeBlind,
  judgeThere,
  judgeMoved,
  judgeSettings,
  judgeCompared,
  judgeQuotas,
  judgeReview,
  judgeFreezes,
  judgeBudgets,
];

/** Judges a proposal whose shape is right (shape.ts). */
export function judge(proposal: Proposal, facts: Facts): Verdict {
  const who = admit(proposal, facts);
  if (!who.ok) return settled(who);
  if (facts.said !== null) return { kind: "settled", outcome: judgeRepeat(proposal, facts.said) };
  const known = knownOf(proposal, facts, who.token);
  for (const rule of RULES) {
    const refused = rule(proposal, facts, known);
    if (refused !== undefined) return settled(refused);
  }
  const unjudged = unjudgedOf(proposal, facts);
  if (unjudged.length > 0) return settled({ ...refusal("busy"), detail: SCHEMAS_MOVE, unjudged });
  return verdictOf(proposal, facts, known);
}

/** What a plan says of a proposal: everything that a commit would be refused for, the first as the commit says it. */
export interface Foreseen {
  readonly ok: true;
  readonly refusals: readonly CommitRefusal[];
  /** What would become of each operation. */
  readonly results: readonly OpResult[];
  /** What of policies it breaks, refused or overridden. */
  readonly broken: readonly Broken[];
  /** The operations whose values are to be judged by schemas. */
  readonly unjudged: readonly number[];
}

/** The same rules for a plan. Refused is only who may not ask. */
export function foresee(proposal: Proposal, facts: Facts): Foreseen | CommitRefusal {
  const who = admit(proposal, facts);
  if (!who.ok) return who;
  const known = knownOf(proposal, facts, who.token);
  const refusals = RULES.flatMap((rule) => rule(proposal, facts, known) ?? []);
  const { results } = verdictOf(proposal, facts, known).outcome;
  return { ok: true, refusals, results, broken: known.broken, unjudged: unjudgedOf(proposal, facts) };
}

function knownOf(proposal: Proposal, facts: Facts, token: TokenDocument | null): Known {
  const changes = ({ op }: ProposedOp, index: number) =>
    op !== "check" && !(op === "put" && facts.ops[index]?.same === true);
  const altering = new Set(indexesOf(proposal.ops, changes));
  const broken = brokenBy(proposal, facts, altering);
  return { token, growth: growthOf(proposal, facts), altering, broken };
}

function admit(
  proposal: Proposal,
  facts: Facts,
): { readonly ok: true; readonly token: TokenDocument | null } | CommitRefusal {
  if (facts.store.state === "restoring") return refusal("not_ready");
  const who = judgeProposer(proposal, facts);
  return who.ok ? (judgeAccess(proposal, facts, who.token) ?? who) : who;
}

function settled(outcome: CommitRefusal): Verdict {
  return { kind: "settled", outcome };
}

/** What a commit makes: the next revision, or the first one of a pending epoch. Nothing when nothing alters. */
function verdictOf(
  { ops, nowMs, meta, override }: Proposal,
  { store, ops: there }: Facts,
  { growth, altering, broken }: Known,
): Verdict & { readonly outcome: Committed } {
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
  if (unchanged) return { kind: "settled", outcome };
  const kept = override === undefined || broken.length === 0 ? meta : metaWith(meta, override, broken);
  return { kind: "apply", outcome, altering, meta: kept, growth };
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
