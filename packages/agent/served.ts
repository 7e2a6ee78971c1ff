/**
 * What a lane serves: the open replica, what stands in for one that is damaged, and the exchange of one for another. Promise:
 * whoever reads has a whole state, and a file that is damaged is read once.
 */
import { thrownText } from "../../lib/core/thrown.ts";
import { readPinsOf } from "../../lib/store/documents/pins.ts";
import { forgetPast, readReplicaPlace } from "../../lib/store/replica/replica.ts";
import { findContact, findPointed, putContact } from "../../lib/store/replica/rows.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { LedgeError } from "../client/errors.ts";
import type { LaneState } from "./lane-state.ts";
import { closeReplica, type OpenReplica, ReplicaFile } from "./replica-file.ts";
import type { ReplicaCommit, Subject } from "./source.ts";

export interface ServedOptions {
  readonly subject: Subject;
  readonly folder: string;
  /** After the last move, until the copy of the replica is made anew, in milliseconds. */
  readonly copyAfterMs: number;
  readonly log: (text: string) => void;
  /** `commits` is undefined when the whole state is another. */
  readonly onMoved: (commits: readonly ReplicaCommit[] | undefined) => void;
  readonly onState: () => void;
}

/** Kept for those who follow this agent. */
const KEPT_COMMITS = 5000;
const CONTACT_KEPT_MS = 60_000;
const DAMAGED = /malformed|not a database|corrupt|disk I\/O error/i;

/** Whether a fault means that the file is not what was written to it. */
export function isDamagedFile(error: unknown): boolean {
  return error instanceof StoreFault && DAMAGED.test(error.text);
}

export class Served {
  readonly files: ReplicaFile;
  readonly #options: ServedOptions;
  readonly #state: LaneState;
  #replica: OpenReplica | undefined;
  #copyTimer: ReturnType<typeof setTimeout> | undefined;
  #moves = 0;
  #contactKeptMs = Number.NEGATIVE_INFINITY;

  constructor(options: ServedOptions, state: LaneState) {
    this.#options = options;
    this.#state = state;
    this.files = new ReplicaFile(options.folder, fileNameOf(options.subject), options.log);
    this.#open();
  }

  get replica(): OpenReplica | undefined {
    return this.#replica;
  }

  get moves(): number {
    return this.#moves;
  }

  /** From what is served; where its file turns out to be damaged, from what stands in for it. */
  read<T>(work: (db: NodeDb) => T): T {
    for (;;) {
      const replica = this.#replica;
      if (replica === undefined) throw this.#nothing();
      try {
        return work(replica.db);
      } catch (error) {
        if (!isDamagedFile(error)) throw error;
        this.setAside(thrownText(error));
      }
    }
  }

  close(): void {
    clearTimeout(this.#copyTimer);
    if (this.#replica !== undefined) closeReplica(this.#replica.db);
    this.#replica = undefined;
  }

  /** The database has another state now. */
  moved(commits: readonly ReplicaCommit[] | undefined): void {
    const replica = this.#replica;
    const place = replica === undefined ? undefined : readReplicaPlace(replica.db);
    if (replica === undefined || place === undefined) throw new Error("a replica that moved has a place");
    this.#replica = { db: replica.db, place };
    this.#state.moved(place);
    if (commits?.length === 0) return;
    this.#moves += 1;
    this.#options.onMoved(commits);
    if (this.#options.subject.channel === undefined) this.#forgetPast(replica.db);
    this.#copySoon();
  }

  /** Documents of `_system` are others now, and the namespace is where it was: nothing that was kept of them is good any more. */
  settled(): void {
    const replica = this.#replica;
    if (replica === undefined) return;
    this.#replica = { db: replica.db, place: readReplicaPlace(replica.db) ?? replica.place };
    this.#moves += 1;
  }

  /** So that a later process knows how old it is, but not with each answer: reading costs no write. */
  keepContact(db: NodeDb): void {
    const nowMs = performance.now();
    if (nowMs - this.#contactKeptMs < CONTACT_KEPT_MS) return;
    putContact(db, Date.now());
    this.#contactKeptMs = nowMs;
  }

  /** The snapshot, which is closed, takes the place of what is served; `lost` names under what that is kept. */
  exchange(lost: string | undefined): OpenReplica {
    if (this.#replica !== undefined) closeReplica(this.#replica.db);
    this.#replica = undefined;
    this.files.adoptNext(lost);
    this.#open();
    const replica = this.#replica as OpenReplica | undefined;
    if (replica === undefined)
      throw new Error(`${this.#options.subject.namespace}: the snapshot cannot be opened`);
    this.#contactKeptMs = Number.NEGATIVE_INFINITY;
    this.keepContact(replica.db);
    return replica;
  }

  /** Damage: what stands in for the file is the copy, or nothing until a source has sent it again. */
  setAside(why: string): void {
    const replica = this.#replica;
    this.#replica = undefined;
    if (replica !== undefined) {
      try {
        replica.db.close();
      } catch {
        // It is given up anyway.
      }
      const aside = this.files.setAside(this.#state.from === "previous" ? "previous" : "current");
      const { log, subject } = this.#options;
      log(`${subject.namespace}: the replica is damaged (${why}); it is set aside as ${aside}`);
    }
    this.#state.closed();
    this.#open();
    this.#moves += 1;
    this.#options.onState();
  }

  #open(): void {
    const found = this.files.open();
    if (found.kind === "none") return;
    const { db, place } = found.replica;
    this.#replica = found.replica;
    this.#state.opened(place, { from: found.from, contactMs: findContact(db) });
    const pointer = findPointed(db)?.pointer;
    if (pointer !== undefined) this.#state.pointed(pointer);
  }

  /** What channels point at stays, for agents behind this one. */
  #forgetPast(db: NodeDb): void {
    const { namespace } = this.#options.subject;
    forgetPast(db, KEPT_COMMITS, () => Math.min(...readPinsOf(db, namespace, 0), Number.MAX_SAFE_INTEGER));
  }

  #nothing(): LedgeError {
    const { namespace } = this.#options.subject;
    return new LedgeError("not_ready", `${namespace} has not been here yet.`, {
      status: 503,
      retryable: true,
    });
  }

  /** Some time after a move; more moves meanwhile do not put it off. */
  #copySoon(): void {
    if (this.#copyTimer !== undefined) return;
    const { copyAfterMs, log, subject } = this.#options;
    this.#copyTimer = setTimeout(() => {
      this.#copyTimer = undefined;
      const replica = this.#replica;
      if (replica === undefined) return;
      this.files.keepCopy(replica.db).catch((error: unknown) => {
        log(`${subject.namespace}: no copy of the replica could be made: ${thrownText(error)}`);
      });
    }, copyAfterMs);
    this.#copyTimer.unref();
  }
}

/** A namespace may be followed by several channels at one edge, one after the other. */
function fileNameOf({ namespace, channel }: Subject): string {
  return channel === undefined ? namespace : `${namespace}@${channel}`;
}
