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

/** Undefined where the pointer moved while the pages came. Rejects with LedgeError. */
export async function differenceTo(
  source: Source,
  {
    subject,
    from,
    signal,
  }: { readonly subject: Subject; readonly from: number; readonly signal: AbortSignal },
): Promise<PointedDifference | undefined> {
  try {
    return await gather(source, { subject, from, signal });
  } catch (error) {
    // What is here is kept nowhere any more: then from nothing.
    if (!(error instanceof LedgeError) || error.code !== "compacted" || from === 0) throw error;
    return gather(source, { subject, from: 0, signal });
  }
}

async function gather(
  source: Source,
  {
    subject,
    from,
    signal,
  }: { readonly subject: Subject; readonly from: number; readonly signal: AbortSignal },
): Promise<PointedDifference | undefined> {
  if (source.difference === undefined)
    throw new LedgeError("not_served_here", `${source.name} cannot tell what a channel points at.`);
  const documents: ReplicaDocument[] = [];
  const ended: string[] = [];
  let revision: number | undefined;
  for (let next: string | undefined; ; ) {
    const page = await source.difference(subject, from, { next, signal });
    if (revision !== undefined && page.to !== revision) return undefined;
    revision = page.to;
    documents.push(...page.documents);
    ended.push(...page.ended);
    if (page.next === undefined) return { revision, documents, ended, isWhole: from === 0 };
    next = page.next;
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
