/**
 * The worker threads of one kind of component, and the queue before them. Promise: a request that runs over
 * its limit costs its own worker and no other request; a worker is never ended inside a call of SQLite; a
 * request that no guest has begun is given to another worker instead.
 */
import type { JobResult } from "../engine.ts";
import { DOOM_POLL_MS, HELD_UP_MS, type Job, Member, type MemberOptions, pause } from "./member.ts";
import type { Order } from "./protocol.ts";

export interface PoolOptions extends MemberOptions {
  /** Workers that are always there. */
  readonly size: number;
  /** The start does not wait for them: they are hired a moment later, or for the first order. */
  readonly later: boolean;
  /** Up to so many while the others are held up. */
  readonly sizeMax: number;
  /** Grows as soon as all are busy, not only once all have been at one request for a while. */
  readonly eager: boolean;
  /** One more that waits to take the place of a lost one. */
  readonly spare: boolean;
  /** Requests given to one worker at a time; the second saves it from waiting for the front. */
  readonly deep: number;
  readonly queueMax: number;
  /** Components that may wait for one of another kind. */
  readonly chains: ReadonlySet<string>;
}

/** Workers that those who may wait for others leave to the rest. */
const KEPT_FREE = 3;
/** How long a worker beyond `size` stays when there is nothing to do. */
const SURPLUS_MS = 5000;
/** What nobody waits for is made when the rush of a start is over. */
const SETTLED_MS = 2000;

export class Pool {
  readonly #options: PoolOptions;
  readonly #members: Member[] = [];
  readonly #queue: Job[] = [];
  #spare: Member | undefined;
  #lastId = 0;
  #stopping = false;
  #again: NodeJS.Timeout | undefined;
  #trim: NodeJS.Timeout | undefined;
  #settled: NodeJS.Timeout | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the workers; resolves when all that are waited for can work. */
  async start(): Promise<void> {
    if (!this.#options.later) this.#fill();
    await Promise.all(this.#members.map((member) => member.ready));
    this.#settled = setTimeout(() => {
      this.#fill();
      if (this.#options.spare) this.#spare ??= this.#hire();
    }, SETTLED_MS);
  }

  #fill(): void {
    while (this.#members.length < this.#options.size) this.#members.push(this.#hire());
  }

  /** Runs one order. Never rejects. */
  run(order: Order, limitMs: number): Promise<JobResult> {
    return new Promise((settle) => {
      if (this.#stopping || this.#queue.length >= this.#options.queueMax) {
        settle({ type: "refused", waiting: this.#queue.length });
        return;
      }
      this.#queue.push({ id: this.#nextId(), order, limitMs, settle });
      this.#dispatch();
    });
  }

  /** Waits for what is running up to `graceMs`, then ends all workers. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#again);
    clearTimeout(this.#trim);
    clearTimeout(this.#settled);
    for (const job of this.#queue.splice(0)) job.settle({ type: "refused", waiting: 0 });
    const end = Date.now() + graceMs;
    while (this.#members.some((member) => member.jobs.length > 0) && Date.now() < end)
      await pause(DOOM_POLL_MS);
    for (const member of this.#members) {
      for (const job of member.jobs.splice(0)) job.settle({ type: "timeout" });
    }
    const all = [...this.#members, ...(this.#spare === undefined ? [] : [this.#spare])];
    await Promise.all(all.map((member) => member.end()));
  }

  get threads(): number {
    return this.#members.length + (this.#spare === undefined ? 0 : 1);
  }

  #hire(): Member {
    return new Member(this.#options, {
      done: () => this.#dispatch(),
      freed: (waiting) => this.#putBack(waiting),
      lost: (member, begun, text) => this.#replace(member, begun, text),
    });
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 0x3fffffff) + 1;
    return this.#lastId;
  }

  /** Under numbers of their own: the worker that had them skips the old ones. */
  #putBack(waiting: readonly Job[]): void {
    this.#queue.unshift(...waiting.map((job) => ({ ...job, id: this.#nextId() })));
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const member = this.#freest();
      if (member === undefined) {
        // Only time makes a worker count as held up, so time has to look.
        this.#again ??= setTimeout(() => {
          this.#again = undefined;
          this.#dispatch();
        }, HELD_UP_MS);
        return;
      }
      const job = this.#takeNext();
      if (job === undefined) break;
      member.give(job);
    }
    if (this.#members.length > this.#options.size)
      this.#trim ??= setTimeout(() => this.#dismiss(), SURPLUS_MS);
  }

  /**
   * The first in the queue. While all but a few workers are at components that may wait for others, more of those
   * stay in the queue and the rest goes past them: a bucket that hangs must not end all reads.
   */
  #takeNext(): Job | undefined {
    const { sizeMax, chains } = this.#options;
    const waiting = this.#members.filter(({ jobs }) =>
      jobs.some(({ order }) => chains.has(order.component)),
    ).length;
    const at =
      waiting < sizeMax - KEPT_FREE ? 0 : this.#queue.findIndex(({ order }) => !chains.has(order.component));
    return at < 0 ? undefined : this.#queue.splice(at, 1)[0];
  }

  /** The worker with the least to do that is not held up, or a new one where that is allowed. */
  #freest(): Member | undefined {
    const { deep, sizeMax, eager } = this.#options;
    let best: Member | undefined;
    let heldUp = 0;
    for (const member of this.#members) {
      if (member.isHeldUp()) heldUp += 1;
      else if (member.jobs.length < (best?.jobs.length ?? deep)) best = member;
    }
    if (this.#members.length >= sizeMax) return best;
    const wanted = eager ? best === undefined || best.jobs.length > 0 : heldUp === this.#members.length;
    if (!wanted) return best;
    const hired = this.#spare ?? this.#hire();
    this.#spare = this.#options.spare ? this.#hire() : undefined;
    this.#members.push(hired);
    return hired;
  }

  /** Ends idle workers beyond `size`. */
  #dismiss(): void {
    this.#trim = undefined;
    if (this.#stopping) return;
    for (const member of [...this.#members]) {
      if (this.#members.length <= this.#options.size) return;
      if (member.jobs.length > 0) continue;
      this.#members.splice(this.#members.indexOf(member), 1);
      member.end().catch(() => {
        // It had ended by itself; there is nothing left to end.
      });
    }
    if (this.#members.length > this.#options.size) this.#trim = setTimeout(() => this.#dismiss(), SURPLUS_MS);
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
