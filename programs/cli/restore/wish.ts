/**
 * A restore as the commands wish it: what to find in which bucket, and a file filled with it, checked, that nobody
 * else knows yet. What goes wrong becomes a Failure with its exit code.
 */
import migrations from "ledge:migrations";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import type { NewRoot } from "../../../lib/api/restore-bodies.ts";
import { OnlyOlder } from "../../../lib/backup/histories/choose-branch.ts";
import { type FoundSnapshot, type Wanted, withSound } from "../../../lib/backup/restore/find-snapshot.ts";
import { type RestoreNews, type RestoreReport, restoreInto } from "../../../lib/backup/restore/restore.ts";
import { digestState } from "../../../lib/backup/state-digest.ts";
import { type Bucket, BucketFault } from "../../../lib/bucket/bucket.ts";
import type { Reading } from "../../../lib/snapshot/read.ts";
import { StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import { EXIT, type ExitCode, Failure } from "../failure.ts";
import { SIBLINGS } from "./replace.ts";
import { makeUnfinished } from "./unfinished.ts";

/** What is restored, and how: the same for a file, a folder and a preview. */
export interface RestoreWish extends Wanted {
  readonly bucket: Bucket;
  readonly reading?: Reading | undefined;
  /** Refuses when the branch's newest revision in the bucket is older than this one. */
  readonly minRevision?: number | undefined;
  readonly revokeAll?: boolean | undefined;
  readonly newRoot?: NewRoot | undefined;
  onProgress?(news: RestoreNews): void;
}

const EXIT_OF: Readonly<Record<BucketFault["code"], ExitCode>> = {
  snapshot_damaged: EXIT.fault,
  bucket_denied: EXIT.auth,
  bucket_unavailable: EXIT.unreachable,
};

/** Fills a file that is thrown away when the work with it is done. */
export function withTemporary<T>(file: string, work: () => Promise<T>): Promise<T> {
  return work()
    .catch((error: unknown) => {
      throw failureOf(error);
    })
    .finally(() => {
      for (const suffix of ["", ...SIBLINGS]) rmSync(`${file}${suffix}`, { force: true });
    });
}

/** Does the work with what was asked for (withSound). Throws Failure and BucketFault. */
export async function withSnapshot<T>(
  wish: RestoreWish,
  work: (found: FoundSnapshot) => Promise<T>,
): Promise<T> {
  const done = await withSound(wish, wish, async (found) => {
    requireNew(found, wish);
    return work(found);
  });
  if (done.ok) return done.value;
  const { code, detail } = done;
  const exit = code === "bad_parameter" ? EXIT.usage : code === "fork" ? EXIT.refused : EXIT.absent;
  const hint = code === "fork" ? "name the one you mean with --branch" : undefined;
  throw new Failure(exit, detail, { code, hint });
}

function requireNew({ newestRevision }: FoundSnapshot, { minRevision }: RestoreWish): void {
  if (minRevision === undefined || newestRevision >= minRevision) return;
  throw new Failure(
    EXIT.refused,
    `the newest snapshot is at revision ${newestRevision}, older than ${minRevision}: the bucket went back`,
  );
}

/** Replays the snapshot into a new file; with `digested` also gives the digest of what it holds then. */
export async function fillFile(
  file: string,
  wish: RestoreWish,
  digested: boolean,
): Promise<{ report: RestoreReport; digest: string }> {
  const { bucket, reading, revokeAll, newRoot, onProgress } = wish;
  makeUnfinished(file);
  const db = openNodeDb(file);
  try {
    makeQuick(db);
    migrate(db, migrations);
    const progress = onProgress === undefined ? {} : { onProgress };
    const options = { db, bucket, reading, revokeAll, newRoot, randomBytes, nowMs: Date.now, ...progress };
    const report = await withSnapshot(wish, (found) => restoreInto(options, found));
    const digest = digested ? (await digestState(db, { kind: "entries" })).sha256 : "";
    return { report, digest };
  } finally {
    db.close();
  }
}

/** Nobody knows the file yet, and it is synced as a whole before anybody does: no journal, no waiting. */
function makeQuick(db: NodeDb): void {
  db.raw.pragma("journal_mode = memory");
  db.raw.pragma("synchronous = off");
  db.raw.pragma("cache_size = -65536");
}

/** What a person can type after a refusal because of damage. */
export function olderAdvice({ older: { branch, revision } }: OnlyOlder): string {
  return `--branch ${branch} restores revision ${revision}, without what came after it`;
}

/** A fault of bucket or disk with its exit code; anything else as it is. */
export function failureOf(error: unknown): unknown {
  if (error instanceof BucketFault) {
    const hint =
      error instanceof OnlyOlder
        ? olderAdvice(error)
        : error.code === "bucket_denied"
          ? "look at the bucket's name, region and credentials"
          : undefined;
    return new Failure(EXIT_OF[error.code], error.detail, { code: error.code, hint, cause: error });
  }
  if (error instanceof StoreFault) {
    return new Failure(EXIT.fault, `the file could not be written: ${error.text}`, { cause: error });
  }
  return error;
}
