/**
 * Commits whose values may have to be judged by schemas, in a guest. The commit says so by itself, with the facts that it
 * gathers anyway; then they are judged outside the transaction, and it is proposed again. Whoever writes where no schema
 * is pays nothing for that.
 */
import type { Proposal } from "../core/commit/proposal.ts";
import type { CommitOutcome } from "../core/commit/verdict.ts";
import type { CommitOptions } from "../store/commit/commit.ts";
import { commitLooked } from "./commit-looked.ts";
import { JUDGED_MAX, judged, questionOf, SCHEMA_CHECK, VALUES_PATH } from "./schema-check.ts";
import type { World } from "./world.ts";

/** As commitLooked. Throws StoreFault. */
export function commitJudged(
  world: World,
  proposals: readonly Proposal[],
  options: CommitOptions,
): readonly CommitOutcome[] {
  let asked = proposals;
  for (let times = 0; ; times += 1) {
    const outcomes = commitLooked(world, asked, options);
    const question = times < JUDGED_MAX ? questionOf(asked, outcomes) : undefined;
    if (question === undefined) return outcomes;
    const next = judged(question, world.chain?.(SCHEMA_CHECK, VALUES_PATH, question.body), world);
    if ("ok" in next) return [...outcomes.slice(0, -1), next];
    asked = asked.map((one) => (one === question.proposal ? next : one));
  }
}
