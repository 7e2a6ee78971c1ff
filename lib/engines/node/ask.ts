/**
 * Runs a service where nothing may block: commits and exports are promises, and a wait is handed to whoever parks
 * requests. Promise: a request that needs neither is answered before this returns, without a promise.
 */

import type { Proposal } from "../../core/commit/proposal.ts";
import type { CommitOutcome } from "../../core/commit/verdict.ts";
import type { HttpReply, HttpRequest } from "../../core/http.ts";
import type { Park, Waited } from "../../core/waiting.ts";
import { EXPORTER, exportedBy, exportPath } from "../../http/backed-up.ts";
import type { Handled, Service } from "../../http/service.ts";
import type { CalledReply, World } from "../../http/world.ts";
import type { CommitOptions } from "../../store/commit/commit.ts";

/** What a service may ask for, as this engine does it. */
export interface Acting {
  /** Rejects with StoreFault as `commitAll` throws it. */
  commit(proposals: readonly Proposal[], options: CommitOptions): Promise<readonly CommitOutcome[]>;
  /** Never rejects. */
  call(component: string, path: string): Promise<CalledReply | undefined>;
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
    if (next.kind === "commit") next = await committed(next, acting);
    else if (next.kind === "export") next = next.answer(await exported(next.park, world, acting));
  }
}

async function committed(asked: Extract<Handled, { kind: "commit" }>, acting: Acting): Promise<Handled> {
  try {
    return asked.answer(await acting.commit(asked.proposals, asked.options));
  } catch (error) {
    return asked.failed(error);
  }
}

async function exported(park: Park, world: World, acting: Acting): Promise<string | undefined> {
  const path = exportPath(world, park);
  return path === undefined ? undefined : exportedBy(world, park, await acting.call(EXPORTER, path));
}
