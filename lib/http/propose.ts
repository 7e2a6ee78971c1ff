/**
 * A commit as a handler asks for it: the proposal with its caller, and what follows from the setting
 * `backup_on_commit`. Promise: with a word that the setting does not have nothing is written, since somebody would
 * believe in backups.
 */
import type { Proposal, Proposer } from "../core/commit/proposal.ts";
import type { CommitOutcome, Committed } from "../core/commit/verdict.ts";
import {
  BACKED_UP_HEADER,
  BACKUP_WAIT_SECONDS,
  ON_COMMIT_VARIABLE,
  parseOnCommit,
} from "../core/on-commit.ts";
import { parseRate, rateHeaders } from "../core/rate.ts";
import { refuse } from "../core/refusal.ts";
import type { Caller } from "./caller.ts";
import type { Context } from "./context.ts";
import { acceptedDurability } from "./durable.ts";
import { type Answer, type Export, isRefusal, type Result, type Wait } from "./result.ts";

export function proposerOf(caller: Caller): Proposer {
  return { kind: "token", accessor: caller.accessor ?? "", digest: caller.digest };
}

/** What a proposal is made of, besides the clock. */
export type Proposed = Omit<Proposal, "nowMs">;

/** Commits, and answers by `answer`; what was committed is backed up after that, as the setting has it. */
export function propose<Body>(
  { world, nowMs }: Context<unknown>,
  proposed: Proposed,
  answer: (outcome: CommitOutcome) => Answer<Body> | Wait,
): Result<Body> {
  const onCommit = parseOnCommit(world.variable(ON_COMMIT_VARIABLE));
  if (onCommit === undefined)
    return refuse(
      "not_ready",
      `The variable ${ON_COMMIT_VARIABLE} must be off, start or wait. Nothing is written.`,
    );
  // What an administrator does is not limited: a token that floods the store must be revocable.
  const perSecond = proposed.door === "admin" ? 0 : parseRate(world.variable("write_rate"));
  if (perSecond === undefined)
    return refuse("not_ready", "The variable write_rate must be a number up to 10,000. Nothing is written.");
  return {
    proposals: [{ ...proposed, nowMs }],
    options: acceptedDurability(world, perSecond),
    answer([outcome]) {
      if (outcome === undefined) throw new Error("one proposal has one outcome");
      const answered = limited(answer(outcome), outcome);
      if (onCommit === "off" || "park" in answered || !outcome.ok || outcome.unchanged) return answered;
      return backedUp(answered, outcome, onCommit === "wait" ? BACKUP_WAIT_SECONDS : 0);
    },
  };
}

/** Says how many commits the token has left, where they are limited. */
function limited<Body>(answered: Answer<Body> | Wait, { rate }: CommitOutcome): Answer<Body> | Wait {
  if (rate === undefined || "park" in answered) return answered;
  return { ...answered, headers: [...(answered.headers ?? []), ...rateHeaders("writes", rate)] };
}

/** A repeated request asks for the backup again: its first answer may be lost. */
function backedUp<Body>(answered: Answer<Body>, { revision }: Committed, seconds: number): Export<Body> {
  return {
    park: { until: "exported", revision, seconds },
    answer(exported) {
      if (exported === undefined || isRefusal(answered)) return answered;
      return { ...answered, headers: [...answered.headers, [BACKED_UP_HEADER, exported]] };
    },
  };
}
