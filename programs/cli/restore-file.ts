/**
 * A database file from a bucket. Promise: the name appears only when the file behind it is complete, checked
 * and synced, and nothing that was there before is touched; a journal that lies beside the name would be
 * played into the new file, so it is refused as well.
 */

import migrations from "ledge:migrations";
import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { link, open, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Bucket, BucketFault } from "../../lib/backup/bucket.ts";
import { findSnapshot } from "../../lib/backup/find-snapshot.ts";
import { type RestoreNews, type RestoreReport, restoreInto } from "../../lib/backup/restore.ts";
import { StoreFault } from "../../lib/store/driver.ts";
import { type NodeDb, openNodeDb } from "../../lib/store/driver-node.ts";
import { migrate } from "../../lib/store/migrate.ts";
import { EXIT, type ExitCode, Failure } from "./failure.ts";

export interface RestoreToFileOptions {
  readonly bucket: Bucket;
  /** The file to make. */
  readonly to: string;
  /** Default: the newest in the bucket. */
  readonly revision?: number;
  onProgress?(news: RestoreNews): void;
}

const SIBLINGS = ["-wal", "-shm", "-journal"];
const EXIT_OF: Readonly<Record<BucketFault["code"], ExitCode>> = {
  snapshot_damaged: EXIT.fault,
  bucket_denied: EXIT.auth,
  bucket_unavailable: EXIT.unreachable,
};

/** Builds the file. Throws Failure with the exit code and, where there is one, the code of http.md. */
export async function restoreToFile(options: RestoreToFileOptions): Promise<RestoreReport> {
  const target = resolve(options.to);
  refuseTaken(target);
  if (!existsSync(dirname(target))) {
    throw new Failure(EXIT.usage, `there is no folder ${dirname(target)}`);
  }
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.restoring`);
  try {
    const report = await fill(temporary, options);
    await giveName(temporary, target);
    return report;
  } catch (error) {
    throw failureOf(error);
  } finally {
    for (const suffix of ["", ...SIBLINGS]) rmSync(`${temporary}${suffix}`, { force: true });
  }
}

function refuseTaken(target: string): void {
  for (const name of [target, ...SIBLINGS.map((suffix) => `${target}${suffix}`)]) {
    if (!existsSync(name)) continue;
    const hint =
      name === target
        ? "restoring never overwrites: choose another name, or move that file and its journals away"
        : "a journal left beside the name would be played into the new file: move it away first";
    throw new Failure(EXIT.refused, `${name} exists`, { hint });
  }
}

async function fill(file: string, options: RestoreToFileOptions): Promise<RestoreReport> {
  const found = await findSnapshot(options.bucket, { revision: options.revision });
  if (!found.ok) throw new Failure(EXIT.absent, found.detail, { code: found.code });
  const db = openNodeDb(file);
  try {
    makeQuick(db);
    migrate(db, migrations);
    const { onProgress } = options;
    return await restoreInto(
      {
        db,
        bucket: options.bucket,
        randomBytes,
        nowMs: Date.now,
        ...(onProgress === undefined ? {} : { onProgress }),
      },
      found.value,
    );
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

/** Syncs, links without ever replacing, and syncs the folder so that the name survives too. */
async function giveName(temporary: string, target: string): Promise<void> {
  await sync(temporary);
  refuseTaken(target);
  await link(temporary, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") refuseTaken(target);
    throw error;
  });
  await unlink(temporary);
  await sync(dirname(target));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function failureOf(error: unknown): unknown {
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
