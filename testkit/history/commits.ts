/**
 * Which commits a record speaks of: each write that was acknowledged, or found by its request id, at the revision that was
 * told. Promise: a revision that two writes claim, or that nobody claims, is a fault.
 */
import type { Call, SentChange, WriteCall } from "./calls.ts";
import type { Fault } from "./faults.ts";

export interface Committed {
  readonly revision: number;
  readonly requestId: string;
  readonly changes: readonly SentChange[];
  /** When the first attempt began: the commit was not made before. */
  readonly start: number;
}

export interface Writes {
  /** In the order of revisions. */
  readonly commits: readonly Committed[];
  readonly attempts: ReadonlyMap<string, readonly WriteCall[]>;
  readonly faults: readonly Fault[];
}

/** `base` is the newest revision before the record began. */
export function commitsOf(calls: readonly Call[], base: number): Writes {
  const attempts = new Map<string, WriteCall[]>();
  const found = new Map<string, Set<number>>();
  const claim = (id: string, revision: number) => found.set(id, (found.get(id) ?? new Set()).add(revision));
  for (const call of calls) {
    if (call.kind === "lookup" && call.answer !== null) claim(call.requestId, call.answer);
    if (call.kind !== "write") continue;
    attempts.set(call.requestId, [...(attempts.get(call.requestId) ?? []), call]);
    if (call.answer.kind === "done" && !call.answer.unchanged) claim(call.requestId, call.answer.revision);
  }
  const faults: Fault[] = [];
  const byRevision = new Map<number, Committed>();
  for (const [requestId, revisions] of found) {
    const [first] = attempts.get(requestId) ?? [];
    if (revisions.size > 1) faults.push({ kind: "twice", detail: `${requestId} at ${[...revisions]}` });
    for (const revision of revisions) {
      const other = byRevision.get(revision);
      if (other !== undefined)
        faults.push({ kind: "lost", detail: `revision ${revision}: ${other.requestId} and ${requestId}` });
      if (first === undefined) faults.push({ kind: "answer", detail: `${requestId} was never sent` });
      else byRevision.set(revision, { revision, requestId, changes: first.changes, start: first.start });
    }
  }
  const commits = [...byRevision.values()].sort((a, b) => a.revision - b.revision);
  for (const [index, { revision }] of commits.entries())
    if (revision !== (commits[index - 1]?.revision ?? base) + 1)
      faults.push({ kind: "gap", detail: `nobody made the revision before ${revision}` });
  return { commits, attempts, faults };
}
