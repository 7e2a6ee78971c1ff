/** The statements of what a restore would take from a store. */
import { count, eq, gt, max, min } from "drizzle-orm";
import { integerColumn, param, query, statement } from "../sqlite/statement-build.ts";
import { change, commits, store } from "../tables.ts";

const head = { lineage: store.lineage, revision: store.revision };

export const headSql = statement(head, query.select(head).from(store).where(eq(store.id, 1)));

const range = { commits: count(), first: min(commits.revision), last: max(commits.revision) };

/** ?1 the revision that is shared. */
export const rangeSql = statement(
  range,
  query
    .select(range)
    .from(commits)
    .where(gt(commits.revision, param(1))),
);

/** ?1 the revision that is shared. */
export const changedNamespacesSql = statement(
  { namespace: change.namespace, changes: integerColumn },
  `select namespace, count(*) from change indexed by change_by_revision where revision>?1
         group by namespace order by namespace`,
);

/** ?1 lineage. Up to where the store holds it. */
export const lifeEndSql = statement(
  { revision: integerColumn },
  `select coalesce((select n.parent_revision from lineage n where n.epoch>l.epoch order by n.epoch limit 1), s.revision)
     from lineage l, store s where l.lineage=?1`,
);

const commit = { id: commits.id, timeMs: commits.timeMs };

/** ?1 revision. */
export const commitSql = statement(
  commit,
  query
    .select(commit)
    .from(commits)
    .where(eq(commits.revision, param(1))),
);
