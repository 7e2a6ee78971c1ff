/** An answer's way out, and what can happen to it there. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { Fault } from "./faults.ts";
import type { Effect } from "./journal.ts";

/** What an answer is before it meets a fault on its way out. */
export interface ChaosAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly effect: Effect;
  readonly code?: string;
}

interface Outgoing {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly answer: ChaosAnswer;
  readonly fault: Fault | undefined;
  readonly verb: string;
}

/** Writes the answer as the fault lets it. What was to be cut is cut, what was to hang hangs. */
export async function write({ message, response, answer, fault, verb }: Outgoing): Promise<void> {
  const { status, headers, body } = answer;
  const half = body.subarray(0, Math.ceil(body.length / 2));
  const length = { "content-length": String(body.length) };
  switch (status === 0 && fault?.kind !== "silence" ? "reset" : fault?.kind) {
    case "silence":
      return;
    case "reset":
    case "lost":
      message.socket.destroy();
      return;
    case "torn":
      if (fault?.kind === "torn" && !fault.told) message.socket.destroy();
      else response.writeHead(status, { ...headers, ...length }).end(body);
      return;
    case "stall":
      response.writeHead(status, { ...headers, ...length }).write(half);
      return;
    case "cut":
      await cut(message, response.writeHead(status, cutHeaders(answer, fault)), half);
      return;
    case "drip":
      response.writeHead(status, { ...headers, ...length });
      await drip(response, body, fault);
      return;
    default:
      // An answer to HEAD has the length of what it leaves out; 204 has none.
      response.writeHead(status, status === 204 ? headers : { ...headers, ...length });
      response.end(verb === "HEAD" ? undefined : body);
  }
}

function cutHeaders({ headers, body }: ChaosAnswer, fault: Fault | undefined): Record<string, string> {
  if (fault?.kind === "cut" && !fault.length) return { ...headers, connection: "close" };
  return { ...headers, "content-length": String(body.length) };
}

async function cut(message: IncomingMessage, response: ServerResponse, half: Uint8Array): Promise<void> {
  await new Promise<void>((done) => response.write(half, () => done()));
  message.socket.destroy();
}

async function drip(response: ServerResponse, body: Uint8Array, fault: Fault | undefined): Promise<void> {
  if (fault?.kind !== "drip") return;
  for (let at = 0; at < body.length && !response.destroyed; at += fault.chunkBytes) {
    response.write(body.subarray(at, at + fault.chunkBytes));
    await wait(fault.everyMs);
  }
  response.end();
}
