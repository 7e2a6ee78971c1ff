/**
 * The commits of a history as a bucket tells them, one after the other. Promise: each revision comes once, in order and
 * without a gap, over all lives of the ancestry; what another object says of a commit has to be the same.
 */
import { createHash } from "node:crypto";
import type { CommitFacts } from "../../../lib/core/history.ts";
import type { Ancestor } from "../../../lib/snapshot/schemas.ts";

/** Where what the bucket holds is no whole history: the object that says so, and the revision. */
export interface Break {
  readonly object: string;
  readonly revision: number | null;
  readonly what: string;
}

/** What one actor did: a token's accessor, or one of Ledge's own actors. */
export interface ActorCount {
  readonly actor: string;
  readonly commits: number;
  readonly changes: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export class AuditedHistory {
  readonly #ancestry: readonly Ancestor[];
  /** By revision: a hash of what was said of the commit, since a long history has many words. */
  readonly #commits = new Map<number, { readonly id: string; readonly hash: string }>();
  readonly #actors = new Map<string, ActorCount>();
  #newest: number | undefined;
  /** Commits could not be read: what is not known is no wonder then, and the next one begins anew. */
  #torn = false;
  #beginsAnew = false;

  constructor(ancestry: readonly Ancestor[]) {
    this.#ancestry = ancestry;
  }

  get first(): number | undefined {
    return this.#commits.keys().next().value;
  }

  get newest(): number | undefined {
    return this.#newest;
  }

  get commits(): number {
    return this.#commits.size;
  }

  /** Those who did most first. */
  actors(): ActorCount[] {
    return [...this.#actors.values()].sort((left, right) => right.commits - left.commits);
  }

  /** What comes next could not be read. */
  tear(): void {
    this.#torn = true;
    this.#beginsAnew = true;
  }

  /** Takes the next commit of the history. It is taken at its revision also where it does not follow. */
  add(object: string, commit: CommitFacts): Break | undefined {
    const { revision, id } = commit;
    const expected = this.#beginsAnew ? revision : this.#next();
    this.#beginsAnew = false;
    this.#commits.set(revision, { id, hash: hashOf(commit) });
    this.#newest = revision;
    this.#count(commit);
    if (revision === expected) return undefined;
    return { object, revision, what: `revision ${expected} should stand here, and ${revision} does` };
  }

  /** Whether a commit is told elsewhere as in this history. */
  compare(object: string, commit: CommitFacts): Break | undefined {
    const { revision } = commit;
    const known = this.#commits.get(revision);
    if (known === undefined)
      return this.#torn ? undefined : { object, revision, what: "the newest snapshot has no such commit" };
    if (known.hash === hashOf(commit)) return undefined;
    return { object, revision, what: "its commit is another one than in the newest snapshot" };
  }

  /** The commit that ends a restore point. */
  compareTip(object: string, revision: number, tip: string): Break | undefined {
    const known = this.#commits.get(revision);
    if (known?.id === tip || (known === undefined && this.#torn)) return undefined;
    return { object, revision, what: "it ends with a commit that the newest snapshot does not have" };
  }

  #next(): number {
    const [first] = this.#ancestry;
    const newest = this.#newest;
    if (newest === undefined) return first?.firstRevision ?? 1;
    const left = this.#ancestry.find(({ parentRevision }) => parentRevision === newest);
    return left?.firstRevision ?? newest + 1;
  }

  #count({ actor, time, count }: CommitFacts): void {
    const known = this.#actors.get(actor);
    this.#actors.set(actor, {
      actor,
      commits: (known?.commits ?? 0) + 1,
      changes: (known?.changes ?? 0) + count,
      firstMs: Math.min(known?.firstMs ?? time, time),
      lastMs: Math.max(known?.lastMs ?? time, time),
    });
  }
}

/** `rest` is left out: older formats have none. */
function hashOf(commit: CommitFacts): string {
  const { revision, id, time, actor, author, requestId, message, meta, trace, count } = commit;
  const said = JSON.stringify([revision, id, time, actor, author, requestId, message, meta, trace, count]);
  return createHash("sha256").update(said).digest("base64");
}
