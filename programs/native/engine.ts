/**
 * The native engine: the components' handlers as JavaScript. Small requests run where they arrive; pages and large
 * bodies in a reading thread, commits in groups in a writing one, all that needs the bucket in a third. Promise: the
 * journal is a rollback journal again once it has stopped.
 */

import migrations from "ledge:migrations";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type Acting, type AnswerOrPark, ask } from "../../lib/engines/node/ask.ts";
import { nodeWorld } from "../../lib/engines/node/world.ts";
import { EXPORTER } from "../../lib/http/backed-up.ts";
import type { Service } from "../../lib/http/service.ts";
import type { CalledReply, World } from "../../lib/http/world.ts";
import type { KeptAnswers } from "../host/answers.ts";
import { calledRequest } from "../host/called-request.ts";
import type { Engine, JobResult } from "../host/engine.ts";
import type { EngineParts } from "../host/options.ts";
import type { GuestRequest, Order } from "../host/pool/protocol.ts";
import type { Soon } from "../host/soon.ts";
import { hotReads } from "./hot-reads.ts";
import { mayUseWal, openBeside } from "./journal.ts";
import { keptAnswers } from "./kept-answers.ts";
import { type KeptViews, keptViews } from "./kept-views.ts";
import { calledReply, guestReplyOf, requestOf } from "./messages.ts";
import type { FromThread, Role } from "./protocol.ts";
import { servicesOf } from "./services.ts";
import { shortJson } from "./short-json.ts";
import { noCommits, StoreWatch } from "./store-watch.ts";
import { Thread } from "./thread.ts";
import { Writer } from "./writer.ts";

const READERS_MAX = 4;
const QUEUE_MAX = 1024;
/** A thread that reads holds some 20 MB, and more after long pages. Who scrapes metrics each minute keeps one. */
const IDLE_READER_MS = 90_000;
/** A body of more is parsed in a reading thread. */
const SHORT_BODY_BYTES = 65_536;

export interface NativeOptions {
  /** The threads' JavaScript, when it is not beside this file. */
  readonly workerFile?: string;
  /** Default: as the file system allows. */
  readonly wal?: boolean;
}

interface Files {
  readonly file: string;
  readonly wal: boolean;
  readonly workerFile: string;
}

/** The native engine for a store in a file. Rejects where the store is on a server. */
export function nativeEngine(options: NativeOptions = {}): (parts: EngineParts) => Promise<Engine> {
  return async (parts) => {
    const { database: file } = parts;
    if (typeof file !== "string" || file === ":memory:")
      throw new Error(
        "The native engine keeps its store in a file; for a libSQL server use the Wasm engine.",
      );
    return new NativeEngine(parts, {
      file,
      wal: options.wal ?? mayUseWal(file),
      workerFile: options.workerFile ?? fileURLToPath(new URL("./native-worker.mjs", import.meta.url)),
    });
  };
}

interface Local {
  readonly service: Service;
  readonly world: World;
}

class NativeEngine implements Engine {
  readonly keepsLog: boolean;
  readonly #parts: EngineParts;
  readonly #files: Files;
  readonly #writing: Thread;
  readonly #exporting: Thread;
  readonly #reading: readonly Thread[];
  readonly #writer: Writer;
  readonly #acting: Acting;
  readonly #commits = noCommits();
  #close = () => {};
  #local: ReadonlyMap<string, Local> = new Map();
  #answers: KeptAnswers | undefined;
  #views: KeptViews | undefined;
  #stopping = false;
  #busy = 0;

