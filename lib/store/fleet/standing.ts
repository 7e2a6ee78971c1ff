/**
 * How replicas stand: which revision each is to read now, what it lacks, and whether it is of this history at all. What was found
 * out for one is kept for those like it, since a fleet stands at a handful of revisions.
 */
import { type History, judgeLineage } from "../../core/ancestry.ts";
import type { ChannelPlace, EdgeDocument } from "../../core/rollout/documents.ts";
import { isActive, type Pointers, revisionFor } from "../../core/rollout/reading.ts";
import { readChannelPointers } from "../documents/pins.ts";
import type { Db } from "../sqlite/driver.ts";
import { countLacked } from "./beacons.ts";

export interface ReplicaStanding {
  readonly standing: "current" | "behind" | "ahead" | "lost" | "foreign";
  readonly wanted?: number;
  readonly behindRevisions: number;
  /** When the oldest commit that it lacks was made; null where it lacks none. */
  readonly lacksSinceMs: number | null;
}

/** What is judged: a replica, or many that are alike. */
export interface Stands {
  readonly namespace: string;
  readonly lineage: string;
  readonly revision: number;
  readonly channel?: string | null | undefined;
}

/** An edge by its name and labels; only while a rollout goes on do they matter. */
export interface NamedEdge {
  readonly edge: string;
  readonly document: EdgeDocument | null | undefined;
}

export class Standings {
  readonly #db: Db;
  readonly #history: History;
  readonly #channels = new Map<string, Omit<Pointers, "edge"> | undefined>();
  readonly #lacked = new Map<string, { readonly commits: number; readonly sinceMs: number | null }>();

  constructor(db: Db, history: History) {
    this.#db = db;
    this.#history = history;
  }

  /** Whether edges of the channel may read two revisions. Throws StoreFault. */
  isDivided(place: ChannelPlace): boolean {
    const { rollout } = this.#pointers(place) ?? {};
    return rollout !== undefined && isActive(rollout);
  }

  /** Throws StoreFault. */
  of({ namespace, lineage, revision, channel }: Stands, named: NamedEdge | undefined): ReplicaStanding {
    const estranged = this.#estranged(lineage, revision);
    if (estranged !== undefined) return { standing: estranged, behindRevisions: 0, lacksSinceMs: null };
    const wanted = channel == null ? this.#history.head : this.#wanted({ namespace, channel }, named);
    if (wanted === undefined) return { standing: "current", behindRevisions: 0, lacksSinceMs: null };
    const { commits, sinceMs } =
      wanted > revision ? this.#lackedBetween(namespace, revision, wanted) : NOTHING;
    const behind = channel == null ? commits > 0 : wanted !== revision;
    return {
      standing: behind ? "behind" : "current",
      wanted,
      behindRevisions: commits,
      lacksSinceMs: sinceMs,
    };
  }

  #estranged(lineage: string, revision: number): "ahead" | "lost" | "foreign" | undefined {
    if (judgeLineage(this.#history, lineage, revision).ok) return undefined;
    const { lives } = this.#history;
    if (lives.at(-1)?.lineage === lineage) return "ahead";
    return lives.some((life) => life.lineage === lineage) ? "lost" : "foreign";
  }

  #wanted(place: ChannelPlace, named: NamedEdge | undefined): number | undefined {
    const pointers = this.#pointers(place);
    if (pointers === undefined) return undefined;
    return revisionFor({ ...pointers, edge: named?.document }, { ...place, edge: named?.edge ?? null });
  }

  #pointers(place: ChannelPlace): Omit<Pointers, "edge"> | undefined {
    const name = `${place.namespace}/${place.channel}`;
    if (!this.#channels.has(name)) this.#channels.set(name, readChannelPointers(this.#db, place));
    return this.#channels.get(name);
  }

  #lackedBetween(namespace: string, from: number, to: number) {
    const name = `${namespace} ${from} ${to}`;
    const known = this.#lacked.get(name) ?? countLacked(this.#db, { namespace, from, to });
    this.#lacked.set(name, known);
    return known;
  }
}

const NOTHING = { commits: 0, sinceMs: null };
