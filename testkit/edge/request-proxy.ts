/** A proxy before an origin that knows requests: a test holds those that it names, answers them itself, or makes pages short. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
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
    pass(target + path.replace(/([?&]limit=)\d+/, `$1${pageLimit}`), incoming, response);
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
    refuse() {
      isRefusing = true;
      end();
    },
    open() {
      isRefusing = false;
      which = () => false;
      held.length = 0;
      for (const response of holding.splice(0)) response.destroy();
    },
  };
}

function pass(url: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method = "GET", headers } = incoming;
  const sent = request(url, { method, headers: { ...headers, host: new URL(url).host } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  sent.on("error", () => response.destroy());
  response.on("close", () => sent.destroy());
  incoming.pipe(sent);
}
