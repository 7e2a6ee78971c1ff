/**
 * A fleet in a simulation: an origin, relays that follow it, edges behind the relays, and edges that follow it directly. By its seed
 * and its options alone it does the same again.
 */
import { TIMING, type Timing } from "../../packages/agent/timing.ts";
import { type Random, seededRandom } from "../random.ts";
import { Follower } from "./follower.ts";
import { Reports } from "./reports.ts";
import { type ServiceCost, SimulatedServer } from "./server.ts";
import { ToldHistory } from "./told-history.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface FleetOptions {
  readonly seed: number;
  readonly relays: number;
  /** Behind the relays, evenly; each has the next relay as its second source, and the origin as its third. */
  readonly edgesBehindRelays: number;
  readonly directEdges: number;
  readonly timing?: Partial<Timing>;
  readonly cost?: Partial<ServiceCost>;
  /** Whether edges report. Default: true. */
  readonly reports?: boolean;
}

/** Of the native engine on one core: docs/scale.md says where from. */
export const COST: ServiceCost = { newsMs: 2.2, shortMs: 0.4, snapshotMs: 15 };
/** One way, in milliseconds: somewhere between the same city and the other side of the world. */
export const LATENCY_MS = { least: 2, more: 120 };
const SNAPSHOT_PAGES = 21;
const KEYS = 100;
const VALUE = new Uint8Array(100);

/** An edge or a relay, with what is known of it. */
export interface Member {
  readonly name: string;
  readonly isRelay: boolean;
  readonly follower: Follower;
  /** When it served the newest commit: milliseconds after that was made. */
  servedAfterMs: number | undefined;
  onMoved: () => void;
}

export class Fleet {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly origin: SimulatedServer;
  readonly relays: SimulatedServer[] = [];
  readonly members: Member[] = [];
  /** That have come to the origin. */
  reported = 0;
  #history = ToldHistory.first();
  #committedAtMs = 0;

  constructor(options: FleetOptions) {
    const { seed, relays, edgesBehindRelays, directEdges, reports = true } = options;
    const timing = { ...TIMING, ...options.timing };
    const cost = { ...COST, ...options.cost };
    this.random = seededRandom(seed);
    this.origin = new SimulatedServer(this.clock, { kind: "origin", name: "origin", cost });
    this.origin.onReports = (count) => {
      this.reported += count;
    };
    this.#history.add([], 0);
    this.#reach();
    const add = (name: string, sources: readonly SimulatedServer[], server?: SimulatedServer) =>
      this.#add(name, { sources, server, timing, reports });
    for (let nth = 0; nth < relays; nth += 1) {
      const server = new SimulatedServer(this.clock, { kind: "relay", name: `relay-${nth}`, cost });
      this.relays.push(server);
      add(server.name, [this.origin], server);
    }
    for (let nth = 0; nth < edgesBehindRelays; nth += 1)
      add(`edge-${nth}`, [...this.#relaysOf(nth), this.origin]);
    for (let nth = 0; nth < directEdges; nth += 1) add(`direct-${nth}`, [this.origin]);
  }

  get edges(): Member[] {
    return this.members.filter(({ isRelay }) => !isRelay);
  }

  get head(): number {
    return this.#history.head;
  }

  /** Of all moves, those that went to an older state. */
  get wentBack(): number {
    return this.members.reduce((sum, { follower }) => sum + follower.wentBack, 0);
  }

  /** Of all moves, those to a state that was not whole. */
  get torn(): number {
    return this.members.reduce((sum, { follower }) => sum + follower.torn, 0);
  }

  /** Edges that serve something else than the newest state. */
  get behind(): number {
    return this.edges.filter(({ follower }) => !this.#isNewest(follower)).length;
  }

  /** A commit of some keys. */
  commit(keys = 1): void {
    const changes = Array.from({ length: keys }, () => ({
      op: "put" as const,
      namespace: "shop",
      key: `key-${this.random.below(KEYS)}`,
      mediaType: "application/json",
      bytes: VALUE,
    }));
    this.#history.add(changes, this.clock.nowMs);
    this.#committedAtMs = this.clock.nowMs;
    for (const member of this.members) member.servedAfterMs = undefined;
    if (!this.origin.isDown) this.#reach();
  }

  /** The origin comes back as it was. */
  originBack(): void {
    this.origin.comeBack();
    this.#reach();
  }

  /** The origin comes back from a backup without its newest commits, and commits. */
  originRestored(lost: number): void {
    this.#history = this.#history.restoredTo(this.#history.head - lost);
    this.origin.comeBack();
    this.commit();
  }

  /** A relay is away: it answers nobody, and hears of nothing. */
  setRelayAway(nth: number, isAway: boolean): void {
    const [server, member] = [this.relays[nth], this.members[nth]];
    if (isAway) server?.goDown();
    else server?.comeBack();
    member?.follower.cut(isAway);
  }

  run(seconds: number): void {
    this.clock.runUntil(this.clock.nowMs + seconds * 1000);
  }

  #reach(): void {
    this.origin.reach({ history: this.#history, head: this.#history.head });
  }

  #relaysOf(nth: number): SimulatedServer[] {
    const count = this.relays.length;
    return [nth % count, (nth * 7 + 1) % count]
      .flatMap((at) => this.relays[at] ?? [])
      .filter((relay, at, all) => all.indexOf(relay) === at);
  }

  #add(
    name: string,
    {
      sources,
      server,
      timing,
      reports,
    }: {
      readonly sources: readonly SimulatedServer[];
      readonly server: SimulatedServer | undefined;
      readonly timing: Timing;
      readonly reports: boolean;
    },
  ): void {
    const { clock } = this;
    const random = () => this.random.next();
    const latencyMs = LATENCY_MS.least + random() * LATENCY_MS.more;
    const follower = new Follower(this.#history, {
      clock,
      timing,
      random,
      sources,
      latencyMs,
      snapshotPages: SNAPSHOT_PAGES,
      onMoved: () => this.#moved(member, server),
    });
    const member: Member = {
      name,
      isRelay: server !== undefined,
      follower,
      servedAfterMs: undefined,
      onMoved() {},
    };
    this.members.push(member);
    server?.reach({ history: this.#history, head: this.#history.head });
    follower.start();
    if (!reports) return;
    const reporting = new Reports({ clock, timing, random, targets: sources, latencyMs });
    member.onMoved = () => reporting.tellSoon();
    if (server !== undefined) server.onReports = (count) => reporting.add(count);
    reporting.start();
  }

  #moved(member: Member, server: SimulatedServer | undefined): void {
    const { follower } = member;
    if (this.#isNewest(follower)) member.servedAfterMs = this.clock.nowMs - this.#committedAtMs;
    server?.reach({ history: follower.history, head: follower.place.revision });
    member.onMoved();
  }

  #isNewest({ place }: Follower): boolean {
    return place.revision === this.#history.head && place.lineage === this.#history.lineage;
  }
}
