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
import { type Adopted, adoptHistory } from "../../store/catalogue/epoch.ts";
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

/**
 * This store goes on as a history of its own (`others`: lineages to let be from now on). Throws BucketFault: the
 * bucket has to be asked which numbers are taken.
 */
export async function adopt(context: ForkContext, others: readonly string[]): Promise<Adopted> {
  const { db, bucket, target } = context;
  const store = readExportedStore(db);
  const sharedRevision = await findShared(context, store);
  const claimed = (await listClaims(bucket)).map(({ epoch }) => epoch);
  return adoptHistory(db, {
    sharedRevision,
    tailLineage: formatHex(context.randomBytes(16)),
    claimedEpoch: Math.max(0, ...claimed),
    begin: (epoch) => newEpoch(epoch, context),
    ignored: { target, others: [...others, store.lineage] },
  });
}

const EVER = { afterMs: 0, voidAfterMs: Number.MAX_SAFE_INTEGER };

/**
 * The last revision that we surely share with another store that writes under our lineage. It is that of their newest
 * manifest whose tip we have, or of the manifest of ours that theirs follows. Without such a store it is null.
 */
async function findShared({ db, bucket }: ForkContext, store: ExportedStore): Promise<number | null> {
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
  if (theirs.length === 0) return null;
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
  return apart ? Math.min(shared, store.revision) : store.revision;
}
