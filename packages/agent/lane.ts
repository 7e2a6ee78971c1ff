/**
 * One namespace at an edge: it follows its sources, and keeps what may be served. Promise: what is served is a state that the
 * origin had, whole, judged, and never older than what was served before, except of an epoch that came from our own history;
 * it stays through every failure of a source, of the disk, or of what was sent.
 */
import { thrownText } from "../../lib/core/thrown.ts";
import {
  heldIn,
  moveReplica,
  moveSettings,
  pointReplica,
  readKeysBelow,
  setLives,
} from "../../lib/store/replica/replica.ts";
import { findPointed, putPointed, putSnapshotJudged } from "../../lib/store/replica/rows.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { inTransaction } from "../../lib/store/sqlite/transaction.ts";
import { LedgeError } from "../client/errors.ts";
import { later } from "../client/later.ts";
import { BetterLook, type BetterSource } from "./better-look.ts";
import { fillSnapshot, livesUpTo, pointedIn } from "./fill.ts";
import { type EdgeLimits, type GuardRefusal, judgeReplica } from "./guard.ts";
import { kinshipOf } from "./histories.ts";
import { LaneState, type Trouble } from "./lane-state.ts";
import { Pending } from "./pending.ts";
import { differenceTo, keysWithout, PartOfDifference, putsOf } from "./pointed.ts";
import { closeReplica, type OpenReplica } from "./replica-file.ts";
import { isDamagedFile, Served } from "./served.ts";
import type {
  ChangesPage,
  Place,
  ReplicaCommit,
  ReplicaLife,
  SnapshotPage,
  Source,
  SourceHistory,
  Subject,
} from "./source.ts";
import {
  afterAnswer,
  afterFailure,
  afterLook,
  FROM_THE_FIRST,
  goingTo,
  isBetterDue,
  type SourceOrder,
  waitSecondsAt,
} from "./source-order.ts";
import { aboutMs, pauseMs, type Timing } from "./timing.ts";

export interface LaneOptions {
  readonly subject: Subject;
  readonly folder: string;
  readonly sources: readonly Source[];
  /** By which this agent knows itself in what comes back to it; 12 hex digits. */
  readonly id: string;
  readonly limits: EdgeLimits;
  readonly timing: Timing;
  /** Lineages that a person has picked, though they do not come from ours. */
  readonly accepted: readonly string[];
  readonly random: () => number;
  /** One line for people; a warning where nothing else is said. */
  readonly log: AgentLog;
  /** After each move, and after each change of what the lane says of itself. `commits` is undefined when the whole state is another. */
  readonly onMoved: (commits: readonly ReplicaCommit[] | undefined) => void;
  readonly onState: () => void;
}

export type AgentLog = (text: string, level?: "info" | "warn") => void;

/** Of what is told and not served yet; beyond it values that were replaced since are forgotten. */
const PENDING_BYTES_MAX = 67_108_864;
const SHORT_ANSWER_MS = 1000;

