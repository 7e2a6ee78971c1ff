/**
 * A worker thread: takes one request after the other from the front and runs the component it is for.
 * Promise: a guest's failure becomes a message; only the front ends this thread.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { chainedRequest } from "../front/spin-headers.ts";
import { Guests } from "../guests/guests.ts";
import { givePromising } from "../guests/patches.ts";
import type { Outbound } from "../spin/imports.ts";
import { LibsqlStreams } from "../spin/libsql.ts";
import { SqlitePool } from "../spin/sqlite.ts";
import type { GuestOutput } from "../wasi/wasi.ts";
import { WorkerCell } from "./cell.ts";
import { OutboundCalls } from "./outbound-calls.ts";
import type { FromWorker, GuestReply, ToWorker, WorkerSettings } from "./protocol.ts";

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
      const called = settings.components.find(({ name }) => name === component);
      if (called === undefined) return undefined;
      // A long export must not run where requests wait behind it, and may answer before it ends. Only in this
      // direction: workers of that kind call all others nested, so no two kinds can wait for each other.
      if (settings.kind === "inbound-http" && called.kind === "wasi-http")
        return calls.chain(component, chainedRequest(request));
      const result = guests.handleNested(component, chainedRequest(request));
      if (result.ok) return result.reply;
      send(port, { type: "output", component, stream: "stderr", text: `${result.trap}\n` });
      return { status: 500, headers: [], body: undefined };
    },
  };
  const { freshInstances } = settings;
  const servers = new LibsqlStreams(settings.libsqlWorkerFile, () => cell.beforeAct());
  const sqlite = { files: new SqlitePool(cell), servers };
  const guests: Guests = new Guests({ freshInstances, sqlite, waiter: calls, outbound, output });
  for (const grant of settings.components) await guests.load(grant);
  for (const name of warm) guests.warm(name);
  port.on("message", (message: ToWorker) => {
    if (cell.isRevoked(message.id)) return;
    cell.setCurrent(message.id);
    guests.renew(message.component, message.variables);
    if (message.type === "http") answer({ port, guests, cell }, message);
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

interface Thread {
  readonly port: MessagePort;
  readonly guests: Guests;
  readonly cell: WorkerCell;
}

/**
 * Runs one request. An answer that is whole is held until the guest does something that may take long: most end
 * right after it, and are answered and ended in one message.
 */
function answer(
  { port, guests, cell }: Thread,
  { id, component, request }: Extract<ToWorker, { type: "http" }>,
): void {
  let whole: GuestReply | undefined;
  let handedOver = false;
  const result = guests.handle(component, request, {
    answered(reply) {
      whole = reply;
      cell.beforeAct = () => {
        cell.beforeAct = () => {};
        handedOver = true;
        send(port, { type: "reply", id, reply, goesOn: true });
      };
    },
    ended() {
      cell.beforeAct = () => {};
    },
  });
  const reply = whole ?? (result.ok ? result.reply : undefined);
  if (handedOver) send(port, { type: "ended", id });
  else if (reply !== undefined) send(port, { type: "reply", id, reply, goesOn: false });
  else send(port, { type: "trap", id, text: result.ok ? "" : result.trap });
  // Who asked has an answer all the same, as on Spin; the log hears of a guest that failed after it.
  if (!result.ok && whole !== undefined)
    send(port, { type: "output", component, stream: "stderr", text: `${result.trap}\n` });
}

function send(port: MessagePort, message: FromWorker): void {
  port.postMessage(message);
}