  constructor(parts: EngineParts, files: Files) {
    this.#parts = parts;
    this.#files = files;
    this.keepsLog = files.wal;
    this.#writing = this.#thread("write");
    this.#exporting = this.#thread("export");
    const readers = Math.min(READERS_MAX, Math.max(1, availableParallelism() - 1));
    this.#reading = Array.from({ length: readers }, () => this.#thread("read"));
    this.#writer = new Writer((members) => this.#writing.send({ type: "commit", members }));
    this.#acting = {
      commit: (proposals, options) => this.#writer.commit(proposals, options),
      call: (component, path, body) => this.#call(component, path, body),
    };
  }

  async start(): Promise<void> {
    // It makes the tables; the others find them.
    await this.#writing.start();
    const db = openBeside(this.#files.file, { wal: this.#files.wal, commits: this.#commits });
    const watch = new StoreWatch(db, this.#commits);
    const hot = hotReads(shortJson(db), watch);
    const views = keptViews(hot, new StoreWatch(db, this.#commits, "rules"));
    this.#views = views;
    this.#answers = keptAnswers(watch);
    this.#close = () => db.close();
    const worlds = new Map<string, Local>();
    for (const [name, service] of servicesOf(migrations)) {
      const variables = this.#parts.components.find((one) => one.name === name)?.variables ?? {};
      const write = (text: string) => this.#parts.log({ component: name, stream: "stderr", text });
      const kept = name === "config-write" ? views.db : hot;
      worlds.set(name, { service, world: nodeWorld({ db: kept, variables, write }) });
    }
    this.#local = worlds;
  }

  get answers(): KeptAnswers | undefined {
    return this.#stopping ? undefined : this.#answers;
  }

  run(order: Order, limitMs: number): Soon<JobResult> {
    if (this.#stopping) return { type: "refused", waiting: 0 };
    if (order.component === EXPORTER) return this.#exporting.run(order, limitMs);
    if (order.type === "cron") return { type: "ticked", error: `${order.component} has no tick` };
    const local = this.#local.get(order.component);
    if (local === undefined) throw new Error(`there is no component ${order.component}`);
    if (!isShort(order.component, order.request)) return this.#read(order, limitMs);
    return this.#here(local, order.request, limitMs);
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const end = Date.now() + graceMs;
    while (this.#busy > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([this.#exporting, ...this.#reading].map((thread) => thread.stop(end - Date.now())));
    this.#close();
    const trouble = await this.#writing.stop(0);
    if (trouble !== undefined) this.#parts.log({ component: "host", stream: "stderr", text: `${trouble}\n` });
  }

  /** On this thread; only a commit makes it last. */
  #here({ service, world }: Local, sent: GuestRequest, limitMs: number): Soon<JobResult> {
    const { request, waited } = requestOf(sent);
    const asked = ask({ service, acting: this.#acting }, request, world, waited);
    if (!(asked instanceof Promise)) return { type: "reply", reply: guestReplyOf(asked) };
    return this.#inTime(asked, limitMs);
  }

  /** What it was answered, or that it took too long; then nobody hears of the answer. */
  #inTime(asked: Promise<AnswerOrPark>, limitMs: number): Promise<JobResult> {
    this.#busy += 1;
    return new Promise((resolve) => {
      let settled = false;
      const settle = (result: JobResult) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        this.#busy -= 1;
        resolve(result);
      };
      const timer = setTimeout(() => settle({ type: "timeout" }), limitMs);
      asked.then(
        (one) => settle({ type: "reply", reply: guestReplyOf(one) }),
        (error: unknown) => settle({ type: "trap", text: String(error) }),
      );
    });
  }

  #read(order: Order, limitMs: number): Promise<JobResult> {
    const [first, ...others] = this.#reading;
    if (first === undefined) throw new Error("there is at least one reading thread");
    const freest = others.reduce((best, one) => (one.load < best.load ? one : best), first);
    if (freest.load >= (this.#parts.options.maxQueued ?? QUEUE_MAX))
      return Promise.resolve({ type: "refused", waiting: freest.load });
    return freest.run(order, limitMs);
  }

  #thread(role: Role): Thread {
    const { components, log } = this.#parts;
    return new Thread({
      workerFile: this.#files.workerFile,
      settings: {
        role,
        file: this.#files.file,
        wal: this.#files.wal,
        commits: this.#commits,
        variables: Object.fromEntries(components.map(({ name, variables }) => [name, variables])),
      },
      onOutput: (component, text) => log({ component, stream: "stderr", text }),
      onMessage: (thread, message) => this.#receive(thread, message),
      onLost: (text) => {
        log({ component: "host", stream: "stderr", text: `the thread that ${role}s was lost: ${text}\n` });
        if (role === "write") this.#writer.lost();
      },
      ...(role === "read" ? { idleMs: IDLE_READER_MS } : {}),
    });
  }

  async #receive(thread: Thread, message: FromThread): Promise<void> {
    if (message.type === "results") {
      for (const result of message.results) if (result.ok) this.#views?.reached(result.outcomes);
      this.#writer.ended(message.results);
    } else if (message.type === "commit")
      thread.committed(message.id, await this.#writer.propose(message.member));
    else if (message.type === "call") {
      const reply = await this.#call(message.component, message.path, message.body);
      if (message.id === undefined) thread.called(reply);
      else thread.send({ type: "called", id: message.id, reply });
    }
  }

  async #call(component: string, path: string, body?: Uint8Array): Promise<CalledReply | undefined> {
    const result = await this.#parts.chain(component, calledRequest(component, path, body));
    if (result.type !== "reply") return undefined;
    return calledReply(result.reply);
  }
}

/** Whether a request takes no more than a few milliseconds, whatever the store holds. */
function isShort(component: string, { uri, body }: GuestRequest): boolean {
  switch (component) {
    case "config-read":
      return uri.startsWith("/v1/read/") || uri.startsWith("/v1/whoami");
    case "config-write":
      return body.length <= SHORT_BODY_BYTES;
    default:
      return /^\/(healthz|readyz)(\?|$)/.test(uri);
  }
}
