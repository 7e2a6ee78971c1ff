/** What ticks report, and several of them as one: the rounds of a tick, and the runs that a person asked for as one. */

/** What a tick did, as http.md shows it. */
export interface TickReport {
  readonly state: "exported" | "nothing_new" | "skipped";
  readonly from: number | null;
  readonly to: number | null;
  readonly objects: number;
  readonly bytes: number;
  readonly manifest: string | null;
  /** The budget ended before the export did: there is more for whoever asks next. */
  readonly more: boolean;
  /** The newest revision that a proof stands for, after this tick. */
  readonly provenRevision: number | null;
  /** What pruning removed. */
  readonly pruned: { readonly points: number; readonly objects: number; readonly bytes: number };
}

/** Two reports as one; the second came after the first. */
export function together(before: TickReport, after: TickReport): TickReport {
  if (before.state !== "exported") return after;
  return {
    state: "exported",
    from: before.from,
    to: after.state === "skipped" ? before.to : after.to,
    objects: before.objects + after.objects,
    bytes: before.bytes + after.bytes,
    manifest: after.manifest ?? before.manifest,
    more: after.state === "skipped" ? before.more : after.more,
    provenRevision: after.provenRevision,
    pruned: {
      points: before.pruned.points + after.pruned.points,
      objects: before.pruned.objects + after.pruned.objects,
      bytes: before.pruned.bytes + after.pruned.bytes,
    },
  };
}
