/** What ticks report, and several of them as one: the rounds of a tick, and the runs that a person asked for as one. */

import type { BackupRun } from "../../api/backup-answers.ts";

/** Two reports as one; the second came after the first. */
export function together(before: BackupRun, after: BackupRun): BackupRun {
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
