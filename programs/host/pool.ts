/**
 * The worker threads of one kind of component, and the queue before them. Promise: a request that runs over
 * its limit costs its own worker and no other request; a worker is never ended inside a call of SQLite; a
 * request that no guest has begun is given to another worker instead.
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Outgoing } from "./outgoing.ts";
import {
  CELL,
  CELL_BYTES,
  type FromWorker,
  type GuestReply,
  type OutboundResult,
  type ToWorker,
  type WorkerSettings,
} from "./protocol.ts";

export type JobResult =
  | { readonly type: "reply"; readonly reply: GuestReply }
  | { readonly type: "ticked"; readonly error: string | undefined }
  | { readonly type: "trap"; readonly text: string }
  /** Over its limit, or ended by `stop` while a guest was at it. */
  | { readonly type: "timeout" }
  /** Never begun: the queue is full, or the host stops. */
  | { readonly type: "refused" };

export interface PoolOptions {
  readonly workerFile: string;
  readonly settings: Omit<WorkerSettings, "cell">;
  /** Components to have an instance of before the first request. */
  readonly warm: readonly string[];
  /** Workers that are always there. */
  readonly size: number;
  /** Up to so many when all are busy. */
  readonly sizeMax: number;
  /** One more that waits to take the place of a lost one. */
  readonly spare: boolean;
  /** Requests given to one worker at a time; the second saves it from waiting for the front. */
  readonly deep: number;
  readonly queueMax: number;
  readonly outgoing: Outgoing;
  onOutput(component: string, stream: "stdout" | "stderr", text: string): void;
}

type Order =
  | {
      readonly type: "http";
      readonly component: string;
      readonly request: Extract<ToWorker, { type: "http" }>["request"];
    }
  | { readonly type: "cron"; readonly component: string; readonly timestamp: number };

interface Job {
  readonly id: number;
  readonly order: Order;
  readonly limitMs: number;
  readonly settle: (result: JobResult) => void;
}

/** How long between looks at whether a doomed worker has left SQLite. */
const DOOM_POLL_MS = 5;
/** How long before a limit is looked at again when the reply is already on its way. */
const RECHECK_MS = 20;

export class Pool {
  readonly #options: PoolOptions;
  readonly #members: Member[] = [];
  readonly #queue: Job[] = [];
  #spare: Member | undefined;
  #lastId = 0;
  #stopping = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the workers; resolves when all can work. */
  async start(): Promise<void> {
    for (let left = this.#options.size; left > 0; left -= 1) this.#members.push(this.#hire());
    await Promise.all(this.#members.map((member) => member.ready));
    if (this.#options.spare) this.#spare = this.#hire();
  }

  /** Runs one order. Never rejects. */
  run(order: Order, limitMs: number): Promise<JobResult> {
    return new Promise((settle) => {
      if (this.#stopping || this.#queue.length >= this.#options.queueMax) {
        settle({ type: "refused" });
        return;
      }
      this.#lastId = (this.#lastId % 0x3fffffff) + 1;
      this.#queue.push({ id: this.#lastId, order, limitMs, settle });
      this.#dispatch();
    });
  }

  /** Waits for what is running up to `graceMs`, then ends all workers. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const job of this.#queue.splice(0)) job.settle({ type: "refused" });
    const end = Date.now() + graceMs;
    while (this.#members.some((member) => member.jobs.length > 0) && Date.now() < end)
      await pause(DOOM_POLL_MS);
    const all = [...this.#members, ...(this.#spare === undefined ? [] : [this.#spare])];
    await Promise.all(all.map((member) => member.end()));
  }

  get threads(): number {
    return this.#members.length + (this.#spare === undefined ? 0 : 1);
  }

  #hire(): Member {
    return new Member(this.#options, {
      done: () => this.#dispatch(),
      lost: (member, begun, text) => this.#replace(member, begun, text),
    });
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const member = this.#freest();
      if (member === undefined) return;
      const job = this.#queue.shift();
      if (job !== undefined) member.give(job);
    }
  }

  /** The worker with the least to do, or a new one when all have something and more are allowed. */
  #freest(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members) {
      if (member.jobs.length < (best?.jobs.length ?? this.#options.deep)) best = member;
    }
    if ((best === undefined || best.jobs.length > 0) && this.#members.length < this.#options.sizeMax) {
      best = this.#hire();
      this.#members.push(best);
    }
    return best;
  }

  /** A lost worker: its running request has failed, those behind it go back to the head of the queue. */
  #replace(member: Member, failed: JobResult, text: string): void {
    const at = this.#members.indexOf(member);
    if (at < 0) {
      if (this.#spare === member) this.#spare = undefined;
      return;
    }
    const [begun, ...waiting] = member.jobs.splice(0);
    begun?.settle(failed);
    if (text !== "") this.#options.onOutput(begun?.order.component ?? "host", "stderr", `${text}\n`);
    this.#queue.unshift(...waiting);
    this.#members.splice(at, 1);
    if (this.#stopping) return;
    if (this.#members.length < this.#options.size) {
      this.#members.push(this.#spare ?? this.#hire());
      this.#spare = this.#options.spare ? this.#hire() : undefined;
    }
    this.#dispatch();
  }
}

interface MemberEvents {
  done(): void;
  /** The worker is given up; `failed` is what became of the request it was at. */
  lost(member: Member, failed: JobResult, text: string): void;
}

class Member {
  readonly jobs: Job[] = [];
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #cell: Int32Array;
  readonly #arrivals: MessagePort;
  readonly #options: PoolOptions;
  readonly #events: MemberEvents;
  #timer: NodeJS.Timeout | undefined;
  #givenUp = false;

  constructor(options: PoolOptions, events: MemberEvents) {
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
    this.ready.catch(() => {});
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
    if (this.jobs.length === 1) this.#watch();
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
        this.#callOut(message.id, message.request);
        return;
      default:
        this.#finish(message.id, message);
    }
  }

  #finish(id: number, result: JobResult & { id: number }): void {
    const job = this.jobs[0];
    if (this.#givenUp || job?.id !== id) return;
    this.jobs.shift();
    clearTimeout(this.#timer);
    if (this.jobs.length > 0) this.#watch();
    job.settle(result);
    this.#events.done();
  }

  async #callOut(id: number, request: Parameters<Outgoing["send"]>[0]): Promise<void> {
    const result: OutboundResult = { id, ...(await this.#options.outgoing.send(request)) };
    if (this.#givenUp) return;
    this.#arrivals.postMessage(result);
    Atomics.add(this.#cell, CELL.arrivals, 1);
    Atomics.notify(this.#cell, CELL.arrivals);
  }

  /** The limit runs from when a request is first in line at its worker. */
  #watch(): void {
    const job = this.jobs[0];
    if (job === undefined) return;
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
