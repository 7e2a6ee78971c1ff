/**
 * One namespace at an edge: it follows its sources, and keeps what may be served. Promise: what is served is a state that the
 * origin had, whole, judged, and never older than what was served before, except of an epoch that came from our own history;
 * it stays through every failure of a source, of the disk, or of what was sent.
 */
import { SYSTEM } from "../../lib/core/namespace.ts";
import { thrownText } from "../../lib/core/thrown.ts";
import {
  addDocuments,
  beginReplica,
  forgetPast,
  heldIn,
  moveReplica,
  openReplica,
  readReplicaPlace,
  setLives,
} from "../../lib/store/replica/replica.ts";
import { findContact, findSnapshotPart, putContact, putSnapshotPart } from "../../lib/store/replica/rows.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { inTransaction } from "../../lib/store/sqlite/transaction.ts";
import { LedgeError } from "../client/errors.ts";
import { later } from "../client/later.ts";
import { type EdgeLimits, type GuardRefusal, judgeReplica } from "./guard.ts";
import { kinshipOf } from "./histories.ts";
import { LaneState } from "./lane-state.ts";
import { Pending } from "./pending.ts";
import { closeReplica, type OpenReplica, ReplicaFile } from "./replica-file.ts";
import type { ChangesPage, Place, ReplicaCommit, ReplicaLife, Source } from "./source.ts";
import {
  afterAnswer,
  afterFailure,
  FROM_THE_FIRST,
  isBetterDue,
  type SourceOrder,
  tryingBetter,
} from "./source-order.ts";
import { aboutMs, type Timing } from "./timing.ts";

export interface LaneOptions {
  readonly namespace: string;
  readonly folder: string;
  readonly sources: readonly Source[];
  readonly limits: EdgeLimits;
  readonly timing: Timing;
  /** Lineages that a person has picked, though they do not come from ours. */
  readonly accepted: readonly string[];
  readonly random: () => number;
  /** One line for people. */
  readonly log: (text: string) => void;
  /** After each move, and after each change of what the lane says of itself. `commits` is undefined when the whole state is another. */
  readonly onMoved: (commits: readonly ReplicaCommit[] | undefined) => void;
  readonly onState: () => void;
}

/** Kept for those who follow this agent. */
const KEPT_COMMITS = 5000;
/** Of what is told and not served yet; beyond it values that were replaced since are forgotten. */
const PENDING_BYTES_MAX = 67_108_864;
const SHORT_ANSWER_MS = 1000;
const CONTACT_KEPT_MS = 60_000;
const DAMAGED = /malformed|not a database|corrupt|disk I\/O error/i;

