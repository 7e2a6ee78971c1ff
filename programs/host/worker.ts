/**
 * A worker thread: takes one request after the other from the front and runs the component it is for.
 * Promise: a guest's failure becomes a message; only the front ends this thread.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { WorkerCell } from "./cell.ts";
import { Guests } from "./guests.ts";
import { OutboundCalls } from "./outbound-calls.ts";
import { givePromising } from "./patches.ts";
import type { FromWorker, ToWorker, WorkerSettings } from "./protocol.ts";
import { chainedRequest } from "./spin-headers.ts";
import type { Outbound } from "./spin-imports.ts";
import { SqlitePool } from "./sqlite.ts";
import type { GuestOutput } from "./wasi.ts";

interface Started {
  readonly settings: WorkerSettings;
  readonly warm: readonly string[];
  readonly arrivals: MessagePort;
}

if (parentPort !== null) await run(parentPort, workerData);

async function run(port: MessagePort, { settings, warm, arrivals }: Started): Promise<void> {
  givePromising(WebAssembly);
  const cell = new WorkerCell(settings.cell);
  const calls = new OutboundCalls(port, arrivals, cell);
  const output = (component: string): GuestOutput => ({
    write(stream, bytes) {
      send(port, { type: "output", component, stream, text: Buffer.from(bytes).toString("utf8") });
    },
  });
  const outbound: Outbound = {
    send: (request) =>
      calls.send({ ...request, url: request.url.replace(/^https?:\/\/self\.alt/i, settings.selfOrigin) }),
    chain: (component, request) => {
      if (!settings.components.some(({ name }) => name === component)) return undefined;
      const result = guests.handleNested(component, chainedRequest(request));
      if (result.ok) return result.reply;
      send(port, { type: "output", component, stream: "stderr", text: `${result.trap}\n` });
      return { status: 500, headers: [], body: undefined };
    },
  };
  const { freshInstances } = settings;
  const sqlite = new SqlitePool(cell);
  const guests: Guests = new Guests({ freshInstances, sqlite, waiter: calls, outbound, output });
  for (const grant of settings.components) await guests.load(grant);
  for (const name of warm) guests.warm(name);
  port.on("message", (message: ToWorker) => {
    cell.setCurrent(message.id);
    if (message.type === "http") answer(port, guests, message.id, message.component, message.request);
    else
      send(port, {
        type: "ticked",
        id: message.id,
        error: guests.tick(message.component, message.timestamp),
      });
    guests.afterReply();
    cell.setCurrent(0);
  });
  send(port, { type: "ready" });
}

function answer(
  port: MessagePort,
  guests: Guests,
  id: number,
  component: string,
  request: Parameters<Guests["handle"]>[1],
) {
  const result = guests.handle(component, request);
  if (result.ok) send(port, { type: "reply", id, reply: result.reply });
  else send(port, { type: "trap", id, text: result.trap });
}

function send(port: MessagePort, message: FromWorker): void {
  port.postMessage(message);
}
