/** GET /v1/backup/snapshots: the restore points of this history, and the other histories in the bucket. */
import { listRelations } from "../../lib/backup/histories/relations.ts";
import { targetOf } from "../../lib/bucket/s3.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { readExportedStore } from "../../lib/store/catalogue/catalogue.ts";
import { listPointProofs, listPoints, type PointRow } from "../../lib/store/catalogue/points.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { type Admit, admitBucket, requireBackup, type Work } from "./admit.ts";
import type { Export } from "./export.ts";

const LIMIT = 100;
const LIMIT_MAX = 1000;

export function getSnapshots(
  door: Door,
  { query }: Target,
  { exporting, admit }: { exporting: Export; admit: Admit },
): Answer {
  const asked = requireBackup(door, query, { parameters: ["limit", "cursor"] });
  if (!asked.ok) return asked;
  const { parameters } = asked.value;
  const limit = Number(parameters.get("limit") ?? LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    return refuse("bad_parameter", `limit is a whole number from 1 to ${LIMIT_MAX}.`);
  const cursor = parameters.get("cursor");
  if (cursor !== undefined && !/^[0-9a-f]{16}$/.test(cursor))
    return refuse("bad_cursor", "That is not a cursor of this route. Begin again without one.");
  const work: Work = async ({ bucket }) => {
    const { db } = exporting.world;
    const target = await targetOf(bucket);
    const { lineage } = readExportedStore(db);
    const points = listPoints(db, { target, lineage });
    const start = cursor === undefined ? 0 : points.findIndex(({ run }) => run === cursor) + 1;
    const page = points.slice(start, start + limit);
    const branches =
      cursor === undefined ? await listRelations(db, exporting.openBucket(bucket), target) : [];
    const next = points.length > start + limit ? { next: page.at(-1)?.run } : {};
    return () =>
      jsonReply(200, {
        lineage,
        snapshots: pointViews(
          db,
          lineage,
          page.map((point) => ({ point, removableMs: point.doomedMs })),
        ),
        branches,
        ...next,
      });
  };
  return admitBucket(door, { admit, work });
}

/** Restore points as they are shown. */
export function pointViews(
  db: Db,
  lineage: string,
  points: readonly { readonly point: PointRow; readonly removableMs: number | null }[],
): Record<string, unknown>[] {
  const proofs = listPointProofs(db, { lineage, revisions: points.map(({ point }) => point.revision) });
  return points.map(({ point, removableMs }) => ({
    revision: point.revision,
    made: formatTime(point.madeMs),
    lineage,
    run: point.run,
    manifest: point.manifest,
    baseRevision: point.baseRevision,
    proof: proofs.get(point.revision) ?? null,
    removableFrom: removableMs === null ? null : formatTime(removableMs),
  }));
}
