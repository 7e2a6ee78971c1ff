/** `ledge audit verify`: the history in the bucket, checked from outside, and who made it. */
import { formatTime } from "../../../lib/core/time.ts";
import { type VerifyOptions, withBucketSource } from "../backup/verify.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords, printJson, say, sayDone } from "../output.ts";
import { printTable } from "../table.ts";
import { type AuditedBucket, checkHistory } from "./check-history.ts";
import type { Break } from "./history.ts";
import { readNewest } from "./newest.ts";

export interface AuditOptions extends VerifyOptions {
  /** Nothing was ever pruned: a restore point that is gone is a break. */
  readonly complete?: true;
}

const BREAKS_SHOWN = 20;

/** Ends with 1 where the history is not whole, and names each object and revision. */
export function verifyAudit(options: AuditOptions, dataDir: string): Promise<void> {
  return withBucketSource(options, dataDir, async ({ bucket, reading, wish }) => {
    const snapshot = await readNewest(bucket, wish.branch, reading);
    const audited = await checkHistory(bucket, snapshot, reading);
    const breaks = [...audited.breaks, ...(options.complete === true ? audited.gone.map(goneBreak) : [])];
    if (options.output === "json") printJson(viewOf(snapshot.manifest.lineage, audited, breaks));
    else if (breaks.length === 0) showActors(audited);
    if (breaks.length > 0) throw brokenBy(breaks);
    tell(audited);
  });
}

function goneBreak(object: string): Break {
  return { object, revision: null, what: "the restore point is gone, and another one follows it" };
}

function brokenBy(breaks: readonly Break[]): Failure {
  const lines = breaks
    .slice(0, BREAKS_SHOWN)
    .map(
      ({ object, revision, what }) =>
        `${object}${revision === null ? "" : `, revision ${revision}`}: ${what}`,
    );
  const more = breaks.length - lines.length;
  return new Failure(
    EXIT.fault,
    ["the history in the bucket is not whole", ...lines, ...(more > 0 ? [`and ${more} more`] : [])].join(
      "\n  ",
    ),
    {
      code: "snapshot_damaged",
      hint: "`ledge backup status` says what the live store finds; docs/recovery.md says how to go on",
    },
  );
}

function viewOf(
  lineage: string,
  { history, points, objects, gone }: AuditedBucket,
  breaks: readonly Break[],
) {
  return {
    lineage,
    firstRevision: history.first ?? null,
    revision: history.newest ?? null,
    commits: history.commits,
    whole: breaks.length === 0,
    points,
    objects,
    gone,
    breaks,
    actors: actorsOf(history),
  };
}

function actorsOf(history: AuditedBucket["history"]) {
  return history.actors().map(({ firstMs, lastMs, ...counts }) => ({
    ...counts,
    first: formatTime(firstMs),
    last: formatTime(lastMs),
  }));
}

function showActors({ history }: AuditedBucket): void {
  printTable(
    ["ACTOR", "COMMITS", "CHANGES", "FIRST", "LAST"],
    actorsOf(history).map(({ actor, commits, changes, first, last }) => [
      actor,
      String(commits),
      String(changes),
      first,
      last,
    ]),
  );
}

function tell({ history, points, objects, gone }: AuditedBucket): void {
  sayDone(
    `revisions ${history.first ?? 0} to ${history.newest ?? 0}, ${countWords(history.actors().length, "actor")}, chain whole: ${countWords(points, "restore point")}, ${countWords(objects, "object")} read`,
  );
  const [first] = gone;
  if (first !== undefined)
    say(
      `  ${countWords(gone.length, "restore point")} that others follow ${gone.length === 1 ? "is" : "are"} gone, such as ${first}: pruning does that; --complete makes it a fault`,
    );
}
