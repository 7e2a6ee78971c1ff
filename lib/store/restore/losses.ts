/** What a store holds that a point in the bucket does not: the commits that a restore would take from it. */

import type { RestoreLosses } from "../../api/restore-answers.ts";
import { formatTime } from "../../core/time.ts";
import type { Db } from "../sqlite/driver.ts";

export interface PointWanted {
  readonly lineage: string;
  readonly revision: number;
  /** The id of the commit there, where it is known. */
  readonly tip: string | undefined;
}

/** Throws StoreFault. */
export function readLosses(db: Db, point: PointWanted): RestoreLosses {
  const [store] = db.all("select lineage, revision from store where id=1");
  const shared = sharedRevision(db, point);
  const [range] = db.all("select count(*), min(revision), max(revision) from commits where revision>?1", [
    shared,
  ]);
  return {
    revision: Number(store?.[1] ?? 0),
    lineage: String(store?.[0] ?? ""),
    sharedRevision: shared,
    commits: Number(range?.[0] ?? 0),
    first: commitAt(db, range?.[1]),
    last: commitAt(db, range?.[2]),
    namespaces: db
      .all(
        `select namespace, count(*) from change indexed by change_by_revision where revision>?1
         group by namespace order by namespace`,
        [shared],
      )
      .map(([namespace, changes]) => ({ namespace: String(namespace), changes: Number(changes) })),
  };
}

/** Where the store's history and the point's part, as far as lineages tell it. */
function sharedRevision(db: Db, { lineage, revision, tip }: PointWanted): number {
  const [life] = db.all(
    `select coalesce((select n.parent_revision from lineage n where n.epoch>l.epoch order by n.epoch limit 1), s.revision)
     from lineage l, store s where l.lineage=?1`,
    [lineage],
  );
  if (life === undefined) return 0;
  const shared = Math.min(revision, Number(life[0]));
  if (tip === undefined || shared < revision) return shared;
  const [commit] = db.all("select id from commits where revision=?1", [revision]);
  return commit?.[0] === tip ? shared : 0;
}

function commitAt(db: Db, revision: unknown): { revision: number; time: string } | null {
  if (typeof revision !== "number") return null;
  const [row] = db.all("select time_ms from commits where revision=?1", [revision]);
  return { revision, time: formatTime(Number(row?.[0] ?? 0)) };
}
