/**
 * A server of the simulation, origin or relay: it answers one request after the other, each for so long, holds questions about
 * news until there is some, and counts what comes in. While it is down it answers nobody, and whoever waits there learns so.
 */
import type { Place, SourceHistory } from "../../packages/agent/source.ts";
import { LoadCounter } from "./load-counter.ts";
import type { ToldHistory, ToldPage } from "./told-history.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export type Told =
  | { readonly kind: "page"; readonly page: ToldPage }
  /** Our place is not of its history, or beyond it. */
  | { readonly kind: "lost" }
  | { readonly kind: "unreachable" };

export type Answered<T> = (told: T | undefined) => void;

export interface ServerState {
  readonly history: ToldHistory;
  /** How far it has come in it. */
  readonly head: number;
}

/** What an answer costs the server, in milliseconds of its one main thread. */
export interface ServiceCost {
  /** Of news: a page of the feed. */
  readonly newsMs: number;
  /** Of a wait that ends without news, of a report, and of any other short answer. */
  readonly shortMs: number;
  /** Of a page of a snapshot. */
  readonly snapshotMs: number;
}

interface Waiting {
  readonly after: Place;
  readonly answered: (told: Told) => void;
}

export class SimulatedServer {
  readonly load = new LoadCounter();
  /** What it does with reports that come in: how many stood in a request. */
  onReports: (count: number) => void = () => {};
  readonly kind: "origin" | "relay";
  readonly name: string;
  readonly #clock: VirtualClock;
  readonly #cost: ServiceCost;
  #state: ServerState | undefined;
  #waiting = new Set<Waiting>();
  #freeAtMs = 0;
  #isDown = false;

  constructor(
    clock: VirtualClock,
    { kind, name, cost }: { kind: "origin" | "relay"; name: string; cost: ServiceCost },
  ) {
    this.#clock = clock;
    this.kind = kind;
    this.name = name;
    this.#cost = cost;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** It has another state: whoever waits for one is told. */
  reach(state: ServerState): void {
    this.#state = state;
    for (const one of [...this.#waiting])
      if (one.after.revision !== state.head || one.after.lineage !== state.history.lineage) this.#tell(one);
  }

  goDown(): void {
    this.#isDown = true;
    this.#freeAtMs = 0;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const { answered } of waiting) answered({ kind: "unreachable" });
  }

  comeBack(): void {
    this.#isDown = false;
  }

  /** GET /v1/changes. */
  changes(after: Place, waitSeconds: number, answered: (told: Told) => void): void {
    this.load.add(this.#clock.nowMs);
    const waiting = { after, answered };
    const told = this.#toldOf(after);
    if (this.#isDown) answered({ kind: "unreachable" });
    else if (told.kind !== "page" || told.page.commits.length > 0 || waitSeconds === 0) this.#tell(waiting);
    else {
      this.#waiting.add(waiting);
      this.#clock.after(waitSeconds * 1000, () => {
        if (this.#waiting.has(waiting)) this.#tell(waiting);
      });
    }
  }

  /** GET /v1/lineage, and what it answers; undefined where nobody answers. */
  history(answered: Answered<SourceHistory>): void {
    this.#short(this.#cost.shortMs, answered, () => {
      const state = this.#state;
      return state === undefined ? undefined : { lives: state.history.lives, head: state.head };
    });
  }

  /** One page of GET /v1/list; undefined where nobody answers. */
  snapshot(answered: Answered<ServerState>): void {
    this.#short(this.#cost.snapshotMs, answered, () => this.#state);
  }

  /** Any other request: what it does happens when it is answered. */
  post<T>(work: () => T, answered: Answered<T> = () => {}): void {
    this.#short(this.#cost.shortMs, answered, work);
  }

  #short<T>(costMs: number, answered: Answered<T>, work: () => T | undefined): void {
    this.load.add(this.#clock.nowMs);
    if (this.#isDown) answered(undefined);
    else this.#served(costMs, () => answered(this.#isDown ? undefined : work()));
  }

  #tell(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    const told = this.#toldOf(waiting.after);
    const hasNews = told.kind === "page" && told.page.commits.length > 0;
    this.#served(hasNews ? this.#cost.newsMs : this.#cost.shortMs, () =>
      waiting.answered(this.#isDown ? { kind: "unreachable" } : told),
    );
  }

  /** As core/ancestry.ts and the feed judge a cursor. */
  #toldOf({ lineage, revision }: Place): Told {
    const state = this.#state;
    if (state === undefined) return { kind: "unreachable" };
    const { lives } = state.history;
    const at = lives.findIndex((one) => one.lineage === lineage);
    const end = lives[at + 1]?.parentRevision ?? state.head;
    if (at < 0 || revision > end) return { kind: "lost" };
    return { kind: "page", page: state.history.page(revision, state.head) };
  }

  #served(costMs: number, work: () => void): void {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.nowMs) + costMs;
    this.#clock.after(this.#freeAtMs - this.#clock.nowMs, work);
  }
}
