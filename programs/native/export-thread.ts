/** The thread of all that needs the bucket: exports, proofs, pruning and restores, beside everything else. */

import migrations from "ledge:migrations";
import type { MessagePort } from "node:worker_threads";
import { snapshotExport } from "../../components/snapshot-export/handler.ts";
import { openS3Bucket } from "../../lib/bucket/s3.ts";
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { thrownText } from "../../lib/core/thrown.ts";
import { plainFault } from "../../lib/engines/guest/plain-fault.ts";
import { nodeWorld } from "../../lib/engines/node/world.ts";
import type { Trigger } from "../../lib/engines/starling/serve.ts";
import { openBeside } from "./journal.ts";
import { guestReply, requestOf } from "./messages.ts";
import type { FromThread, NativeThreadSettings, ToThread } from "./protocol.ts";

type OrderedWork = Extract<ToThread, { type: "http" | "cron" }>;

export function serveExports(port: MessagePort, settings: NativeThreadSettings): void {
  const handler = snapshotExport(migrations, openS3Bucket);
  const say = (message: FromThread) => port.postMessage(message);
  const running = new Set<Promise<void>>();

  /** Each has a connection of its own: a restore keeps a transaction open while it computes. */
  const run = async (
    { component, variables: renewed }: OrderedWork,
    { request, trigger }: { readonly request: HttpRequest; readonly trigger: Trigger },
    answered: (reply: HttpReply) => void,
  ) => {
    const db = openBeside(settings.file, settings);
    const write = (text: string) => say({ type: "output", component, text });
    const world = nodeWorld({ db, variables: { ...settings.variables[component], ...renewed }, write });
    const works: (() => Promise<void>)[] = [];
    try {
      answered(await handler(request, world, trigger, (work) => works.push(work)));
      for (const work of works) await work();
    } catch (error) {
      write(`${JSON.stringify({ event: "later.failed", error: thrownText(error) })}\n`);
      answered(plainFault(error, request, world));
    } finally {
      db.close();
    }
  };

  const begin = (order: OrderedWork): Promise<void> => {
    const { id } = order;
    let said = false;
    const once = (message: FromThread) => {
      if (!said) say(message);
      said = true;
    };
    if (order.type === "http")
      return run(order, { request: requestOf(order.request).request, trigger: { kind: "http" } }, (reply) =>
        once({ type: "reply", id, reply: guestReply(reply) }),
      );
    const request = { method: "POST", uri: "/", headers: [], body: new Uint8Array(0) };
    return run(order, { request, trigger: { kind: "cron", dueAtMs: order.timestamp * 1000 } }, ({ status }) =>
      once({ type: "ticked", id, error: status < 400 ? undefined : `the tick ended with status ${status}` }),
    );
  };

  port.on("message", async (message: ToThread) => {
    if (message.type === "http" || message.type === "cron") {
      const work = begin(message);
      running.add(work);
      await work;
      running.delete(work);
    } else if (message.type === "stop") {
      await Promise.all(running);
      say({ type: "stopped", trouble: undefined });
      port.close();
    }
  });
  say({ type: "ready" });
}
