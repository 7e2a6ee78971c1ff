/** What a channel's pointer demands of a replica: the whole difference, gathered before anything is done. */

import { LedgeError } from "../client/errors.ts";
import type { ReplicaCommit, ReplicaDocument, Source, Subject } from "./source.ts";

export interface PointedDifference {
  /** The revision that the channel gives, as the source sees it. */
  readonly revision: number;
  readonly documents: readonly ReplicaDocument[];
  readonly ended: readonly string[];
  /** The documents are all that there are: what is not among them has ended. */
  readonly isWhole: boolean;
}

interface Begun {
  readonly source: Source;
  readonly from: number;
  readonly revision: number;
  /** Each page adds to them. */
  readonly documents: ReplicaDocument[];
  readonly ended: string[];
  /** Where the next page begins. */
  readonly next: string;
}

/** What has come of a difference that was cut: its source goes on from there. */
export class PartOfDifference {
  #begun: Begun | undefined;

  get isBegun(): boolean {
    return this.#begun !== undefined;
  }

  /** From this source and this revision; undefined where nothing of it has come. */
  find(source: Source, from: number): Begun | undefined {
    const begun = this.#begun;
    return begun?.source === source && begun.from === from ? begun : undefined;
  }

  keep(begun: Begun | undefined): void {
    this.#begun = begun;
  }
}

interface Asked {
  readonly subject: Subject;
  readonly from: number;
  readonly signal: AbortSignal;
  readonly part: PartOfDifference;
}

/** Undefined where the pointer moved while the pages came. Rejects with LedgeError. */
export async function differenceTo(source: Source, asked: Asked): Promise<PointedDifference | undefined> {
  try {
    return await gather(source, asked);
  } catch (error) {
    // What is here is kept nowhere any more: then from nothing.
    if (!(error instanceof LedgeError) || error.code !== "compacted" || asked.from === 0) throw error;
    return gather(source, { ...asked, from: 0 });
  }
}

async function gather(
  source: Source,
  { subject, from, signal, part }: Asked,
): Promise<PointedDifference | undefined> {
  if (source.difference === undefined)
    throw new LedgeError("not_served_here", `${source.name} cannot tell what a channel points at.`);
  for (;;) {
    const begun = part.find(source, from);
    const page = await source
      .difference(subject, from, { next: begun?.next, signal })
      .catch((error: unknown) => {
        // A place that is not known there any more would fail for ever.
        if (begun !== undefined && !(error instanceof LedgeError && error.retryable)) part.keep(undefined);
        throw error;
      });
    // Until its end has come, what is kept is of one revision.
    part.keep(undefined);
    const { to: revision, next } = page;
    if (begun !== undefined && revision !== begun.revision) return undefined;
    const { documents, ended }: Pick<Begun, "documents" | "ended"> = begun ?? { documents: [], ended: [] };
    documents.push(...page.documents);
    ended.push(...page.ended);
    if (next === undefined) return { revision, documents, ended, isWhole: from === 0 };
    part.keep({ source, from, revision, documents, ended, next });
  }
}

/** Keys that a whole state does not have. */
export function keysWithout(keys: readonly string[], documents: readonly ReplicaDocument[]): string[] {
  const there = new Set(documents.map(({ key }) => key));
  return keys.filter((key) => !there.has(key));
}

/** For the guard, which judges what was put. */
export function putsOf(documents: readonly ReplicaDocument[], revision: number): ReplicaCommit {
  return {
    revision,
    id: "",
    timeMs: 0,
    changes: documents.map(({ namespace, key, mediaType, bytes }) => ({
      op: "put",
      namespace,
      key,
      mediaType,
      bytes,
    })),
  };
}
