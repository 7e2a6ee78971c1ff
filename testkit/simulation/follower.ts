/**
 * An agent of the simulation: it plans as a lane does (packages/agent/lane.ts), by the same pure functions, and keeps a place
 * where a lane keeps a replica. A relay is one with a server of its own. It notes where it was and counts what may never be.
 */
import { kinshipOf } from "../../packages/agent/histories.ts";
import { Pending } from "../../packages/agent/pending.ts";
import type { Place, SourceHistory } from "../../packages/agent/source.ts";
import {
  afterAnswer,
  afterFailure,
  afterLook,
  FROM_THE_FIRST,
  goingTo,
  isBetterDue,
  type SourceOrder,
  waitSecondsAt,
} from "../../packages/agent/source-order.ts";
import type { Timing } from "../../packages/agent/timing.ts";
import type { ServerState, SimulatedServer, Told } from "./server.ts";
import type { ToldHistory, ToldPage } from "./told-history.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface FollowerOptions {
  readonly clock: VirtualClock;
  readonly timing: Timing;
  readonly random: () => number;
  /** In the order in which they are asked. */
  readonly sources: readonly SimulatedServer[];
  /** From here to a source, one way, in milliseconds. */
  readonly latencyMs: number;
  /** Pages of a snapshot. */
  readonly snapshotPages: number;
  /** After each move. */
  readonly onMoved: (follower: Follower) => void;
}

export class Follower {
  readonly #options: FollowerOptions;
  #order: SourceOrder = FROM_THE_FIRST;
  #pending = new Pending();
  #history: ToldHistory;
  #place: Place;
  #isCut = false;
  /** Moves to an older state, which no agent may make. */
  wentBack = 0;
  /** Moves to a state of which a value was not here, which no agent may make either. */
  torn = 0;

  constructor(history: ToldHistory, options: FollowerOptions) {
    this.#options = options;
    this.#history = history;
    this.#place = { lineage: history.lineage, revision: history.head };
  }

  /** What is served. */
  get place(): Place {
    return this.#place;
  }

  /** Who answered last. */
  get followed(): SimulatedServer | undefined {
    return this.#options.sources[this.#order.followed ?? -1];
  }

  get history(): ToldHistory {
    return this.#history;
  }

  /** The first question comes at any time of a wait, as of agents that were started one by one. */
  start(): void {
    const { clock, random, timing } = this.#options;
    clock.after(random() * timing.waitSeconds * 1000, this.#step);
  }

  /** Its own link is cut: nothing of what it asks arrives. */
  cut(isCut: boolean): void {
    this.#isCut = isCut;
  }

  get #source(): SimulatedServer {
    const source = this.#options.sources[this.#order.at];
    if (source === undefined) throw new Error("an agent has a source");
    return source;
  }

  readonly #step = (): void => {
    const { clock } = this.#options;
    if (isBetterDue(this.#order, clock.nowMs))
      // A lane looks beside what it follows. Here a source that is away costs no time, and so neither does its look.
      this.#order = goingTo(afterLook(this.#order, clock.nowMs, this.#options), 0);
    const source = this.#source;
    const wait = waitSecondsAt(this.#order, clock.nowMs, this.#options);
    this.#ask<Told>(
      (answered) => source.changes(this.#pending.place ?? this.#place, wait, answered),
      (told) => {
        if (told === undefined || told.kind === "unreachable") this.#failed();
        else if (told.kind === "lost") this.#resolve(source);
        else this.#take(told.page);
      },
    );
  };

  /** There and back, if the link is there on both ways. */
  #ask<T>(
    question: (answered: (told: T | undefined) => void) => void,
    then: (told: T | undefined) => void,
  ): void {
    const { clock, latencyMs } = this.#options;
    const come = (told: T | undefined) => clock.after(latencyMs, () => then(this.#isCut ? undefined : told));
    clock.after(latencyMs, () => {
      if (this.#isCut) then(undefined);
      else question(come);
    });
  }

  #take(page: ToldPage): void {
    const hasNews = page.commits.length > 0;
    this.#answered(hasNews);
    if (hasNews) this.#pending.add(page);
    if (hasNews && this.#pending.isWhole) {
      if (lacksValues(this.#pending)) this.torn += 1;
      this.#pending = new Pending();
      this.#moveTo(page.place, this.#history);
    }
    this.#step();
  }

  #answered(hasNews: boolean): void {
    this.#order = afterAnswer(this.#order, { nowMs: this.#options.clock.nowMs, hasNews }, this.#options);
  }

  #moveTo(place: Place, history: ToldHistory): void {
    // Epochs begin at multiples of 2^40, so one number orders what may follow what.
    if (place.revision <= this.#place.revision) this.wentBack += 1;
    this.#place = place;
    this.#history = history;
    this.#options.onMoved(this);
  }

  #failed(): void {
    const next = afterFailure(this.#order, this.#options.sources.length, this.#options);
    this.#order = next.order;
    this.#options.clock.after(next.pauseMs, this.#step);
  }

  /** The source does not know our place. */
  #resolve(source: SimulatedServer): void {
    this.#pending = new Pending();
    this.#ask<SourceHistory>(
      (answered) => source.history(answered),
      (history) => {
        if (history === undefined) return this.#failed();
        const { kind } = kinshipOf(this.#place, history);
        if (kind === "left") this.#takeSnapshot(source, 0);
        else this.#failed();
      },
    );
  }

  /** Page by page; the first one says of which state. */
  #takeSnapshot(source: SimulatedServer, page: number, first?: ServerState): void {
    this.#ask<ServerState>(
      (answered) => source.snapshot(answered),
      (told) => {
        const state = first ?? told;
        if (told === undefined || state === undefined) return this.#failed();
        if (page + 1 < this.#options.snapshotPages) return this.#takeSnapshot(source, page + 1, state);
        this.#answered(true);
        this.#moveTo({ lineage: state.history.lineage, revision: state.head }, state.history);
        this.#step();
      },
    );
  }
}

function lacksValues({ commits }: Pending): boolean {
  const newest = new Map(
    commits.flatMap(({ changes }) => changes.map((change) => [change.key, change] as const)),
  );
  return [...newest.values()].some((change) => change.op === "put" && change.bytes === undefined);
}
