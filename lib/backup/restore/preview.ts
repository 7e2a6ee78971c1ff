/**
 * What a restore would do, before it does anything: which snapshot, from which objects, how sure it is, and what
 * the store that stands there now would lose. Reads a manifest and an index; writes nothing.
 */

import type { RestorePreview } from "../../api/restore-answers.ts";
import { formatTime } from "../../core/time.ts";
import { readIndex } from "../../snapshot/read.ts";
import { readDamageTimes } from "../../store/catalogue/damage.ts";
import { readLosses } from "../../store/restore/losses.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import type { FoundSnapshot } from "./find-snapshot.ts";
import { ancestryAt, digestsFor, objectsFor, type RestoreSource } from "./work.ts";

/** `db` is the store that would be replaced, if there is one. Throws BucketFault, StoreFault. */
export async function previewRestore(
  { bucket, reading = {} }: RestoreSource,
  { snapshot, revision, others, damaged }: FoundSnapshot,
  db: Db | undefined,
): Promise<RestorePreview> {
  const { manifest } = snapshot;
  const index = await readIndex(bucket, snapshot, reading);
  const objects = objectsFor(snapshot, index, revision);
  const digests = await digestsFor(bucket, { snapshot, index, revision }, reading);
  const damage = db === undefined ? new Map<string, number>() : readDamageTimes(db);
  const own = ancestryAt(snapshot, revision).at(-1);
  return {
    lineage: own?.lineage ?? manifest.lineage,
    epoch: own?.epoch ?? manifest.epoch,
    revision,
    manifest: snapshot.name,
    snapshotRevision: manifest.revision,
    created: manifest.created,
    check: digests.some((digest) => digest.revision === revision) ? "proven" : "linked",
    historyFrom: Math.max(1, ...(index?.usage ?? []).map(({ compacted }) => compacted)),
    objects: objects.map(({ kind, name, sizeBytes }) => ({
      kind,
      name,
      sizeBytes,
      ...damageView(damage.get(name)),
    })),
    sizeBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    rawBytes: objects.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
    others: [...others],
    ...(damaged.length === 0 ? {} : { damaged: [...damaged] }),
    store:
      db === undefined
        ? null
        : readLosses(db, {
            lineage: own?.lineage ?? manifest.lineage,
            revision,
            tip: revision === manifest.revision ? manifest.tip : undefined,
          }),
  };
}

function damageView(atMs: number | undefined): { damaged?: string } {
  return atMs === undefined ? {} : { damaged: formatTime(atMs) };
}
