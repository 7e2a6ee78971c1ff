/**
 * An origin as a model: a history of one namespace in memory, told as a real one tells it to a token with `read` alone.
 * Values that were replaced since are not shown; pages end anywhere; it can compact, and be restored to an earlier state.
 */
import type {
  ChangesPage,
  Place,
  ReplicaChange,
  ReplicaCommit,
  ReplicaLife,
  SnapshotPage,
  Source,
  SourceHistory,
} from "../../packages/agent/source.ts";
import { LedgeError } from "../../packages/client/errors.ts";

export const MODEL_NAMESPACE = "shop";

/** A state: keys with their texts. */
export type ModelState = ReadonlyMap<string, string>;

const EPOCH = 2 ** 40;
const bytesOf = (text: string) => new TextEncoder().encode(text);

export class ModelOrigin {
  #commits: ReplicaCommit[] = [];
  #lives: ReplicaLife[] = [life(0, 1, null, null)];
  #compacted = 0;
  #epochs = 0;
  #next = 1;
  /** Every state that there ever was, by lineage and revision. */
  readonly states = new Map<string, ModelState>();

  constructor() {
    this.commit([]);
  }

  get head(): number {
    return this.#commits.at(-1)?.revision ?? 0;
  }

  /** Of the present life, oldest first: a restore to before it would make it no ancestor of the next one. */
  get revisions(): readonly number[] {
    const first = this.#lives.at(-1)?.firstRevision ?? 0;
    return this.#commits.map(({ revision }) => revision).filter((one) => one >= first);
  }

  get lineage(): string {
    return this.#lives.at(-1)?.lineage ?? "";
  }

  /** A commit that puts texts, or deletes where there is none. */
  commit(changes: readonly (readonly [key: string, text: string | undefined])[]): number {
    const revision = this.#next;
    this.#next += 1;
    const told = changes.map(
      ([key, text]): ReplicaChange =>
        text === undefined
          ? { op: "delete", namespace: MODEL_NAMESPACE, key }
          : { op: "put", namespace: MODEL_NAMESPACE, key, mediaType: "text/plain", bytes: bytesOf(text) },
    );
    this.#commits.push({
      revision,
      id: `c${revision}`,
      timeMs: revision,
      changes: told,
    });
    this.states.set(`${this.lineage} ${revision}`, this.stateAt(revision));
    return revision;
  }

  compact(revision: number): void {
    this.#compacted = Math.max(this.#compacted, revision);
  }

  /** As after a restore to an earlier revision and the first commit that follows it. */
  restore(revision: number): void {
    // What began after it is no ancestor of what begins now.
    this.#lives = this.#lives.filter((one) => one.firstRevision <= revision);
    const parent = this.#lives.at(-1);
    this.#epochs += 1;
    const epoch = this.#epochs;
    this.#commits = this.#commits.filter((one) => one.revision <= revision);
    this.#next = epoch * EPOCH + 7;
    this.#lives.push(life(epoch, this.#next, parent?.lineage ?? null, revision));
    this.#compacted = Math.min(this.#compacted, revision);
    this.commit([["restored", `epoch ${epoch}`]]);
  }

  stateAt(revision: number): Map<string, string> {
    const state = new Map<string, string>();
    for (const commit of this.#commits) {
      if (commit.revision > revision) break;
      for (const change of commit.changes)
        if (change.op === "put") state.set(change.key, new TextDecoder().decode(change.bytes));
        else state.delete(change.key);
    }
    return state;
  }

  /** `pageCommits` of the feed and `pageDocuments` of a snapshot in one answer; `before` may throw. */
  source(options: {
    readonly pageCommits: number;
    readonly pageDocuments: number;
    readonly before?: () => Promise<void> | void;
  }): Source {
    const { pageCommits, pageDocuments, before = () => {} } = options;
    return {
      kind: "origin",
      name: "model",
      history: async () => {
        await before();
        return this.#history();
      },
      snapshot: async (_, next) => {
        await before();
        return this.#snapshot(next, pageDocuments);
      },
      changes: async (_, after, { signal }) => {
        await before();
        signal.throwIfAborted();
        return this.#changes(after, pageCommits);
      },
    };
  }

  #history(): SourceHistory {
    return { lives: [...this.#lives], head: this.head };
  }

  #snapshot(next: string | undefined, size: number): SnapshotPage {
    const at: { from: number; place: Place } =
      next === undefined
        ? { from: 0, place: { lineage: this.lineage, revision: this.head } }
        : JSON.parse(next);
    if (at.place.lineage !== this.lineage) throw new LedgeError("lineage", "another history");
    const all = [...this.stateAt(at.place.revision)].sort(([a], [b]) => (a < b ? -1 : 1));
    const some = all.slice(at.from, at.from + size);
    const to = at.from + size;
    return {
      place: at.place,
      documents: some.map(([key, text]) => ({
        namespace: MODEL_NAMESPACE,
        key,
        revision: this.#madeAt(key, at.place.revision),
        createdRevision: 1,
        version: 1,
        mediaType: "text/plain",
        modifiedMs: 0,
        bytes: bytesOf(text),
      })),
      next: to < all.length ? JSON.stringify({ from: to, place: at.place }) : undefined,
    };
  }

  #madeAt(key: string, revision: number): number {
    const found = this.#commits.findLast(
      (one) => one.revision <= revision && one.changes.some((change) => change.key === key),
    );
    return found?.revision ?? 0;
  }

  #changes(after: Place, size: number): ChangesPage {
    this.#judge(after);
    const later = this.#commits.filter(({ revision }) => revision > after.revision);
    const page = later.slice(0, size);
    const revision = later.length > size ? (page.at(-1)?.revision ?? after.revision) : this.head;
    return {
      place: { lineage: this.lineage, revision },
      head: this.head,
      commits: page.map((commit) => ({
        ...commit,
        changes: commit.changes.map((change) => this.#shown(change, commit.revision)),
      })),
    };
  }

  /** As core/ancestry.ts and the feed judge a cursor. */
  #judge({ lineage, revision }: Place): void {
    const at = this.#lives.findIndex((one) => one.lineage === lineage);
    if (at < 0) throw new LedgeError("lineage", "a foreign history");
    const end = this.#lives[at + 1]?.parentRevision ?? this.head;
    if (revision > end) throw new LedgeError("lineage", "beyond what is shared");
    if (revision < this.#compacted) throw new LedgeError("compacted", "before what is kept");
  }

  #shown(change: ReplicaChange, revision: number): ReplicaChange {
    const isReplaced = this.#commits.some(
      (one) => one.revision > revision && one.changes.some(({ key }) => key === change.key),
    );
    return change.op === "put" && isReplaced ? { ...change, bytes: undefined } : change;
  }
}

function life(
  epoch: number,
  firstRevision: number,
  parent: string | null,
  parentRevision: number | null,
): ReplicaLife {
  return {
    epoch,
    lineage: String(epoch + 1)
      .repeat(32)
      .slice(0, 32),
    firstRevision,
    parent,
    parentRevision,
  };
}
