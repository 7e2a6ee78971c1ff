/**
 * The entry of a StarlingMonkey component: the fetch event and the cron trigger in, one handler, the answer
 * out. Promise: a handler that throws still answers, by `onFault`, and a failed tick is an error to the
 * host. An instance serves one request. Refuses to know what a handler does; `fetch` is the engine's own.
 */
import { subscribeDuration } from "wasi:clocks/monotonic-clock@0.2.3";
import type { HttpReply, HttpRequest } from "../../core/http.ts";
import { thrownText } from "../../core/thrown.ts";
import type { World } from "../../http/world.ts";
import { openSpinDb } from "../../store/sqlite/driver-spin.ts";
import { type FaultReply, plainFault } from "../guest/plain-fault.ts";
import { readVariable } from "../guest/variable.ts";
import { keepByteOrderMarks } from "./whole-text.ts";

/** What woke the component. A tick has an empty request. */
export type Trigger = { readonly kind: "http" } | { readonly kind: "cron"; readonly dueAtMs: number };
/** Takes work for after the answer: it is handed out first, and the instance lives until the work is done. */
export type Later = (work: () => Promise<void>) => void;
export type ScheduledHandler = (
  request: HttpRequest,
  world: World,
  trigger: Trigger,
  later: Later,
) => Promise<HttpReply>;

interface FetchEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
  waitUntil(work: Promise<void>): void;
}
declare function addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;

const NOTHING = new Uint8Array(0);
/** A due timer may come before the engine's own task that writes the body, but not before it time after time. */
const LATER_TURNS = 8;

/** Registers the fetch event, and gives the function to export as `handleCronEvent`. */
export function serveScheduled(
  handler: ScheduledHandler,
  onFault: FaultReply = plainFault,
): { handleCronEvent(metadata: { timestamp: number | bigint }): Promise<void> } {
  keepByteOrderMarks();
  const answer = async (request: HttpRequest, trigger: Trigger, later: Later): Promise<HttpReply> => {
    const world = spinWorld();
    try {
      return await handler(request, world, trigger, later);
    } catch (error) {
      return onFault(error, request, world);
    }
  };
  addEventListener("fetch", (event) => {
    const works: Work[] = [];
    const reply = respond(event.request, (request) => answer(request, { kind: "http" }, keepIn(works)));
    event.respondWith(reply);
    event.waitUntil(reply.then(() => runLater(works)));
  });
  return {
    async handleCronEvent(metadata) {
      const request: HttpRequest = { method: "POST", uri: "/", headers: [], body: NOTHING };
      const works: Work[] = [];
      const trigger = { kind: "cron", dueAtMs: Number(metadata.timestamp) * 1000 } as const;
      const reply = await answer(request, trigger, keepIn(works));
      await runLater(works);
      // The bindings take a thrown variant for the WIT error.
      if (reply.status >= 400) throw { tag: "other", val: `the tick ended with status ${reply.status}` };
    },
  };
}

async function respond(
  incoming: Request,
  answer: (request: HttpRequest) => Promise<HttpReply>,
): Promise<Response> {
  const headers: [string, string][] = [];
  incoming.headers.forEach((value, name) => {
    headers.push([name, value]);
  });
  const request: HttpRequest = {
    method: incoming.method,
    uri: pathAndQuery(incoming.url),
    headers,
    body: incoming.body === null ? NOTHING : new Uint8Array(await incoming.arrayBuffer()),
  };
  const reply = await answer(request);
  const out = new Headers();
  for (const [name, value] of reply.headers) out.append(name, value);
  const body = typeof reply.body === "string" ? reply.body : new Uint8Array(reply.body);
  return new Response(body.length === 0 ? null : body, { status: reply.status, headers: out });
}

type Work = () => Promise<void>;

function keepIn(works: Work[]): Later {
  return (work) => {
    works.push(work);
  };
}

/** One after the other. Lets the engine write the answer first, which work that blocks would hold back. */
async function runLater(works: readonly Work[]): Promise<void> {
  if (works.length === 0) return;
  for (let turn = 0; turn < LATER_TURNS; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      // There is nobody left to answer; the log is the only place for it.
      spinWorld().log("later.failed", { error: thrownText(error) });
    }
  }
}

/** What follows scheme and authority. */
function pathAndQuery(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  return start < 0 ? "/" : url.slice(start);
}

function spinWorld(): World {
  return {
    db: openSpinDb({ bigIntegers: true }),
    nowMs: () => Date.now(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    sleepMs: (ms) => subscribeDuration(BigInt(Math.round(ms * 1e6))).block(),
    log: (event, fields) => console.error(JSON.stringify({ event, atMs: Date.now(), ...fields })),
    variable: readVariable,
  };
}
