/**
 * What a handler gives back: the answer or a refusal; or, since it neither sleeps nor commits by itself, what its
 * engine has to do first. One that waits is asked again from the start, so a token that is revoked meanwhile counts. No member is called `then`: these pass
 * through asynchronous code, which would take them for promises.
 */
import type { Proposal } from "../core/commit/proposal.ts";
import type { CommitOutcome } from "../core/commit/verdict.ts";
import type { HttpReply } from "../core/http.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Park } from "../core/waiting.ts";
import type { CommitOptions } from "../store/commit/commit.ts";

/** A reply whose JSON is a `Body`; `shows` is there for the types and never set. */
export interface Reply<Body = never> extends HttpReply {
  readonly shows?: Body;
}

export type Answer<Body = never> = Reply<Body> | Refusal;

/** Nothing to say yet: ask again when the store has come to a revision, or when the time is over. */
export interface Wait {
  readonly park: Park;
}

/** After a commit, which must not be judged again: its revision belongs in the bucket, with 0 seconds unawaited. */
export interface Export<Body = never> {
  readonly park: Park;
  /** The answer, given the newest revision in the bucket, where it was waited for. */
  answer(exported: string | undefined): Answer<Body>;
}

/** Commit these, all or none; `answer` makes it of the outcomes and touches no database. */
export interface Commit<Body = never> {
  readonly proposals: readonly Proposal[];
  readonly options: CommitOptions;
  answer(outcomes: readonly CommitOutcome[]): Answer<Body> | Wait | Export<Body>;
}

export type Result<Body = never> = Answer<Body> | Wait | Commit<Body>;

export function isRefusal(result: Result<unknown> | Export<unknown>): result is Refusal {
  return "ok" in result;
}
