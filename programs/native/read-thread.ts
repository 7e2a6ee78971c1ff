/** A thread for requests that may take long: pages, feeds, large bodies, whatever counts or lists. */

import migrations from "ledge:migrations";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { type Acting, ask } from "../../lib/engines/node/ask.ts";
import { nodeWorld } from "../../lib/engines/node/world.ts";
import { SCHEMA_CHECK } from "../../lib/http/schema-check.ts";
import type { CallComponent, CalledReply, World } from "../../lib/http/world.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import { calledRequest } from "../host/called-request.ts";
import { openBeside } from "./journal.ts";
import { calledReply, guestReply, guestReplyOf, requestOf } from "./messages.ts";
import type { FromThread, NativeThreadSettings, ToThread, WireResult } from "./protocol.ts";
import { servicesOf } from "./services.ts";

/** `calls` brings the answers of calls to other components, which this thread waits for. */
export function serveReads(port: MessagePort, calls: MessagePort, settings: NativeThreadSettings): void {
  const db = openBeside(settings.file, settings);
  const services = servicesOf(migrations);
  const say = (message: FromThread) => port.postMessage(message);
  const arrivals = new Int32Array(settings.arrivals);
  const committing = new Map<number, (result: WireResult) => void>();
  const calling = new Map<number, (reply: CalledReply | undefined) => void>();

  /** Judging by schemas needs nobody else; a thread that waited for another could wait for itself. */
  const judge = (path: string, body: Uint8Array | undefined): CalledReply | undefined => {
    const service = services.get(SCHEMA_CHECK);
    if (service === undefined) return undefined;
    const { request, waited } = requestOf(calledRequest(SCHEMA_CHECK, path, body));
    const handled = service(request, worldOf(SCHEMA_CHECK), waited);
    return handled.kind === "reply" ? calledReply(guestReply(handled.reply)) : undefined;
  };
  const chain: CallComponent = (component, path, body) => {
    if (component === SCHEMA_CHECK) return judge(path, body);
    const seen = Atomics.load(arrivals, 0);
    say({ type: "call", component, path });
    Atomics.wait(arrivals, 0, seen);
    return receiveMessageOnPort(calls)?.message.reply;
  };

  const worldOf = (component: string): World => {
    const write = (text: string) => say({ type: "output", component, text });
    return nodeWorld({ db, variables: settings.variables[component] ?? {}, write, chain });
  };

  const answer = async ({ id, component, request: sent }: Extract<ToThread, { type: "http" }>) => {
    const service = services.get(component);
    if (service === undefined) throw new Error(`there is no component ${component}`);
    const { request, waited } = requestOf(sent);
    const world = worldOf(component);
    const acting: Acting = {
      async commit(proposals, options) {
        say({ type: "commit", id, member: { proposals, options } });
        const result = await new Promise<WireResult>((resolve) => committing.set(id, resolve));
        if (!result.ok) throw new StoreFault(result.fault);
        return result.outcomes;
      },
      async call(called, path, body) {
        if (called === SCHEMA_CHECK) return judge(path, body);
        say({ type: "call", component: called, path, id });
        return new Promise((resolve) => calling.set(id, resolve));
      },
    };
    say({ type: "reply", id, reply: guestReplyOf(await ask({ service, acting }, request, world, waited)) });
  };

  port.on("message", (message: ToThread) => {
    if (message.type === "http") void answer(message);
    else if (message.type === "committed") {
      committing.get(message.id)?.(message.result);
      committing.delete(message.id);
    } else if (message.type === "called") {
      calling.get(message.id)?.(message.reply);
      calling.delete(message.id);
    } else if (message.type === "stop") {
      db.close();
      say({ type: "stopped", trouble: undefined });
      port.close();
    }
  });
  say({ type: "ready" });
}
