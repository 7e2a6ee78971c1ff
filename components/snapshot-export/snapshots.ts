/** GET /v1/backup/snapshots: the restore points of this history, and the other histories in the bucket. */
import type { RestorePoint, Snapshots } from "../../lib/api/backup-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { listRelations } from "../../lib/backup/histories/relations.ts";
import { targetOf } from "../../lib/bucket/s3.ts";
import { formatTime } from "../../lib/core/time.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";
import { readExportedStore } from "../../lib/store/catalogue/catalogue.ts";
import { type Damage, listDamagedPoints } from "../../lib/store/catalogue/damage.ts";
import {
  listPointProofs,
  listPoints,
  type PointRow,
  type TargetLineage,
} from "../../lib/store/catalogue/points.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import type { Exporting } from "./with-bucket.ts";

/** A cursor is the run of the last point shown; nothing of it is secret. */
export async function listSnapshots(
  { world, settings, bucket }: Exporting,
  { limit, cursor }: Input<"listSnapshots">,
): Promise<Answer<Snapshots>> {
  const { db } = world;
  const target = await targetOf(settings.bucket);
  const { lineage } = readExportedStore(db);
  const points = listPoints(db, { target, lineage });
  const start = cursor === undefined ? 0 : points.findIndex(({ run }) => run === cursor) + 1;
  const page = points.slice(start, start + limit);
  const last = page.at(-1);
  return jsonReply(200, {
    lineage,
    snapshots: pointViews(
      db,
      { target, lineage },
      page.map((point) => ({ point, removableMs: point.doomedMs })),
    ),
    branches: cursor === undefined ? await listRelations(db, bucket, target) : [],
    ...(points.length > start + limit && last !== undefined ? { next: last.run } : {}),
  });
}

/** Restore points as they are shown. */
export function pointViews(
  db: Db,
  { target, lineage }: TargetLineage,
  points: readonly { readonly point: PointRow; readonly removableMs: number | null }[],
): RestorePoint[] {
  const proofs = listPointProofs(db, { lineage, revisions: points.map(({ point }) => point.revision) });
  const damaged = listDamagedPoints(db, { target, lineage });
  return points.map(({ point, removableMs }) => ({
    revision: point.revision,
    made: formatTime(point.madeMs),
    lineage,
    run: point.run,
    manifest: point.manifest,
    baseRevision: point.baseRevision,
    proof: proofs.get(point.revision) ?? null,
    damaged: damageView(damaged.get(point.run)),
    removableFrom: removableMs === null ? null : formatTime(removableMs),
  }));
}

function damageView(damage: Damage | undefined): RestorePoint["damaged"] {
  return damage === undefined ? null : { object: damage.object, at: formatTime(damage.atMs) };
}
