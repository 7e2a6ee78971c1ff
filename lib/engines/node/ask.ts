/**
 * Runs a service where nothing may block: commits and exports are promises, and a wait is handed to whoever parks
 * requests. Promise: a request that needs neither is answered before this returns, without a promise.
 */

import type { Proposal } from "../../core/commit/proposal.ts";
import type { CommitOutcome } from "../../core/commit/verdict.ts";
import type { HttpReply, HttpRequest } from "../../core/http.ts";
import type { Park, Waited } from "../../core/waiting.ts";
import { EXPORTER, exportedBy, exportPath } from "../../http/backed-up.ts";
import { JUDGED_MAX, judged, questionOf, SCHEMA_CHECK, VALUES_PATH } from "../../http/schema-check.ts";
import type { Handled, Service } from "../../http/service.ts";
import type { CalledReply, World } from "../../http/world.ts";
import type { CommitOptions } from "../../store/commit/commit.ts";

/** What a service may ask for, as this engine does it. */
export interface Acting {
  /** Rejects with StoreFault as `commitAll` throws it. */
  commit(proposals: readonly Proposal[], options: CommitOptions): Promise<readonly CommitOutcome[]>;
  /** Never rejects. */
  call(component: string, path: string, body?: Uint8Array): Promise<CalledReply | undefined>;
}

export type AnswerOrPark = HttpReply | { readonly park: Park };

/** One request to one service: the answer, or what it waits for. Never throws or rejects. */
export function ask(
  { service, acting }: { readonly service: Service; readonly acting: Acting },
  request: HttpRequest,
  world: World,
  waited: Waited,
): AnswerOrPark | Promise<AnswerOrPark> {
  const handled = service(request, world, waited);
  return settledNow(handled) ?? settle(handled, world, acting);
}

function settledNow(handled: Handled): AnswerOrPark | undefined {
  if (handled.kind === "reply") return handled.reply;
  return handled.kind === "wait" ? { park: handled.park } : undefined;
}

async function settle(handled: Handled, world: World, acting: Acting): Promise<AnswerOrPark> {
  for (let next = handled; ; ) {
    const settled = settledNow(next);
    if (settled !== undefined) return settled;
    if (next.kind === "commit") next = await committed(next, world, acting);
    else if (next.kind === "export") next = next.answer(await exported(next.park, world, acting));
  }
}

type CommitAsked = Extract<Handled, { kind: "commit" }>;

async function committed(asked: CommitAsked, world: World, acting: Acting): Promise<Handled> {
  try {
    return asked.answer(await commitJudgedSoon(asked, world, acting));
  } catch (error) {
    return asked.failed(error);
  }
}

/** As lib/http/commit-judged.ts, with promises. */
async function commitJudgedSoon(
  { proposals, options }: CommitAsked,
  world: World,
  acting: Acting,
): Promise<readonly CommitOutcome[]> {
  let asked = proposals;
  for (let times = 0; ; times += 1) {
    const outcomes = await acting.commit(asked, options);
    const question = times < JUDGED_MAX ? questionOf(asked, outcomes) : undefined;
    if (question === undefined) return outcomes;
    const next = judged(question, await acting.call(SCHEMA_CHECK, VALUES_PATH, question.body), world);
    if ("ok" in next) return [...outcomes.slice(0, -1), next];
    asked = asked.map((one) => (one === question.proposal ? next : one));
  }
}

async function exported(park: Park, world: World, acting: Acting): Promise<string | undefined> {
  const path = exportPath(world, park);
  return path === undefined ? undefined : exportedBy(world, park, await acting.call(EXPORTER, path));
}
