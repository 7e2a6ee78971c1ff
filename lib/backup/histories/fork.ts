/**
 * After a fork: what both branches share, and going on as one of them. Promise: nothing in the bucket is touched;
 * a store that goes on does so under a lineage and numbers that nobody else has.
 */

import type { Bucket } from "../../bucket/bucket.ts";
import { formatHex } from "../../core/hex.ts";
import { listClaims } from "../../snapshot/heads.ts";
import { manifestsPrefix, parseManifestName } from "../../snapshot/names.ts";
import { readableManifest } from "../../snapshot/read.ts";
import { type ExportedStore, readExportedStore } from "../../store/catalogue/catalogue.ts";
import { adoptHistory, readPendingEpoch } from "../../store/catalogue/epoch.ts";
import { listRuns } from "../../store/catalogue/points.ts";
import { findCommitId } from "../../store/documents/export-pages.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import { newEpoch } from "./new-epoch.ts";

export interface ForkContext {
  readonly db: Db;
  readonly bucket: Bucket;
  readonly target: string;
  randomBytes(length: number): Uint8Array;
}

export interface Adopted {
  /** The last revision that every branch certainly shares. */
  readonly sharedRevision: number;
  /** What the next commit opens. */
  readonly lineage: string;
  readonly epoch: number;
  readonly firstRevision: number;
}

/**
 * This store goes on as a history of its own (`others`: lineages to let be from now on). Throws BucketFault: the
 * bucket has to be asked which numbers are taken.
 */
export async function adopt(context: ForkContext, others: readonly string[]): Promise<Adopted> {
  const { db, bucket, target } = context;
  const store = readExportedStore(db);
  const { sharedRevision, isShared } = await findShared(context, store);
  const claimed = (await listClaims(bucket)).map(({ epoch }) => epoch);
  const highest = Math.max(store.epoch, readPendingEpoch(db), ...claimed);
  // What only we have after the shared revision takes an epoch of its own.
  const hasTail = store.revision > sharedRevision && sharedRevision >= store.firstRevision;
  const pending = newEpoch(highest + (hasTail ? 2 : 1), context);
  const tailLineage = formatHex(context.randomBytes(16));
  const ignored = { target, others: [...new Set([...others, store.lineage])] };
  adoptHistory(db, { sharedRevision, isShared, tailLineage, nextEpoch: highest + 1, pending, ignored });
  return { sharedRevision, ...pending };
}

const EVER = { afterMs: 0, voidAfterMs: Number.MAX_SAFE_INTEGER };

/**
 * The last revision that we surely share with another store that writes under our lineage. It is that of their newest
 * manifest whose tip we have, or of the manifest of ours that theirs follows. Without such a store it is the head.
 */
async function findShared(
  { db, bucket }: ForkContext,
  store: ExportedStore,
): Promise<{ sharedRevision: number; isShared: boolean }> {
  const names = (await bucket.list(manifestsPrefix(store.lineage))).flatMap((name) => {
    const parts = parseManifestName(name);
    return parts === undefined ? [] : [{ ...parts, name }];
  });
  const ours = listRuns(
    db,
    names.map(({ run }) => run),
    EVER,
  );
  const theirs = names.filter(({ run }) => !ours.has(run));
  if (theirs.length === 0) return { sharedRevision: store.revision, isShared: false };
  let shared = store.firstRevision - 1;
  let apart = false;
  for (const { name, revision } of theirs) {
    const read = await readableManifest(bucket, name);
    if (read === undefined) continue;
    const { tip, parent } = read.manifest;
    if (findCommitId(db, revision) === tip) shared = Math.max(shared, revision);
    else apart = true;
    const parentParts = parent === null ? undefined : parseManifestName(parent.name);
    if (parentParts !== undefined && ours.has(parentParts.run))
      shared = Math.max(shared, parentParts.revision);
  }
  return { sharedRevision: apart ? Math.min(shared, store.revision) : store.revision, isShared: true };
}
