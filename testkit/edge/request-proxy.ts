/** A proxy before an origin that knows requests: a test holds those that it names, answers them itself, or makes pages short. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { listenOnLoopback } from "../loopback.ts";

export interface RequestProxy {
  readonly url: string;
  /** Requests that are held, in the order in which they came. */
  readonly held: readonly string[];
  /** From now on each that this says yes to is held; nobody else. */
  hold(which: (path: string) => boolean): void;
  /** The next request that this says yes to is answered with this status and problem. */
  answerOnce(which: (path: string) => boolean, status: number, problem: object): void;
  /** From now on each that this says yes to has its head at once, and its body byte by byte, `everyMs` apart. */
  drip(which: (path: string) => boolean, everyMs: number): void;
  /** Nobody is answered any more: each connection ends. */
  refuse(): void;
  /** All is let through, what comes from now on. */
  open(): void;
}

/** `pageLimit`: of what a page holds, whatever is asked for. Gone after the test. */
export async function openRequestProxy(target: string, pageLimit: number): Promise<RequestProxy> {
  const held: string[] = [];
  const holding: ServerResponse[] = [];
  let which: (path: string) => boolean = () => false;
  let once: { which(path: string): boolean; status: number; problem: object } | undefined;
  let dripping: { which(path: string): boolean; everyMs: number } | undefined;
  let isRefusing = false;
  const server = createServer((incoming, response) => {
    const path = incoming.url ?? "/";
    if (isRefusing) return void incoming.socket.destroy();
    if (once?.which(path)) {
      response.writeHead(once.status, { "content-type": "application/problem+json" });
      response.end(JSON.stringify(once.problem));
      once = undefined;
      return;
    }
    if (which(path)) {
      held.push(path);
      holding.push(response);
      return;
    }
    const everyMs = dripping?.which(path) === true ? dripping.everyMs : undefined;
    pass(target + path.replace(/([?&]limit=)\d+/, `$1${pageLimit}`), { incoming, response, everyMs });
  });
  const port = await listenOnLoopback(server);
  const end = () => server.closeAllConnections();
  onTestFinished(() => {
    end();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    held,
    hold(those) {
      which = those;
    },
    answerOnce(those, status, problem) {
      once = { which: those, status, problem };
    },
    drip(those, everyMs) {
      dripping = { which: those, everyMs };
    },
    refuse() {
      isRefusing = true;
      end();
    },
    open() {
      isRefusing = false;
      dripping = undefined;
      which = () => false;
      held.length = 0;
      for (const response of holding.splice(0)) response.destroy();
    },
  };
}

interface Passed {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** Between two bytes of the body; undefined: all at once. */
  readonly everyMs: number | undefined;
}

function pass(url: string, { incoming, response, everyMs }: Passed): void {
  const { method = "GET", headers } = incoming;
  const sent = request(url, { method, headers: { ...headers, host: new URL(url).host } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    if (everyMs === undefined) answer.pipe(response);
    // Whoever gives it up ends it.
    else pipeline(answer, (body) => byteByByte(body, everyMs), response).catch(() => {});
  });
  sent.on("error", () => response.destroy());
  response.on("close", () => sent.destroy());
  incoming.pipe(sent);
}

async function* byteByByte(body: AsyncIterable<Buffer>, everyMs: number) {
  for await (const piece of body)
    for (const byte of piece) {
      await pause(everyMs);
      yield Buffer.of(byte);
    }
}