/** A state that the guard refused: the transaction goes back. */
class NotServed extends Error {
  readonly refusal: GuardRefusal;
  constructor(refusal: GuardRefusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

export class Lane {
  readonly namespace: string;
  readonly state = new LaneState();
  readonly #options: LaneOptions;
  readonly #files: ReplicaFile;
  #replica: OpenReplica | undefined;
  #pending = new Pending();
  #order: SourceOrder = FROM_THE_FIRST;
  #copyTimer: ReturnType<typeof setTimeout> | undefined;
  #moves = 0;
  #contactKeptMs = Number.NEGATIVE_INFINITY;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.namespace = options.namespace;
    this.#files = new ReplicaFile(options.folder, options.namespace, options.log);
    this.#openFiles();
  }

  /** What is served; undefined before the first state. */
  get replica(): OpenReplica | undefined {
    return this.#replica;
  }

  /** Grows with every move: what is kept of this lane elsewhere is good for one number. */
  get moves(): number {
    return this.#moves;
  }

  /** States of earlier histories that were lost by a restore. */
  get lost() {
    return this.#files.lost();
  }

  dropLost(file: string): void {
    this.#files.dropLost(file);
  }

  /** Follows until the signal ends it. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#step(signal);
      } catch (error) {
        if (signal.aborted) break;
        await this.#recover(error, signal).catch((next: unknown) => {
          if (!signal.aborted) this.#options.log(`${this.namespace}: ${thrownText(next)}`);
        });
      }
    }
  }

  /** Gives the files back. After `run` has ended. */
  close(): void {
    clearTimeout(this.#copyTimer);
    if (this.#replica !== undefined) closeReplica(this.#replica.db);
    this.#replica = undefined;
  }

  /** Reads from what is served; where its file turns out to be damaged, from what stands in for it. */
  read<T>(work: (db: NodeDb) => T): T {
    for (;;) {
      const replica = this.#replica;
      if (replica === undefined)
        throw new LedgeError("not_ready", `${this.namespace} has not been here yet.`, {
          status: 503,
          retryable: true,
        });
      try {
        return work(replica.db);
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.#setAside(thrownText(error));
      }
    }
  }

  #openFiles(): void {
    const found = this.#files.open();
    if (found.kind === "none") return;
    this.#replica = found.replica;
    const contactMs = findContact(found.replica.db);
    this.state.opened(found.replica.place, { from: found.from, contactMs });
  }

  get #source(): Source {
    const source = this.#options.sources[this.#order.at];
    if (source === undefined) throw new Error("an agent has a source");
    return source;
  }

  async #step(signal: AbortSignal): Promise<void> {
    if (isBetterDue(this.#order, performance.now()))
      this.#order = tryingBetter(this.#order, performance.now(), this.#options);
    const source = this.#source;
    const replica = this.#replica;
    if (replica === undefined) return this.#takeSnapshot(source, { signal });
    const beganMs = performance.now();
    const page = await source.changes(this.namespace, this.#pending.place ?? replica.place, {
      waitSeconds: this.#waitSeconds(beganMs),
      signal,
    });
    const lives = await this.#livesFor(page, source, signal);
    this.#answered(source, page.head);
    this.#pending.add(page);
    if (this.#pending.bytes > PENDING_BYTES_MAX) this.#pending.forgetReplaced();
    this.#move(lives);
    if (page.commits.length > 0 || page.place.revision < page.head) return;
    if (performance.now() - beganMs < SHORT_ANSWER_MS) await this.#pauseBetweenLooks(source, signal);
  }

  /** No longer than until a better source is tried again. */
  #waitSeconds(nowMs: number): number {
    const { waitSeconds } = this.#options.timing;
    if (this.#order.at === 0) return waitSeconds;
    return Math.max(0, Math.min(waitSeconds, Math.ceil((this.#order.betterAtMs - nowMs) / 1000)));
  }

  async #pauseBetweenLooks({ kind }: Source, signal: AbortSignal): Promise<void> {
    const { timing, random } = this.#options;
    const pause = aboutMs(kind === "bucket" ? timing.bucketMs : timing.pollMs, random);
    const better = this.#order.at === 0 ? pause : this.#order.betterAtMs - performance.now();
    await later(Math.max(0, Math.min(pause, better)), signal);
  }

  /** Where the source's history has gone into another life since, which lives it has now. */
  async #livesFor(
    page: ChangesPage,
    source: Source,
    signal: AbortSignal,
  ): Promise<readonly ReplicaLife[] | undefined> {
    if (page.place.lineage === this.#replica?.place.lineage) return undefined;
    return livesUpTo((await source.history(this.namespace, signal)).lives, page.place.lineage);
  }

  #answered({ kind, name }: Source, head: number): void {
    this.#order = afterAnswer(this.#order, performance.now(), this.#options);
    this.state.heard({ kind, name }, head);
  }

  /** To the newest state that is whole, if it may be served. */
  #move(lives: readonly ReplicaLife[] | undefined): void {
    const { place, commits } = this.#pending;
    const replica = this.#replica;
    if (replica === undefined || place === undefined || !this.#pending.isWhole) return;
    if (commits.length === 0 && isSamePlace(place, replica.place)) {
      this.#pending = new Pending();
      this.state.confirmed();
      this.#keepContact(replica.db);
      return;
    }
    const { namespace } = this;
    try {
      inTransaction(replica.db, () => {
        const keysBefore = heldIn(replica.db, namespace).keys;
        if (lives !== undefined) setLives(replica.db, lives);
        moveReplica(replica.db, commits, place.revision);
        const refusal =
          commits.length === 0
            ? undefined
            : judgeReplica(replica.db, this.#options.limits, { namespace, commits, keysBefore });
        if (refusal !== undefined) throw new NotServed(refusal);
        this.#keepContact(replica.db);
      });
    } catch (error) {
      if (!(error instanceof NotServed)) throw error;
      this.#refused(error.refusal, place.revision);
      return;
    }
    this.#pending = new Pending();
    this.#moved(commits);
  }

  /** So that a later process knows how old it is, but not with each answer: reading costs no write. */
  #keepContact(db: NodeDb): void {
    const nowMs = performance.now();
    if (nowMs - this.#contactKeptMs < CONTACT_KEPT_MS) return;
    putContact(db, Date.now());
    this.#contactKeptMs = nowMs;
  }

  #moved(commits: readonly ReplicaCommit[] | undefined): void {
    const replica = this.#replica;
    const place = replica === undefined ? undefined : readReplicaPlace(replica.db);
    if (replica === undefined || place === undefined) throw new Error("a replica that moved has a place");
    this.#replica = { db: replica.db, place };
    this.state.moved(place);
    if (commits?.length === 0) return;
    this.#moves += 1;
    this.#options.onMoved(commits);
    forgetPast(replica.db, KEPT_COMMITS);
    this.#copySoon();
  }

  #refused(refusal: GuardRefusal, revision: number): void {
    if (!this.state.refuses({ ...refusal, revision })) return;
    const what = refusal.key === undefined ? "" : ` (${refusal.key})`;
    this.#options.log(
      `${this.namespace}: revision ${revision} is not served: ${refusal.code}${what}: ${refusal.detail} What was served before goes on.`,
    );
    this.#options.onState();
  }

  #copySoon(): void {
    clearTimeout(this.#copyTimer);
    this.#copyTimer = setTimeout(() => {
      const replica = this.#replica;
      if (replica === undefined) return;
      this.#files.keepCopy(replica.db).catch((error: unknown) => {
        this.#options.log(`${this.namespace}: no copy of the replica could be made: ${thrownText(error)}`);
      });
    }, this.#options.timing.copyAfterMs);
    this.#copyTimer.unref();
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (isDamage(error)) {
      this.#setAside(thrownText(error));
      return;
    }
    const code = error instanceof LedgeError ? error.code : "internal";
    if (this.#replica !== undefined && LOST_PLACES.has(code)) {
      await this.#resolve(this.#source, { code, signal });
      return;
    }
    await this.#failed(error, signal);
  }

  /** The source does not know our place: what is between its history and ours? */
  async #resolve(source: Source, { code, signal }: { code: string; signal: AbortSignal }): Promise<void> {
    const replica = this.#replica;
    if (replica === undefined) return;
    this.#pending = new Pending();
    try {
      const standing = kinshipOf(
        replica.place,
        await source.history(this.namespace, signal),
        this.#options.accepted,
      );
      const { lineage, revision } = replica.place;
      if (standing.kind === "left" || (standing.kind === "goes_on" && code !== "lineage")) {
        const lost = standing.kind === "left" ? `${lineage}-${revision}` : undefined;
        await this.#takeSnapshot(source, { signal, lost });
      } else await this.#failed(apart(standing.kind, { source, revision }), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      await this.#failed(error, signal);
    }
  }

  async #failed(error: unknown, signal: AbortSignal): Promise<void> {
    const { timing, sources } = this.#options;
    const source = this.#source;
    const next = afterFailure(this.#order, sources.length, this.#options);
    this.#order = next.order;
    const code =
      error instanceof LedgeError ? error.code : error instanceof StoreFault ? "storage_full" : "internal";
    const detail =
      error instanceof StoreFault
        ? error.text
        : error instanceof LedgeError
          ? error.message
          : thrownText(error);
    if (this.state.troubled(source, { code, detail })) {
      this.#options.log(`${this.namespace}: ${source.name}: ${code}: ${detail}`);
      this.#options.onState();
    }
    const asked = error instanceof LedgeError ? (error.retryAfterMs ?? 0) : 0;
    const pause =
      next.pauseMs === 0 && sources.length > 1 ? 0 : Math.min(asked, timing.pauseMsMax) + next.pauseMs;
    // Even where the next source is asked at once, everything else of this process comes first.
    await later(pause, signal);
  }

  /**
   * The whole state, beside what is served, and then in its place. It goes on where it was cut. `lost` is the name under
   * which what was served is kept, where the source has lost it.
   */
  async #takeSnapshot(
    source: Source,
    { signal, lost }: { readonly signal: AbortSignal; readonly lost?: string | undefined },
  ): Promise<void> {
    const db = this.#files.openNext();
    let open = true;
    const close = () => {
      if (open) closeReplica(db);
      open = false;
    };
    try {
      const { place, refusal } = await this.#fill(db, source, signal);
      close();
      if (refusal !== undefined) {
        this.#files.dropNext();
        this.#refused(refusal, place.revision);
        throw new LedgeError(refusal.code, refusal.detail);
      }
      this.#exchange(lost);
    } catch (error) {
      close();
      if (isPlaceLost(error) || error instanceof StoreFault) this.#files.dropNext();
      throw error;
    }
    const replica = this.#replica;
    this.#answered(source, replica?.place.revision ?? 0);
    this.#contactKeptMs = Number.NEGATIVE_INFINITY;
    if (replica !== undefined) this.#keepContact(replica.db);
    this.#pending = new Pending();
    this.#moved(undefined);
    this.#options.log(`${this.namespace}: at revision ${replica?.place.revision}, from ${source.name}`);
  }

  async #fill(db: NodeDb, source: Source, signal: AbortSignal) {
    let begun = findSnapshotPart(db);
    if (begun !== undefined && begun.source !== source.name) begun = undefined;
    let next = begun?.next;
    for (let first = begun === undefined; ; first = false) {
      const page = await source.snapshot(this.namespace, next, signal);
      if (first) {
        const history = await source.history(this.namespace, signal);
        this.#judgeSnapshot(source, { ...history, head: page.place.revision });
        beginReplica(db, livesUpTo(history.lives, page.place.lineage));
      }
      inTransaction(db, () => {
        addDocuments(db, page.documents);
        putSnapshotPart(db, { source: source.name, next: page.next });
        if (page.next === undefined) openReplica(db, [this.namespace, SYSTEM], page.place.revision);
      });
      this.state.loading(heldIn(db, this.namespace).keys);
      if (page.next === undefined) return { place: page.place, refusal: this.#judgeWhole(db) };
      next = page.next;
    }
  }

  /** It may not be older than what is served. */
  #judgeSnapshot(source: Source, history: { lives: readonly ReplicaLife[]; head: number }): void {
    const own = this.#replica?.place;
    if (own === undefined) return;
    const { kind } = kinshipOf(own, history, this.#options.accepted);
    if (kind === "behind" || kind === "foreign") throw apart(kind, { source, revision: own.revision });
  }

  #judgeWhole(db: NodeDb): GuardRefusal | undefined {
    const { namespace } = this;
    const keysBefore = this.#replica === undefined ? 0 : heldIn(this.#replica.db, namespace).keys;
    return judgeReplica(db, this.#options.limits, { namespace, commits: undefined, keysBefore });
  }

  #exchange(lost: string | undefined): void {
    if (this.#replica !== undefined) closeReplica(this.#replica.db);
    this.#replica = undefined;
    this.#files.adoptNext(lost);
    this.#openFiles();
    if (this.#replica === undefined) throw new Error(`${this.namespace}: the snapshot cannot be opened`);
  }

  /** Damage: what stands in for the file is the copy, or nothing until a source has sent it again. */
  #setAside(why: string): void {
    const replica = this.#replica;
    this.#replica = undefined;
    this.#pending = new Pending();
    if (replica !== undefined) {
      try {
        replica.db.close();
      } catch {
        // It is given up anyway.
      }
      const which = this.state.from === "previous" ? "previous" : "current";
      const aside = this.#files.setAside(which);
      this.#options.log(`${this.namespace}: the replica is damaged (${why}); it is set aside as ${aside}`);
    }
    this.state.closed();
    this.#openFiles();
    this.#moves += 1;
    this.#options.onState();
  }
}

