/**
 * A rollout over a fleet in a simulation: edges that follow a channel at the origin, their reports, and the tick that moves the
 * rollout. The documents, the judgement and the reading are the product's (lib/core/rollout).
 */

import type {
  ChannelDocument,
  EdgeDocument,
  RolloutDocument,
  RolloutStep,
} from "../../lib/core/rollout/documents.ts";
import { DEFAULT_HEALTH } from "../../lib/core/rollout/documents.ts";
import { moved } from "../../lib/core/rollout/moves.ts";
import type { Heard } from "../../lib/core/rollout/next.ts";
import { nextMove } from "../../lib/core/rollout/next.ts";
import { isGivenNew, revisionFor } from "../../lib/core/rollout/reading.ts";
import { formatTime } from "../../lib/core/time.ts";
import { TIMING } from "../../packages/agent/timing.ts";
import { type Random, seededRandom } from "../random.ts";
import { COST, LATENCY_MS } from "./fleet.ts";
import { Follower } from "./follower.ts";
import { Reports } from "./reports.ts";
import { SimulatedServer } from "./server.ts";
import { ToldHistory } from "./told-history.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface RolloutFleetOptions {
  readonly seed: number;
  readonly edges: number;
  /** Of them, those with the label `ring=canary`. */
  readonly canaries: number;
  readonly steps: readonly RolloutStep[];
  /** What the new revision does where it shows; undefined: it is good. */
  readonly harm?: { readonly kind: "refused" | "errors"; readonly share: number } | undefined;
  /** How often the link of one edge is cut in a day, and for how long. */
  readonly cuts?: { readonly aDay: number; readonly seconds: number } | undefined;
  readonly maxSilenceSeconds?: number;
}

interface RolloutEdge {
  readonly name: string;
  readonly document: EdgeDocument | undefined;
  readonly isHarmed: boolean;
  readonly follower: Follower;
  revision: number;
  /** Of the newest document that was obeyed. */
  pointer: number;
  sinceMs: number;
  refused: boolean;
  isCut: boolean;
}

export interface RolloutSeen {
  readonly state: RolloutDocument["state"];
  readonly reason: string;
  /** Index of the step in which it ended. */
  readonly step: number;
  /** Edges that the steps up to that one are for. */
  readonly given: number;
  /** Edges that ever served the new revision, and those that refused it. */
  readonly served: number;
  readonly refused: number;
  /** From when the first edge served it, or refused it, until no edge serves it any more; undefined where some do. */
  readonly takenBackSeconds: number | undefined;
  /** Edges that obeyed an older document after a newer one, which none may. */
  readonly wentBack: number;
}

/** Of the documents that say where the channel points. */
interface Version {
  readonly revision: number;
  readonly channel: ChannelDocument;
  readonly rollout: RolloutDocument | undefined;
}

const PLACE = { namespace: "shop", channel: "stable" };
const [FROM, TO] = [10, 20];
const TICK_MS = 60_000;
/** How long an edge serves a revision before it knows how many of its requests fail. */
const NOTICES_MS = 15_000;
const T0 = Date.UTC(2026, 0, 1);

export function simulateRollout(options: RolloutFleetOptions): RolloutSeen {
  return new RolloutFleet(options).run();
}

class RolloutFleet {
  readonly #options: RolloutFleetOptions;
  readonly #clock = new VirtualClock();
  readonly #random: Random;
  readonly #origin: SimulatedServer;
  readonly #history = ToldHistory.first();
  readonly #edges: RolloutEdge[] = [];
  readonly #beacons = new Map<RolloutEdge, Heard>();
  readonly #versions: Version[] = [];
  readonly #saw = { served: new Set<RolloutEdge>(), refused: new Set<RolloutEdge>() };
  #firstSeenMs: number | undefined;
  #lastBackMs: number | undefined;
  #step = 0;
  #wentBack = 0;

  constructor(options: RolloutFleetOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#origin = new SimulatedServer(this.#clock, { kind: "origin", name: "origin", cost: COST });
    this.#put({ revision: FROM }, undefined);
    for (let nth = 0; nth < options.edges; nth += 1) this.#add(nth);
  }

  run(): RolloutSeen {
    this.#clock.runUntil(2 * TIMING.beaconMs);
    const at = formatTime(T0 + this.#clock.nowMs);
    this.#put(
      { revision: FROM },
      {
        from: FROM,
        to: TO,
        steps: this.#options.steps,
        step: 0,
        state: "running",
        since: at,
        started: at,
        health: { ...DEFAULT_HEALTH, maxSilenceSeconds: this.#options.maxSilenceSeconds ?? 300 },
        onFailure: "back",
        reason: "It begins.",
      },
    );
    while (this.#newest.rollout?.state === "running") {
      this.#clock.runUntil(this.#clock.nowMs + TICK_MS);
      this.#tick();
    }
    // What was said last has come to everybody whose link is there.
    this.#clock.runUntil(this.#clock.nowMs + 2 * TICK_MS);
    return this.#seen();
  }

  get #newest(): Version {
    const newest = this.#versions.at(-1);
    if (newest === undefined) throw new Error("a channel has a document");
    return newest;
  }

