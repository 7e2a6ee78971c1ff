/**
 * A restore as the commands wish it: what to find in which bucket, and a file filled with it, checked, that nobody
 * else knows yet. What goes wrong becomes a Failure with its exit code.
 */
import migrations from "ledge:migrations";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import type { NewRoot } from "../../../lib/api/restore-bodies.ts";
import { findOlder } from "../../../lib/backup/histories/choose-branch.ts";
import { type FoundSnapshot, findSnapshot, type Wanted } from "../../../lib/backup/restore/find-snapshot.ts";
import { type RestoreNews, type RestoreReport, restoreInto } from "../../../lib/backup/restore/restore.ts";
import { digestState } from "../../../lib/backup/state-digest.ts";
import { type Bucket, BucketFault, isDamage } from "../../../lib/bucket/bucket.ts";
import { manifestsPrefix } from "../../../lib/snapshot/names.ts";
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

/** Finds what was asked for. Throws Failure and BucketFault. */
export async function requireSnapshot(wish: RestoreWish): Promise<FoundSnapshot> {
  const found = await findSnapshot(wish.bucket, wish, wish.reading);
  if (!found.ok) {
    const exit =
      found.code === "bad_parameter" ? EXIT.usage : found.code === "fork" ? EXIT.refused : EXIT.absent;
    const hint = found.code === "fork" ? "name the one you mean with --branch" : undefined;
    throw new Failure(exit, found.detail, { code: found.code, hint });
  }
  const { newestRevision } = found.value;
  if (wish.minRevision !== undefined && newestRevision < wish.minRevision) {
    throw new Failure(
      EXIT.refused,
      `the newest snapshot is at revision ${newestRevision}, older than ${wish.minRevision}: the bucket went back`,
    );
  }
  return found.value;
}

/** Replays the snapshot into a new file; with `digested` also gives the digest of what it holds then. */
export async function fillFile(
  file: string,
  wish: RestoreWish,
  digested: boolean,
): Promise<{ report: RestoreReport; digest: string }> {
  const { bucket, reading, revokeAll, newRoot, onProgress } = wish;
  const found = await requireSnapshot(wish);
  makeUnfinished(file);
  const db = openNodeDb(file);
  try {
    makeQuick(db);
    migrate(db, migrations);
    const report = await restoreInto(
      {
        db,
        bucket,
        reading,
        revokeAll,
        newRoot,
        randomBytes,
        nowMs: Date.now,
        ...(onProgress === undefined ? {} : { onProgress }),
      },
      found,
    ).catch((error: unknown) => withOlder(wish, found, error));
    const digest = digested ? (await digestState(db, { kind: "entries" })).sha256 : "";
    return { report, digest };
  } finally {
    db.close();
  }
}

/** An object of the snapshot is damaged: names the newest one that does without it. Always throws. */
async function withOlder(
  { bucket, reading }: RestoreWish,
  { snapshot }: FoundSnapshot,
  error: unknown,
): Promise<never> {
  if (!isDamage(error)) throw error;
  const names = await bucket.list(manifestsPrefix(snapshot.manifest.lineage));
  const older = await findOlder(bucket, names, error.object, reading);
  const hint =
    older === undefined
      ? undefined
      : `the next snapshot without it: --branch ${older.branch} (revision ${older.revision})`;
  throw new Failure(EXIT.fault, error.detail, { code: error.code, hint, cause: error });
}

/** Nobody knows the file yet, and it is synced as a whole before anybody does: no journal, no waiting. */
function makeQuick(db: NodeDb): void {
  db.raw.pragma("journal_mode = memory");
  db.raw.pragma("synchronous = off");
  db.raw.pragma("cache_size = -65536");
}

/** A fault of bucket or disk with its exit code; anything else as it is. */
export function failureOf(error: unknown): unknown {
  if (error instanceof BucketFault) {
    const hint =
      error.code === "bucket_denied" ? "look at the bucket's name, region and credentials" : undefined;
    return new Failure(EXIT_OF[error.code], error.detail, { code: error.code, hint, cause: error });
  }
  if (error instanceof StoreFault) {
    return new Failure(EXIT.fault, `the file could not be written: ${error.text}`, { cause: error });
  }
  return error;
}