/** Codes that say that a place is not known there, or no longer. */
const LOST_PLACES = new Set(["compacted", "lineage", "revision_lost", "revision_unknown", "bad_cursor"]);

function isSamePlace(a: Place, b: Place): boolean {
  return a.revision === b.revision && a.lineage === b.lineage;
}

function isPlaceLost(error: unknown): boolean {
  return error instanceof LedgeError && LOST_PLACES.has(error.code);
}

function isDamage(error: unknown): boolean {
  return error instanceof StoreFault && DAMAGED.test(error.text);
}

function livesUpTo(lives: readonly ReplicaLife[], lineage: string): readonly ReplicaLife[] {
  const at = lives.findIndex((life) => life.lineage === lineage);
  if (at < 0)
    throw new LedgeError("bad_answer", "The source's histories do not hold the one that it answers from.");
  return lives.slice(0, at + 1);
}

function apart(kind: string, { source, revision }: { source: Source; revision: number }): LedgeError {
  return kind === "foreign"
    ? new LedgeError(
        "lineage",
        `${source.name} has a history that does not come from the one that is served here. What is served goes on. To follow it, say so: --accept-lineage.`,
      )
    : new LedgeError(
        "behind",
        `${source.name} is behind what is served here (revision ${revision}). What is served goes on.`,
      );
}
