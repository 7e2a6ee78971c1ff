/**
 * `ledge restore`: a database file from the bucket, with nothing else running. Without --from it reads the
 * bundled bucket of the data folder, and starts its server itself if the host is down.
 */

import type { RestoreReport } from "../../../lib/backup/restore/restore.ts";
import type { Bucket } from "../../../lib/bucket/bucket.ts";
import { readReading } from "../backup/reading.ts";
import { openNamedBucket } from "../backup/source.ts";
import type { Connection } from "../context.ts";
import { countWords, formatBytes, printJson, say } from "../output.ts";
import { openProgress, type Progress, sayBytes } from "../progress.ts";
import { sayIndexed } from "../tree/say-indexed.ts";
import { wholeNumber } from "../whole-number.ts";
import { restoreToFile } from "./file.ts";
import { judgeOptions, type RestoreFlags, wantedOf, withNewRoot, withPlainTime } from "./options.ts";
import { printPlan, printPreview, sayLosses } from "./plan.ts";
import { previewServer, restoreServer } from "./server.ts";
import { restoreToTree } from "./tree.ts";
import type { RestoreWish } from "./wish.ts";

/** Where the server is, for --server alone. */
export interface RestorePlaces {
  readonly dataDir: string;
  server(): Connection;
}

/** Runs the command in the way that the options name. */
export async function runRestore(options: RestoreFlags, places: RestorePlaces): Promise<void> {
  judgeOptions(options);
  if (options.server === true) return runServer(options, places.server());
  const source = await openNamedBucket(options, places.dataDir);
  try {
    const { bucket, storeFile } = source;
    const progress = openProgress(100);
    const wish = await wishOf(options, bucket, progress);
    await withNewRoot(options, (newRoot) => restore(options, { ...wish, newRoot }, { progress, storeFile }));
  } finally {
    await source.stop();
  }
}

async function wishOf(options: RestoreFlags, bucket: Bucket, progress: Progress): Promise<RestoreWish> {
  return {
    ...wantedOf(options),
    bucket,
    reading: readReading(options.trust),
    minRevision: wholeNumber("--min-revision", options.minRevision),
    revokeAll: options.revokeAll,
    onProgress: (news) =>
      news.phase === "checking"
        ? progress.to(100, "checking the whole file")
        : sayBytes(progress, "restoring", news),
  };
}

interface Beside {
  readonly progress: Progress;
  /** The store beside the bucket. */
  readonly storeFile: string | undefined;
}

async function restore(
  options: RestoreFlags,
  wish: RestoreWish,
  { progress, storeFile }: Beside,
): Promise<void> {
  const { to, toDir, output } = options;
  if (options.plan === true) return printPlan(wish, { to, storeFile }, output);
  if (toDir !== undefined) {
    const { namespace: namespaces, foldCase = false } = options;
    const { damaged, ...tree } = await restoreToTree(wish, toDir, { namespaces, foldCase });
    progress.end(
      `${countWords(tree.documents, "document")} (${formatBytes(tree.bytes)}) of revision ${tree.revision} in ${toDir}`,
    );
    sayDamage(damaged);
    sayIndexed(tree.indexed);
    return output === "json" ? printJson({ ...tree, dir: toDir }) : undefined;
  }
  if (to === undefined) throw new Error("a restore has no place to go");
  if (options.replace === true) await sayLosses(wish, to);
  const report = await restoreToFile({ ...wish, to, replace: options.replace });
  progress.end(`${to} holds revision ${report.revision}`);
  sayDamage(report.damaged);
  if (report.keptAs !== undefined) say(`  the store before is kept as ${report.keptAs}; it takes no writes`);
  sayTokens(report, options);
  if (output === "json") printJson(report);
}

async function runServer(typed: RestoreFlags, server: Connection): Promise<void> {
  const options = withPlainTime(typed);
  if (options.plan === true) return printPreview(await previewServer(server, options), options.output);
  const answer = await withNewRoot(options, (newRoot) => restoreServer(server, options, newRoot));
  if (answer.report !== null) {
    sayDamage(answer.report.damaged);
    sayTokens(answer.report, options);
  }
  if (options.output === "json") printJson(answer);
}

function sayDamage(damaged: readonly string[] = []): void {
  for (const name of damaged) say(`  ${name} is damaged: another snapshot of the same revision was taken`);
}

/** What a restore cannot know of tokens is said, since a revocation that is lost is a way in. */
function sayTokens(report: RestoreReport, { newRoot }: RestoreFlags): void {
  const { revocationsApplied, tokensUncertain, tokensKnownTo, tokensUnread, liveRoots } = report;
  if (revocationsApplied > 0)
    say(`  ${countWords(revocationsApplied, "token")} revoked, rotated or shortened since: done again`);
  for (const name of tokensUnread)
    say(`  could not be read, so what it did to tokens is not done again: ${name}`);
  if (tokensUncertain > 0)
    say(
      `  ${countWords(tokensUncertain, "live token")}: a revocation after revision ${tokensKnownTo} is not in the bucket (--revoke-all ends them)`,
    );
  if (newRoot !== undefined) say(`  a new root token is in ${newRoot}`);
  else if (liveRoots === 0)
    say("  no live root token is left: restore again with --new-root FILE to have one");
}