const LOOP = {
  code: "follows_itself",
  detail:
    "What it has comes from this agent: they follow each other. Name an origin with --from, or a relay that does not follow this one.",
};

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
  readonly subject: Subject;
  readonly state = new LaneState();
  readonly #options: LaneOptions;
  #pending = new Pending();
  #pendingFor: NodeDb | undefined;
  readonly #difference = new PartOfDifference();
  #order: SourceOrder = FROM_THE_FIRST;
  /** What was said of a source, by its code: once, and not with each look until it is one again. */
  readonly #told = new Map<Source, string>();
  readonly #served: Served;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.subject = options.subject;
    this.namespace = options.subject.namespace;
    const { copyAfterMs } = options.timing;
    this.#served = new Served({ ...options, copyAfterMs }, this.state);
  }

  /** What is served; undefined before the first state. */
  get replica(): OpenReplica | undefined {
    return this.#served.replica;
  }

  /** Grows with every move: what is kept of this lane elsewhere is good for one number. */
  get moves(): number {
    return this.#served.moves;
  }

  /** States of earlier histories that were lost by a restore. */
  get lost() {
    return this.#served.files.lost();
  }

  /** Follows until the signal ends it. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const look = new BetterLook(signal);
    while (!signal.aborted) {
      try {
        await this.#step(look, signal);
      } catch (error) {
        if (signal.aborted) break;
        // What was waited for at another source ends where a better one answers.
        if (look.hasFound) continue;
        await this.#recover(error, signal).catch((next: unknown) => {
          if (!signal.aborted) this.#options.log(`${this.namespace}: ${thrownText(next)}`);
        });
      }
    }
    await look.ended();
  }

  /** The agents through which what is here has come, this one first: for who follows this one. */
  get via(): readonly string[] {
    return [this.#options.id, ...this.state.via];
  }

  /** Gives the files back. After `run` has ended. */
  close(): void {
    this.#served.close();
  }

  /** Reads from what is served. Throws LedgeError `not_ready` before the first state. */
  read<T>(work: (db: NodeDb) => T): T {
    return this.#served.read(work);
  }

  get #source(): Source {
    const source = this.#options.sources[this.#order.at];
    if (source === undefined) throw new Error("an agent has a source");
    return source;
  }

  async #step(look: BetterLook, signal: AbortSignal): Promise<void> {
    const better = look.take();
    if (better !== undefined) this.#order = goingTo(this.#order, better.at);
    const source = this.#source;
    const replica = this.replica;
    // What was told and not served yet belongs to the file that it was told about.
    if (replica?.db !== this.#pendingFor) this.#pending = new Pending();
    this.#pendingFor = replica?.db;
    // A copy that is served stays what it is: what came after it is lost with the damaged file.
    if (replica === undefined || this.state.from === "previous")
      return this.#takeSnapshot(source, { signal });
    const beganMs = performance.now();
    const place = this.#placeOf(replica);
    const after = this.#pending.place ?? place;
    this.#lookIfDue(look, after);
    const isAnswered = better?.at === this.#order.at && isSamePlace(better.after, after);
    const page =
      (isAnswered ? better.page : undefined) ??
      (await source.changes(this.subject, after, {
        waitSeconds: this.#waitSeconds(replica, beganMs),
        signal: look.waiting,
      }));
    const lives =
      page.place.lineage === place.lineage ? undefined : await this.#livesAt(page.place, source, signal);
    this.#answered(source, page);
    // Its word that nothing newer is there is our own. News are what they are, whoever sends them.
    if (page.commits.length === 0 && this.#isLoop(page)) return this.#passOver(source, LOOP, signal);
    if (this.subject.channel === undefined) this.#take(page, lives);
    else await this.#takeSettings(page, { lives, source, signal });
    if (page.commits.length > 0 || page.place.revision < page.head) return;
    const stale = this.#staleness(page);
    if (stale !== undefined) return this.#passOver(source, stale, signal);
    this.#told.delete(source);
    if (performance.now() - beganMs < SHORT_ANSWER_MS) await this.#pauseBetweenLooks(source, look.waiting);
  }

  /** How long the source may hold the question: not where there is something to be done without it. */
  #waitSeconds(replica: OpenReplica, nowMs: number): number {
    const isAtOnce = this.#difference.isBegun || !this.#isLedHere(replica);
    return isAtOnce ? 0 : waitSecondsAt(this.#order, nowMs, this.#options);
  }

  #lookIfDue(look: BetterLook, after: Place): void {
    if (!isBetterDue(this.#order, performance.now())) return;
    this.#order = afterLook(this.#order, performance.now(), this.#options);
    const better = this.#options.sources.slice(0, this.#order.at);
    look.begin((signal) => this.#findBetter(better, { after, signal }));
  }

  /** The first of them that answers and may be followed. */
  async #findBetter(
    sources: readonly Source[],
    { after, signal }: { readonly after: Place; readonly signal: AbortSignal },
  ): Promise<BetterSource | undefined> {
    for (const [at, source] of sources.entries()) {
      try {
        const page = await source.changes(this.subject, after, { waitSeconds: 0, signal });
        const why = this.#whyNotFollowed(page);
        if (why === undefined) return { at, after, page };
        this.#tell(source, why);
      } catch (error) {
        if (signal.aborted) throw error;
        const trouble = troubleOf(error);
        // It answers, with another history or without ours: what that means is seen when it is asked as the one that is followed.
        if (LOST_PLACES.has(trouble.code)) return { at, after, page: undefined };
        this.#tell(source, trouble);
      }
    }
    return undefined;
  }

  /** As a step judges the page of a source that is followed. */
  #whyNotFollowed(page: ChangesPage): Omit<Trouble, "source"> | undefined {
    if (page.commits.length > 0) return undefined;
    if (this.#isLoop(page)) return LOOP;
    return page.place.revision < page.head ? undefined : this.#staleness(page);
  }

  #isLoop({ via = [] }: ChangesPage): boolean {
    return via.includes(this.#options.id);
  }

  /** Where the source has heard of nobody for long and there is another one: the link of a relay that answers may be gone. */
  #staleness({ ageSeconds = 0 }: ChangesPage): Omit<Trouble, "source"> | undefined {
    const { sources, timing } = this.#options;
    if (sources.length < 2 || ageSeconds <= timing.staleSeconds) return undefined;
    const detail = `It last knew its state for the newest ${Math.floor(ageSeconds)} seconds ago. Another source is asked.`;
    return { code: "too_stale", detail };
  }

  /** It answers, and is no source. */
  async #passOver(source: Source, why: Omit<Trouble, "source">, signal: AbortSignal): Promise<void> {
    this.#tell(source, why);
    await this.#next({ signal, askedMs: 0 });
  }

  #tell(source: Source, { code, detail }: Omit<Trouble, "source">): void {
    const { log, onState } = this.#options;
    this.state.troubled(source, { code, detail });
    if (this.#told.get(source) === code) return;
    this.#told.set(source, code);
    log(`${this.namespace}: ${source.name}: ${code}: ${detail}`);
    onState();
  }

  async #pauseBetweenLooks({ kind }: Source, signal: AbortSignal): Promise<void> {
    const { timing, random } = this.#options;
    const pause = aboutMs(kind === "bucket" ? timing.bucketMs : timing.pollMs, random);
    const better = this.#order.at === 0 ? pause : this.#order.betterAtMs - performance.now();
    await later(Math.max(0, Math.min(pause, better)), signal);
  }

  /** Whether no pointer is known here that leads elsewhere: of a channel a snapshot may have come by an older one. */
  #isLedHere({ db }: OpenReplica): boolean {
    return this.subject.channel === undefined || findPointed(db)?.pointer !== 0;
  }

  /** How far it has followed its source. */
  #placeOf({ db, place }: OpenReplica): Place {
    if (this.subject.channel === undefined) return place;
    return findPointed(db) ?? place;
  }

  /** Where the source's history has gone into another life since: its lives up to the one that it answers from. */
  async #livesAt({ lineage }: Place, source: Source, signal: AbortSignal): Promise<readonly ReplicaLife[]> {
    return livesUpTo((await source.history(this.subject, signal)).lives, lineage);
  }

  #take(page: ChangesPage, lives: readonly ReplicaLife[] | undefined): void {
    this.#pending.add(page);
    if (this.#pending.bytes > PENDING_BYTES_MAX) this.#pending.forgetReplaced();
    this.#move(lives);
  }

  /** What was done to `_system`; and then to where the channel points, if that is elsewhere now. */
  async #takeSettings(
    { place, commits }: ChangesPage,
    {
      lives,
      source,
      signal,
    }: {
      readonly lives: readonly ReplicaLife[] | undefined;
      readonly source: Source;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const replica = this.replica;
    if (replica === undefined) return;
    const { db } = replica;
    const { lineage, revision } = place;
    inTransaction(db, () => {
      if (lives !== undefined) setLives(db, lives);
      if (commits.length > 0) moveSettings(db, commits);
      putPointed(db, { lineage, revision, pointer: findPointed(db)?.pointer ?? 0 });
    });
    if (lives !== undefined || commits.length > 0) this.#served.settled();
    const pointed = pointedIn(db, this.subject);
    if (pointed.revision === replica.place.revision) this.#arrived(db, pointed.pointer);
    else await this.#goTo(pointed, source, signal);
  }

  /** Nothing is to be done but to remember by which pointer. */
  #arrived(db: NodeDb, pointer: number): void {
    const known = findPointed(db);
    if (known !== undefined && known.pointer !== pointer) putPointed(db, { ...known, pointer });
    this.state.confirmed();
    this.state.pointed(pointer);
    this.#served.keepContact(db);
  }

  /** To the state that the channel gives, newer or older, if it may be served. */
  async #goTo(
    { revision, pointer }: { readonly revision: number; readonly pointer: number },
    source: Source,
    signal: AbortSignal,
  ): Promise<void> {
    const replica = this.replica;
    if (replica === undefined) return;
    const { subject } = this;
    const asked = { subject, from: replica.place.revision, signal, part: this.#difference };
    const state = await differenceTo(source, asked);
    // The source has seen a newer pointer; so have we with the next step.
    if (state === undefined || state.revision !== revision) return;
    const commits = [putsOf(state.documents, revision)];
    const done = this.#apply(replica.db, { revision, commits }, (db) => {
      const keys = state.isWhole ? readKeysBelow(db, this.namespace, "") : [];
      const ended = state.isWhole ? keysWithout(keys, state.documents) : state.ended;
      pointReplica(db, { namespace: this.namespace, revision, documents: state.documents, ended });
      const known = findPointed(db);
      if (known !== undefined) putPointed(db, { ...known, pointer });
    });
    if (!done) return;
    this.state.pointed(pointer);
    this.#served.moved(undefined);
  }

  #answered({ kind, name }: Source, page: ChangesPage): void {
    const news = { nowMs: performance.now(), hasNews: page.commits.length > 0 };
    this.#order = afterAnswer(this.#order, news, this.#options);
    this.state.heard({ kind, name }, page);
  }

  /** To the newest state that is whole, if it may be served. */
  #move(lives: readonly ReplicaLife[] | undefined): void {
    const { place, commits } = this.#pending;
    const replica = this.replica;
    if (replica === undefined || place === undefined || !this.#pending.isWhole) return;
    if (commits.length === 0 && isSamePlace(place, replica.place)) {
      this.#pending = new Pending();
      this.state.confirmed();
      this.#served.keepContact(replica.db);
      return;
    }
    const done = this.#apply(replica.db, { revision: place.revision, commits }, (db) => {
      if (lives !== undefined) setLives(db, lives);
      moveReplica(db, commits, place.revision);
    });
    if (!done) return;
    this.#pending = new Pending();
    this.#served.moved(commits);
  }

  /** Does the work in a transaction, which goes back where the state that it makes may not be served: then false. */
  #apply(
    db: NodeDb,
    { revision, commits }: { readonly revision: number; readonly commits: readonly ReplicaCommit[] },
    work: (db: NodeDb) => void,
  ): boolean {
    const { namespace } = this;
    try {
      inTransaction(db, () => {
        const keysBefore = heldIn(db, namespace).keys;
        work(db);
        const refusal =
          commits.length === 0
            ? undefined
            : judgeReplica(db, this.#options.limits, { namespace, commits, keysBefore });
        if (refusal !== undefined) throw new NotServed(refusal);
        this.#served.keepContact(db);
      });
      return true;
    } catch (error) {
      if (!(error instanceof NotServed)) throw error;
      this.#refused(error.refusal, revision);
      return false;
    }
  }

  #refused(refusal: GuardRefusal, revision: number): void {
    if (!this.state.refuses({ ...refusal, revision })) return;
    const what = refusal.key === undefined ? "" : ` (${refusal.key})`;
    this.#options.log(
      `${this.namespace}: revision ${revision} is not served: ${refusal.code}${what}: ${refusal.detail} What was served before goes on.`,
    );
    this.#options.onState();
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (isDamagedFile(error)) {
      this.#served.setAside(thrownText(error));
      return;
    }
    const code = error instanceof LedgeError ? error.code : "internal";
    if (this.replica !== undefined && LOST_PLACES.has(code)) {
      await this.#resolve(this.#source, { code, signal });
      return;
    }
    await this.#failed(error, signal);
  }

  /** The source does not know our place: what is between its history and ours? */
  async #resolve(source: Source, { code, signal }: { code: string; signal: AbortSignal }): Promise<void> {
    const replica = this.replica;
    if (replica === undefined) return;
    this.#pending = new Pending();
    try {
      const { lineage, revision } = this.#placeOf(replica);
      const history = await source.history(this.subject, signal);
      const standing = kinshipOf({ lineage, revision }, history, this.#options.accepted);
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
    this.#tell(this.#source, troubleOf(error));
    await this.#next({
      signal,
      askedMs: error instanceof LedgeError ? (error.retryAfterMs ?? 0) : 0,
    });
  }

  /** To the next source; after the last one there is a pause, as long at the least as it has asked for. */
  async #next({
    signal,
    askedMs,
  }: {
    readonly signal: AbortSignal;
    readonly askedMs: number;
  }): Promise<void> {
    const { timing, sources } = this.#options;
    const next = afterFailure(this.#order, sources.length, this.#options);
    this.#order = next.order;
    const pause =
      next.pauseMs === 0 && sources.length > 1 ? 0 : Math.min(askedMs, timing.pauseMsMax) + next.pauseMs;
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
    const { files } = this.#served;
    // What another source has begun goes for one that gives something, and not for one that is away.
    const begun = files.openBegun(source.name);
    const first = begun === undefined ? await source.snapshot(this.subject, undefined, signal) : undefined;
    const db = begun ?? files.openNext();
    let filled: { readonly place: Place; readonly refusal: GuardRefusal | undefined };
    let pages = 0;
    try {
      filled = await this.#fill(db, { source, signal, first, onPage: () => (pages += 1) });
    } catch (error) {
      closeReplica(db);
      if (isPlaceLost(error) || error instanceof StoreFault) files.dropNext();
      if (pages === 0 || !isUnreachable(error) || signal.aborted) throw error;
      return this.#goOnWith(source, error, signal);
    }
    closeReplica(db);
    const { place, refusal } = filled;
    if (refusal !== undefined) {
      files.dropNext();
      this.#refused(refusal, place.revision);
      throw new LedgeError(refusal.code, refusal.detail);
    }
    this.#served.exchange(lost);
    this.#order = afterAnswer(this.#order, { nowMs: performance.now(), hasNews: true }, this.#options);
    this.state.heard({ kind: source.kind, name: source.name }, { head: place.revision });
    this.#told.delete(source);
    this.#pending = new Pending();
    this.#served.moved(undefined);
    this.#options.log(`${this.namespace}: at revision ${place.revision}, from ${source.name}`, "info");
  }

  /** A source that has given pages is asked again: where its link breaks often, another one would begin anew. */
  async #goOnWith(source: Source, error: unknown, signal: AbortSignal): Promise<void> {
    const { timing, random } = this.#options;
    this.#tell(source, troubleOf(error));
    await later(pauseMs(timing, 0, random), signal);
  }

  async #fill(
    db: NodeDb,
    {
      source,
      signal,
      first,
      onPage,
    }: {
      readonly source: Source;
      readonly signal: AbortSignal;
      readonly first: SnapshotPage | undefined;
      readonly onPage: () => void;
    },
  ) {
    const { namespace, subject } = this;
    const place = await fillSnapshot(db, {
      subject,
      source,
      signal,
      first,
      judge: (history) => this.#judgeHistory(source, history),
      onPage: () => {
        onPage();
        this.state.loading(heldIn(db, namespace).keys);
      },
    });
    const keysBefore = this.replica === undefined ? 0 : heldIn(this.replica.db, namespace).keys;
    const moved = { namespace, commits: undefined, keysBefore };
    const refusal = judgeReplica(db, this.#options.limits, moved);
    if (refusal === undefined) putSnapshotJudged(db);
    return { place, refusal };
  }

  /** It may not be older than what is served. */
  #judgeHistory(source: Source, history: SourceHistory): void {
    if (this.replica === undefined) return;
    const own = this.#placeOf(this.replica);
    const { kind } = kinshipOf(own, history, this.#options.accepted);
    if (kind === "behind" || kind === "foreign") throw apart(kind, { source, revision: own.revision });
  }
}

/** Codes that say that a place is not known there, or no longer. */
const LOST_PLACES = new Set(["compacted", "lineage", "revision_lost", "revision_unknown", "bad_cursor"]);

function troubleOf(error: unknown): Omit<Trouble, "source"> {
  if (error instanceof LedgeError) return { code: error.code, detail: error.message };
  if (error instanceof StoreFault) return { code: "storage_full", detail: error.text };
  return { code: "internal", detail: thrownText(error) };
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.revision === b.revision && a.lineage === b.lineage;
}

function isUnreachable(error: unknown): boolean {
  return error instanceof LedgeError && error.code === "unreachable";
}

function isPlaceLost(error: unknown): boolean {
  return error instanceof LedgeError && LOST_PLACES.has(error.code);
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