  #add(nth: number): void {
    const { canaries, harm, cuts } = this.#options;
    const clock = this.#clock;
    const random = () => this.#random.next();
    const latencyMs = LATENCY_MS.least + random() * LATENCY_MS.more;
    const sources = [this.#origin];
    const follower = new Follower(this.#history, {
      clock,
      timing: TIMING,
      random,
      sources,
      latencyMs,
      snapshotPages: 1,
      onMoved: () => this.#obey(edge, latencyMs, reports),
    });
    const edge: RolloutEdge = {
      name: `edge-${nth}`,
      document: nth < canaries ? { labels: { ring: "canary" } } : undefined,
      isHarmed: harm !== undefined && random() < harm.share,
      follower,
      revision: FROM,
      pointer: 1,
      sinceMs: 0,
      refused: false,
      isCut: false,
    };
    const reports = new Reports({
      clock,
      timing: TIMING,
      random,
      targets: sources,
      latencyMs,
      deliver: () => this.#report(edge),
    });
    this.#edges.push(edge);
    follower.start();
    reports.start();
    if (cuts !== undefined) this.#cutNow(edge, cuts);
  }

  /** At random moments, as links are cut. */
  #cutNow(edge: RolloutEdge, cuts: { readonly aDay: number; readonly seconds: number }): void {
    const untilMs = (-Math.log(1 - this.#random.next()) / cuts.aDay) * 86_400_000;
    this.#clock.after(untilMs, () => {
      this.#cut(edge, true);
      this.#clock.after(cuts.seconds * 1000, () => {
        this.#cut(edge, false);
        this.#cutNow(edge, cuts);
      });
    });
  }

  #cut(edge: RolloutEdge, isCut: boolean): void {
    edge.isCut = isCut;
    edge.follower.cut(isCut);
  }

  #put(channel: ChannelDocument, rollout: RolloutDocument | undefined): void {
    const change = {
      op: "put",
      namespace: "_system",
      key: "rollout",
      mediaType: "application/json",
      bytes: new Uint8Array(1),
    } as const;
    const { revision } = this.#history.add([change], this.#clock.nowMs);
    this.#versions.push({ revision, channel, rollout });
    this.#origin.reach({ history: this.#history, head: this.#history.head });
  }

  /** The documents have come to an edge. */
  #obey(edge: RolloutEdge, latencyMs: number, reports: Reports): void {
    const { revision: pointer } = edge.follower.place;
    if (pointer < edge.pointer) this.#wentBack += 1;
    edge.pointer = pointer;
    const version = this.#versions.findLast(({ revision }) => revision <= pointer) ?? this.#newest;
    if (this.#revisionFor(edge, version) === edge.revision) return;
    // GET /v1/diff, there and back; the origin may have moved on meanwhile.
    this.#clock.after(latencyMs, () =>
      this.#origin.post(
        () => this.#revisionFor(edge, this.#newest),
        (revision) =>
          this.#clock.after(latencyMs, () => {
            if (revision === undefined || edge.isCut) return;
            this.#serve(edge, revision);
            reports.tellSoon();
          }),
      ),
    );
  }

  #revisionFor(edge: RolloutEdge, { channel, rollout }: Version): number {
    return revisionFor({ channel, rollout, edge: edge.document }, { ...PLACE, edge: edge.name });
  }

  #serve(edge: RolloutEdge, revision: number): void {
    const { nowMs } = this.#clock;
    const isRefused = revision === TO && edge.isHarmed && this.#options.harm?.kind === "refused";
    edge.refused = isRefused;
    if (revision === TO) {
      this.#saw[isRefused ? "refused" : "served"].add(edge);
      this.#firstSeenMs ??= nowMs;
    } else if (edge.revision === TO) this.#lastBackMs = nowMs;
    if (isRefused) return;
    edge.revision = revision;
    edge.sinceMs = nowMs;
  }

  #report(edge: RolloutEdge): void {
    if (edge.isCut) return;
    const { nowMs } = this.#clock;
    const fails = edge.revision === TO && edge.isHarmed && nowMs - edge.sinceMs >= NOTICES_MS;
    this.#beacons.set(edge, {
      edge: edge.name,
      atMs: T0 + nowMs,
      lineage: this.#history.lineage,
      revision: edge.revision,
      errorRate: fails ? 0.5 : 0,
      refused: edge.refused ? TO : null,
    });
  }

  #tick(): void {
    const { channel, rollout } = this.#newest;
    if (rollout === undefined) return;
    this.#step = rollout.step;
    const followers = [...this.#beacons].map(([{ document: edge }, beacon]) => ({
      beacon,
      edge: edge ?? null,
    }));
    const nowMs = T0 + this.#clock.nowMs;
    const next = moved(nextMove({ ...PLACE, rollout, followers, nowMs }), { rollout, channel, nowMs });
    if (next !== undefined) this.#put(next.channel ?? channel, next.rollout);
  }

  #seen(): RolloutSeen {
    const { rollout } = this.#newest;
    if (rollout === undefined) throw new Error("there is a rollout");
    const isBack = this.#edges.every(({ revision }) => revision === FROM);
    const endMs = this.#lastBackMs ?? this.#clock.nowMs - 2 * TICK_MS;
    const upTo = { ...rollout, step: this.#step };
    return {
      state: rollout.state,
      reason: rollout.reason,
      step: this.#step,
      given: this.#edges.filter(({ name, document }) => isGivenNew(upTo, document, { ...PLACE, edge: name }))
        .length,
      served: this.#saw.served.size,
      refused: this.#saw.refused.size,
      takenBackSeconds:
        isBack && this.#firstSeenMs !== undefined ? (endMs - this.#firstSeenMs) / 1000 : undefined,
      wentBack: this.#wentBack,
    };
  }
}
