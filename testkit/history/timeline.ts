/**
 * Which revisions the store may have stood at in a moment. It had come to what anybody had been shown before, and not yet
 * to a commit of which no attempt had begun. Promise: only what is certain narrows the span.
 */
import type { Call } from "./calls.ts";
import type { Committed } from "./commits.ts";

export class Timeline {
  private readonly base: number;
  private readonly shown: { readonly at: number; readonly revision: number }[];
  private readonly begun: { readonly at: number; readonly revision: number }[];

  /** `commits` in the order of revisions. */
  constructor(base: number, commits: readonly Committed[], calls: readonly Call[]) {
    this.base = base;
    let newest = base;
    this.shown = calls
      .flatMap((call) => newestShown(call).map((revision) => ({ at: call.end, revision })))
      .sort((a, b) => a.at - b.at)
      .map(({ at, revision }) => {
        newest = Math.max(newest, revision);
        return { at, revision: newest };
      });
    let latest = Number.NEGATIVE_INFINITY;
    this.begun = commits.map(({ start, revision }) => {
      latest = Math.max(latest, start);
      return { at: latest, revision };
    });
  }

  /** The store had come to this revision before the moment. */
  atLeast(moment: number): number {
    return lastWhere(this.shown, ({ at }) => at < moment)?.revision ?? this.base;
  }

  /** By the moment the store had come no further than this. */
  atMost(moment: number): number {
    return lastWhere(this.begun, ({ at }) => at <= moment)?.revision ?? this.base;
  }
}

/** The newest revision that the answer proves to be there. */
function newestShown(call: Call): number[] {
  if (call.kind === "write") return call.answer.kind === "done" ? [call.answer.revision] : [];
  if (call.kind === "lookup") return call.answer === null ? [] : [call.answer];
  return [call.kind === "feed" ? call.answer.head : call.answer.revision];
}

/** The last of a list that begins with all for which it holds. */
function lastWhere<T>(list: readonly T[], holds: (one: T) => boolean): T | undefined {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = list[middle];
    if (one !== undefined && holds(one)) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}
