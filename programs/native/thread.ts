/**
 * A thread of the engine as the main thread sees it. Promise: what was given to it always ends, with its answer, with
 * its time, or with the thread; one that died is there again for what comes next.
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { CalledReply } from "../../lib/http/world.ts";
import type { JobResult } from "../host/engine.ts";
import type { Order } from "../host/pool/protocol.ts";
import type { FromThread, NativeThreadSettings, Role, ToThread, WireResult } from "./protocol.ts";

export interface ThreadOptions {
  readonly workerFile: string;
  readonly settings: Omit<NativeThreadSettings, "arrivals">;
  onOutput(component: string, text: string): void;
  /** What it says besides answers of orders. */
  onMessage(thread: Thread, message: FromThread): void;
  /** It died; what it was at is over. */
  onLost(text: string): void;
  /** Without any work for so long it is ended, and its memory is free; what comes next starts it again. */
  readonly idleMs?: number;
}

interface Given {
  settle(result: JobResult): void;
  readonly timer: NodeJS.Timeout;
}

/** After the grace: a thread that waits for the network is ended, the one that commits is waited for. */
const STOP_MS = { write: 10_000, read: 2000, export: 2000 } as const;

export class Thread {
  readonly #options: ThreadOptions;
  readonly #given = new Map<number, Given>();
  #running: Running | undefined;
  /** Orders that it works at, those among them that nobody waits for any more. */
  #atWork = 0;
  #idle: NodeJS.Timeout | undefined;
  /** Resolves when the last one that was ended for want of work has closed its store. */
  #ending: Promise<string | undefined> = Promise.resolve(undefined);
  #lastId = 0;
  #stopping = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  get role(): Role {
    return this.#options.settings.role;
  }

  /** Orders that have no answer yet. */
  get load(): number {
    return this.#given.size;
  }

  /** Whether there is a thread now. */
  get isThere(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when it works. Rejects when it cannot begin, saying why. */
  start(): Promise<void> {
    return this.#begin().ready;
  }

  /** Runs one order. Never rejects. */
  run(order: Order, limitMs: number): Promise<JobResult> {
    if (this.#stopping) return Promise.resolve({ type: "refused", waiting: 0 });
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const settle = (result: JobResult) => {
        clearTimeout(timer);
        this.#given.delete(id);
        resolve(result);
      };
      // It works on, since nothing may end a thread inside SQLite; nobody waits for it any more.
      const timer = setTimeout(() => settle({ type: "timeout" }), limitMs);
      this.#given.set(id, { settle, timer });
      this.#atWork += 1;
      this.send({ ...order, id });
    });
  }

  send(message: ToThread): void {
    this.#begin().worker.postMessage(message);
  }

  committed(id: number, result: WireResult): void {
    this.send({ type: "committed", id, result });
  }

  /** The answer to a call that the thread waits for. */
  called(reply: CalledReply | undefined): void {
    const { calls, arrivals } = this.#begin();
    calls.postMessage({ reply });
    Atomics.add(arrivals, 0, 1);
    Atomics.notify(arrivals, 0);
  }

  /** Lets it finish up to `graceMs`, and ends it. Gives what was not as it should be. */
  async stop(graceMs: number): Promise<string | undefined> {
    const running = this.#running;
    this.#stopping = true;
    clearTimeout(this.#idle);
    if (running === undefined) return Promise.race([this.#ending, this.#late()]);
    const end = Date.now() + graceMs;
    while (this.#given.size > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const { settle } of [...this.#given.values()]) settle({ type: "timeout" });
    running.worker.postMessage({ type: "stop" } satisfies ToThread);
    const ended = this.#ending.then(() => running.stopped);
    const trouble = await Promise.race([ended, this.#late()]);
    await running.worker.terminate();
    return trouble;
  }

  #late(): Promise<string> {
    return new Promise((resolve) => {
      const text = `the thread that ${this.role}s did not end; the store's file may stay in WAL mode`;
      setTimeout(() => resolve(text), STOP_MS[this.role]).unref();
    });
  }

  /** An order is done: when nothing follows for a while, the thread is ended. */
  #done(): void {
    this.#atWork -= 1;
    const { idleMs } = this.#options;
    if (idleMs === undefined || this.#stopping) return;
    // One timer for all orders: to begin it anew costs less than to make another.
    if (this.#idle === undefined) this.#idle = setTimeout(() => this.#endIdle(), idleMs).unref();
    else this.#idle.refresh();
  }

  /** One whose answer came too late for its client may still ask for something: it is waited for, too. */
  #endIdle(): void {
    if (this.#atWork > 0 || this.#running === undefined || this.#stopping) return;
    const { worker, stopped } = this.#running;
    this.#running = undefined;
    this.#ending = this.#ending.then(() => stopped);
    worker.postMessage({ type: "stop" } satisfies ToThread);
  }

  #begin(): Running {
    this.#running ??= this.#hire();
    return this.#running;
  }

  #hire(): Running {
    const { port1, port2 } = new MessageChannel();
    const arrivals = new Int32Array(new SharedArrayBuffer(4));
    const settings: NativeThreadSettings = { ...this.#options.settings, arrivals: arrivals.buffer };
    const worker = new Worker(this.#options.workerFile, {
      workerData: { settings, calls: port2 },
      transferList: [port2],
    });
    port1.unref();
    let becomeReady = () => {};
    let fail = (_error: Error) => {};
    const ready = new Promise<void>((resolve, reject) => {
      becomeReady = resolve;
      fail = reject;
    });
    // A start that fails is told by `start`; a later one by what it was to run.
    ready.catch(() => {});
    const stopped = new Promise<string | undefined>((resolve) => {
      worker.on("message", (message: FromThread) => {
        if (message.type === "ready") becomeReady();
        else if (message.type === "stopped") resolve(message.trouble);
        else {
          if (isAnswer(message) && this.#running?.worker === worker) this.#done();
          this.#receive(message);
        }
      });
      worker.on("error", (error) => {
        fail(error);
        this.#lose(worker, error.stack ?? error.message);
      });
      worker.on("exit", (code) => {
        fail(new Error(`the thread ended with code ${code}`));
        resolve(undefined);
        if (!this.#stopping) this.#lose(worker, `the thread ended with code ${code}`);
      });
    });
    return { worker, calls: port1, arrivals, ready, stopped };
  }

  #receive(message: Exclude<FromThread, { type: "ready" | "stopped" }>): void {
    if (message.type === "reply")
      this.#given.get(message.id)?.settle({ type: "reply", reply: message.reply });
    else if (message.type === "ticked")
      this.#given.get(message.id)?.settle({ type: "ticked", error: message.error });
    else if (message.type === "output") this.#options.onOutput(message.component, message.text);
    else this.#options.onMessage(this, message);
  }

  #lose(worker: Worker, text: string): void {
    if (this.#running?.worker !== worker) return;
    this.#running = undefined;
    this.#atWork = 0;
    for (const { settle } of [...this.#given.values()]) settle({ type: "trap", text });
    this.#options.onLost(text);
  }
}

function isAnswer({ type }: FromThread): boolean {
  return type === "reply" || type === "ticked";
}

interface Running {
  readonly worker: Worker;
  readonly calls: MessagePort;
  readonly arrivals: Int32Array<SharedArrayBuffer>;
  readonly ready: Promise<void>;
  /** Resolves to what was not as it should be. */
  readonly stopped: Promise<string | undefined>;
}
