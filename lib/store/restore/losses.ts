/** What a store holds that a point in the bucket does not: the commits that a restore would take from it. */

import type { RestoreLosses } from "../../api/restore-answers.ts";
import { formatTime } from "../../core/time.ts";
import type { Db } from "../sqlite/driver.ts";
import { firstOf, onlyOf, rowsOf } from "../sqlite/statement.ts";
import { changedNamespacesSql, commitSql, headSql, lifeEndSql, rangeSql } from "./losses.sql.ts";

export interface PointWanted {
  readonly lineage: string;
  readonly revision: number;
  /** The id of the commit there, where it is known. */
  readonly tip: string | undefined;
}

/** Throws StoreFault. */
export function readLosses(db: Db, point: PointWanted): RestoreLosses {
  const head = firstOf(db, headSql);
  const shared = sharedRevision(db, point);
  const range = onlyOf(db, rangeSql, [shared]);
  return {
    revision: head?.revision ?? 0,
    lineage: head?.lineage ?? "",
    sharedRevision: shared,
    commits: range.commits,
    first: commitAt(db, range.first),
    last: commitAt(db, range.last),
    namespaces: rowsOf(db, changedNamespacesSql, [shared]),
  };
}

/** Where the store's history and the point's part, as far as lineages tell it. */
function sharedRevision(db: Db, { lineage, revision, tip }: PointWanted): number {
  const life = firstOf(db, lifeEndSql, [lineage]);
  if (life === undefined) return 0;
  const shared = Math.min(revision, life.revision);
  if (tip === undefined || shared < revision) return shared;
  return firstOf(db, commitSql, [revision])?.id === tip ? shared : 0;
}

function commitAt(db: Db, revision: number | null): { revision: number; time: string } | null {
  if (revision === null) return null;
  const { timeMs } = firstOf(db, commitSql, [revision]) ?? { timeMs: 0 };
  return { revision, time: formatTime(timeMs) };
}
