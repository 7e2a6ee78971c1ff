/**
 * One worker thread as the front sees it: the requests given to it, the limit of the first of them, the calls
 * out that its guests make. Promise: a request over its limit is given up at once, and the thread is ended only
 * when it is not inside a call of SQLite.
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { JobResult } from "../engine.ts";
import type { CallResult } from "../spin/imports.ts";
import type { Outgoing } from "./outgoing.ts";
import {
  CELL,
  CELL_BYTES,
  type FromWorker,
  type GuestRequest,
  type Order,
  type OutboundResult,
  type ToWorker,
  type WorkerSettings,
} from "./protocol.ts";

export interface Job {
  readonly id: number;
  readonly order: Order;
  readonly limitMs: number;
  readonly settle: (result: JobResult) => void;
}

export interface MemberOptions {
  readonly workerFile: string;
  readonly settings: Omit<WorkerSettings, "cell">;
  /** Runs a call to a component of another kind, as a request of its own. Never rejects. */
  chain(component: string, request: GuestRequest): Promise<CallResult>;
  /** Components to have an instance of before the first request. */
  readonly warm: readonly string[];
  readonly outgoing: Outgoing;
  onOutput(component: string, stream: "stdout" | "stderr", text: string): void;
}

/**
 * A worker that has been at one request for so long (a guest that sleeps or computes) gets no second one behind
 * it, and when all are like that another is hired: a guest that waits must not hold up those that do not.
 */
export const HELD_UP_MS = 50;
/** How long between looks at whether a doomed worker has left SQLite. */
export const DOOM_POLL_MS = 5;
/** How long before a limit is looked at again when the reply is already on its way. */
const RECHECK_MS = 20;

export interface MemberEvents {
  done(): void;
  /** Its guest waits for another component: what stood behind it is for other workers. */
  freed(waiting: readonly Job[]): void;
  /** The worker is given up; `failed` is what became of the request it was at. */
  lost(member: Member, failed: JobResult, text: string): void;
}

export class Member {
  readonly jobs: Job[] = [];
  /** Its guest waits for a component of another kind. */
  #chaining = false;
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #cell: Int32Array;
  readonly #arrivals: MessagePort;
  readonly #options: MemberOptions;
  readonly #events: MemberEvents;
  #timer: NodeJS.Timeout | undefined;
  #firstSinceMs = 0;
  #givenUp = false;
  #isReady = false;

