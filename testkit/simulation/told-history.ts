/**
 * A history as a server of the simulation tells it: commits in order, the lives that they belong to, and pages of what came
 * after a place, in which a value that was replaced since is not shown.
 */
import type { Place, ReplicaChange, ReplicaCommit, SourceHistory } from "../../packages/agent/source.ts";

const EPOCH = 2 ** 40;
/** A tenth of what an agent asks for, so that a short outage takes several pages. */
const PAGE_COMMITS = 100;

export interface ToldPage {
  readonly place: Place;
  readonly head: number;
  readonly commits: readonly ReplicaCommit[];
}

export class ToldHistory {
  readonly lives: SourceHistory["lives"];
  readonly #commits: ReplicaCommit[];
  readonly #pages = new Map<string, ToldPage>();
  #nothing: ToldPage | undefined;

  private constructor(lives: SourceHistory["lives"], commits: ReplicaCommit[]) {
    this.lives = lives;
    this.#commits = commits;
  }

  static first(): ToldHistory {
    return new ToldHistory([lifeOf(0, 1, undefined)], []);
  }

  get lineage(): string {
    return this.#life.lineage;
  }

  get head(): number {
    return this.#commits.at(-1)?.revision ?? 0;
  }

  get #life() {
    const life = this.lives.at(-1);
    if (life === undefined) throw new Error("a history has a life");
    return life;
  }

  add(changes: readonly ReplicaChange[], nowMs: number): ReplicaCommit {
    const revision = Math.max(this.head + 1, this.#life.firstRevision);
    const commit = { revision, id: `c${revision}`, timeMs: nowMs, changes };
    this.#commits.push(commit);
    this.#pages.clear();
    return commit;
  }

  /** As after a restore to a revision of it, and before the first commit. */
  restoredTo(revision: number): ToldHistory {
    const kept = this.#commits.filter((one) => one.revision <= revision);
    const epoch = this.lives.length;
    return new ToldHistory(
      [...this.lives, lifeOf(epoch, epoch * EPOCH + 7, { lineage: this.lineage, revision })],
      kept,
    );
  }

  /** After a revision, up to another: as a server tells it that has come so far. */
  page(after: number, head: number): ToldPage {
    // Each wait that ends without news asks for this one.
    if (after === head && this.#nothing?.head === head) return this.#nothing;
    const name = `${after} ${head}`;
    const known = this.#pages.get(name);
    if (known !== undefined) return known;
    const commits = this.#commits.slice(this.#firstAfter(after), this.#firstAfter(head));
    const shown = commits.slice(0, PAGE_COMMITS);
    const revision = commits.length > PAGE_COMMITS ? (shown.at(-1)?.revision ?? after) : head;
    const page = {
      place: { lineage: this.lineage, revision },
      head,
      commits: withoutReplaced(shown, commits),
    };
    this.#pages.set(name, page);
    if (after === head) this.#nothing = page;
    return page;
  }

  #firstAfter(revision: number): number {
    let [low, high] = [0, this.#commits.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#commits[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** As the feed is told to who has `read` alone. */
function withoutReplaced(
  shown: readonly ReplicaCommit[],
  all: readonly ReplicaCommit[],
): readonly ReplicaCommit[] {
  if (all.length < 2) return shown;
  const newest = new Map<string, number>();
  for (const { revision, changes } of all) for (const { key } of changes) newest.set(key, revision);
  return shown.map((commit) => ({
    ...commit,
    changes: commit.changes.map((change) =>
      change.op === "put" && newest.get(change.key) !== commit.revision
        ? { ...change, bytes: undefined }
        : change,
    ),
  }));
}

function lifeOf(
  epoch: number,
  firstRevision: number,
  left: Place | undefined,
): SourceHistory["lives"][number] {
  const lineage = String(epoch + 1).padStart(32, "0");
  return {
    epoch,
    lineage,
    firstRevision,
    parent: left?.lineage ?? null,
    parentRevision: left?.revision ?? null,
  };
}
