/**
 * What a source has told of a namespace, and is not served yet: a namespace moves only to a state of which every value is
 * here. A value that was replaced since and is not shown is owed until the change that replaced it comes.
 */
import type { ChangesPage, Place, ReplicaChange, ReplicaCommit } from "./source.ts";

export class Pending {
  #commits: ReplicaCommit[] = [];
  /** Keys whose newest change came without its value. */
  readonly #owed = new Set<string>();
  #place: Place | undefined;
  #bytes = 0;

  /** Where the next question begins; undefined where nothing was told. */
  get place(): Place | undefined {
    return this.#place;
  }

  get commits(): readonly ReplicaCommit[] {
    return this.#commits;
  }

  /** Of all values that are held here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it adds up to a state. */
  get isWhole(): boolean {
    return this.#owed.size === 0;
  }

  add({ place, commits }: Pick<ChangesPage, "place" | "commits">): void {
    this.#place = place;
    for (const commit of commits) {
      this.#commits.push(commit);
      for (const change of commit.changes) {
        const name = `${change.namespace}/${change.key}`;
        if (change.op === "put" && change.bytes === undefined) this.#owed.add(name);
        else this.#owed.delete(name);
        this.#bytes += sizeOf(change);
      }
    }
  }

  /** Leaves the newest value of each key: no state in between will be served any more. */
  forgetReplaced(): void {
    const seen = new Set<string>();
    const newestFirst = this.#commits.toReversed().map((commit) => ({
      ...commit,
      changes: commit.changes.map((change) => {
        const name = `${change.namespace}/${change.key}`;
        const isNewest = !seen.has(name);
        seen.add(name);
        return change.op === "put" && !isNewest ? { ...change, bytes: undefined } : change;
      }),
    }));
    this.#commits = newestFirst.reverse();
    this.#bytes = this.#commits.reduce(
      (sum, { changes }) => sum + changes.reduce((all, one) => all + sizeOf(one), 0),
      0,
    );
  }
}

function sizeOf(change: ReplicaChange): number {
  return change.op === "put" ? (change.bytes?.length ?? 0) : 0;
}
