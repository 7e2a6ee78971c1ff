/**
 * Runs a service where nothing can be put off: commits at once, and turns a wait into short sleeps, of a second in
 * all, since an instance that sleeps is held. Where the host takes waits over, it hands them on.
 */
import type { HttpReply, HttpRequest } from "../../core/http.ts";
import {
  formatPark,
  NOT_WAITED,
  PARK_HEADER,
  PARKED_HEADER,
  parseParked,
  SLEEP_SECONDS_MAX,
  type Waited,
} from "../../core/waiting.ts";
import { askForExport } from "../../http/backed-up.ts";
import type { commitLooked } from "../../http/commit-looked.ts";
import { hostParks } from "../../http/host-parks.ts";
import type { Handled, Service } from "../../http/service.ts";
import type { World } from "../../http/world.ts";

/** How long to sleep before the first look, and at most. */
const STEP_MS = { first: 2, most: 50 };

/**
 * A service as a plain function. Its reply may say to a host that parks requests what this one waits for. `commit` is
 * given by components that write, so that those that only read do not carry it.
 */
export function atOnce(
  service: Service,
  commit?: typeof commitLooked,
): (request: HttpRequest, world: World) => HttpReply {
  return (request, world) => answer({ service, commit }, request, world);
}

interface Running {
  readonly service: Service;
  readonly commit: typeof commitLooked | undefined;
}

function answer(running: Running, request: HttpRequest, world: World): HttpReply {
  const asked = takeParked(request, world);
  const handled = settle(running, world, running.service(asked.request, world, asked.waited));
  if (handled.kind === "reply") return handled.reply;
  // Asked only where something waits: reading a variable is a call of the host.
  return hostParks(world)
    ? { status: 202, headers: [[PARK_HEADER, formatPark(handled.park)]], body: "" }
    : sleepAndAsk(running, request, { world, seconds: handled.park.seconds });
}

function sleepAndAsk(
  running: Running,
  request: HttpRequest,
  { world, seconds }: { world: World; seconds: number },
): HttpReply {
  const limitMs = Math.min(seconds, SLEEP_SECONDS_MAX) * 1000;
  for (let ms = 0, step = STEP_MS.first; ; step = Math.min(2 * step, STEP_MS.most)) {
    const sleepMs = Math.min(step, limitMs - ms);
    world.sleepMs(sleepMs);
    ms += sleepMs;
    const handled = settle(running, world, running.service(request, world, { ms, ended: ms >= limitMs }));
    if (handled.kind === "reply") return handled.reply;
    if (ms >= limitMs) throw new Error("a request whose time is over has to be answered");
  }
}

/** What the host says of a request that it asks again. Without such a host the header is one that nobody knows. */
function takeParked(request: HttpRequest, world: World): { request: HttpRequest; waited: Waited } {
  const text = request.headers.find(([name]) => name === PARKED_HEADER)?.[1];
  const waited = text === undefined || !hostParks(world) ? undefined : parseParked(text);
  if (waited === undefined) return { request, waited: NOT_WAITED };
  const headers = request.headers.filter(([name]) => name !== PARKED_HEADER);
  return { request: { ...request, headers }, waited };
}

type Settled = Extract<Handled, { kind: "reply" | "wait" }>;

/** Commits and exports until there is an answer, or something to wait for. */
function settle({ commit }: Running, world: World, handled: Handled): Settled {
  for (let next = handled; ; ) {
    if (next.kind === "reply" || next.kind === "wait") return next;
    next =
      next.kind === "commit" ? committed(next, world, commit) : next.answer(askForExport(world, next.park));
  }
}

function committed(
  asked: Extract<Handled, { kind: "commit" }>,
  world: World,
  commit: Running["commit"],
): Handled {
  if (commit === undefined) throw new Error("this component was not given the way to commit");
  try {
    return asked.answer(commit(world, asked.proposals, asked.options));
  } catch (error) {
    return asked.failed(error);
  }
}