  constructor(options: MemberOptions, events: MemberEvents) {
    this.#options = options;
    this.#events = events;
    const buffer = new SharedArrayBuffer(CELL_BYTES);
    this.#cell = new Int32Array(buffer);
    const { port1, port2 } = new MessageChannel();
    this.#arrivals = port1;
    this.#worker = new Worker(options.workerFile, {
      workerData: { settings: { ...options.settings, cell: buffer }, warm: options.warm, arrivals: port2 },
      transferList: [port2],
    });
    let becomeReady = () => {};
    let failToStart = (_error: Error) => {};
    this.ready = new Promise((resolve, reject) => {
      becomeReady = resolve;
      failToStart = reject;
    });
    // A start that fails is told by `start`, which awaits it; a later worker's failure is in the log.
    this.ready.then(
      () => this.#begin(),
      () => {},
    );
    this.#worker.on("message", (message: FromWorker) => {
      if (message.type === "ready") becomeReady();
      else this.#receive(message);
    });
    this.#worker.on("error", (error) => {
      failToStart(error);
      this.#giveUp({ type: "trap", text: error.message }, error.stack ?? error.message);
    });
    this.#worker.on("exit", (code) => {
      failToStart(new Error(`the worker ended with code ${code}`));
      this.#giveUp({ type: "trap", text: "the worker ended" }, `worker ended with code ${code}`);
    });
  }

  give(job: Job): void {
    this.jobs.push(job);
    // Copied, not moved: a request that no guest has begun may be given to another worker.
    const message: ToWorker = { ...job.order, id: job.id };
    this.#worker.postMessage(message);
    if (this.jobs.length === 1 && this.#isReady) this.#watch();
  }

  isHeldUp(): boolean {
    if (this.#chaining) return true;
    return this.#isReady && this.jobs.length > 0 && performance.now() - this.#firstSinceMs > HELD_UP_MS;
  }

  /** Ends the thread, but not inside a call of SQLite. */
  async end(): Promise<void> {
    this.#givenUp = true;
    clearTimeout(this.#timer);
    Atomics.store(this.#cell, CELL.doomed, 1);
    while (Atomics.load(this.#cell, CELL.inSqlite) === 1) await pause(DOOM_POLL_MS);
    await this.#worker.terminate();
    this.#arrivals.close();
  }

  #receive(message: Exclude<FromWorker, { type: "ready" }>): void {
    switch (message.type) {
      case "output":
        this.#options.onOutput(message.component, message.stream, message.text);
        return;
      case "outbound":
        this.#tell(message.id, this.#options.outgoing.send(message.request));
        return;
      case "chain":
        this.#chain(message);
        return;
      case "ended":
        if (this.#end(message.id) !== undefined) this.#events.done();
        return;
      case "reply":
        if (message.goesOn) this.#answerEarly(message.id, message);
        else this.#finish(message.id, message);
        return;
      default:
        this.#finish(message.id, message);
    }
  }

  #finish(id: number, result: JobResult): void {
    const job = this.#end(id);
    job?.settle(result);
    if (job !== undefined) this.#events.done();
  }

  /** The guest has answered and works on: its request stays first in line, and its limit runs on. */
  #answerEarly(id: number, result: JobResult): void {
    const job = this.jobs[0];
    if (!this.#givenUp && job?.id === id) job.settle(result);
  }

  /** The first in line is over. Undefined when it was given up before. */
  #end(id: number): Job | undefined {
    const job = this.jobs[0];
    if (this.#givenUp || job?.id !== id) return undefined;
    this.jobs.shift();
    clearTimeout(this.#timer);
    if (this.jobs.length > 0) this.#watch();
    return job;
  }

  /** The thread sleeps until it is told the result, so what is revoked before that was not begun. */
  #chain({ id, component, request }: Extract<FromWorker, { type: "chain" }>): void {
    const waiting = this.jobs.splice(1);
    for (const job of waiting) Atomics.store(this.#cell, CELL.revoked, job.id);
    this.#chaining = true;
    const called = this.#options.chain(component, request);
    this.#tell(
      id,
      called.finally(() => {
        this.#chaining = false;
      }),
    );
    this.#events.freed(waiting);
  }

  async #tell(id: number, call: Promise<CallResult>): Promise<void> {
    const result: OutboundResult = { id, ...(await call) };
    if (this.#givenUp) return;
    this.#arrivals.postMessage(result);
    Atomics.add(this.#cell, CELL.arrivals, 1);
    Atomics.notify(this.#cell, CELL.arrivals);
  }

  /** What was given before the worker could work does not pay for its start. */
  #begin(): void {
    this.#isReady = true;
    if (!this.#givenUp) this.#watch();
  }

  /** The limit runs from when a request is first in line at its worker, and that can work. */
  #watch(): void {
    const job = this.jobs[0];
    if (job === undefined) return;
    this.#firstSinceMs = performance.now();
    const look = () => {
      const current = Atomics.load(this.#cell, CELL.current);
      // Another number: it has not begun, or its reply is on its way to us.
      if (current === job.id) this.#giveUp({ type: "timeout" }, "");
      else this.#timer = setTimeout(look, RECHECK_MS);
    };
    this.#timer = setTimeout(look, job.limitMs);
  }

  #giveUp(failed: JobResult, text: string): void {
    if (this.#givenUp) return;
    this.#givenUp = true;
    clearTimeout(this.#timer);
    this.#events.lost(this, failed, text);
    this.end().catch(() => {
      // It had ended already; there is nothing left to end.
    });
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
