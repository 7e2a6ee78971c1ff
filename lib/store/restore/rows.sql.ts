/** The statements that look at a store that is being filled, and the plain ones that fill it. */
import { desc, eq, gt } from "drizzle-orm";
import { integerColumn, param, query, sqlOf, statement } from "../sqlite/statement-build.ts";
import { change, commits, entry, lineageTable, store, usage } from "../tables.ts";

export const emptySql = statement(
  { empty: integerColumn },
  `select not exists (select 1 from commits) and not exists (select 1 from change) and not exists (select 1 from entry)
      and revision=0 and state='open' and pending_lineage is null from store where id=1`,
);

const newest = { revision: commits.revision, id: commits.id };

/** ?1 revision. A commit after it that no restore made. Index: the primary key. */
export const ownCommitSql = statement(
  { revision: commits.revision },
  "select revision from commits where revision>?1 and actor<>'_restore' limit 1",
);

export const newestCommitSql = statement(
  newest,
  query.select(newest).from(commits).orderBy(desc(commits.revision)).limit(1),
);

export const countsSql = statement(
  { commits: integerColumn, changes: integerColumn, documents: integerColumn },
  "select (select count(*) from commits), (select count(*) from change), (select count(*) from entry)",
);

const thisStore = eq(store.id, 1);

/** What closes a store for a restore. */
export const closeSql = [
  sqlOf(query.delete(usage)),
  sqlOf(query.delete(lineageTable)),
  sqlOf(query.update(store).set({ state: "restoring" }).where(thisStore)),
];

/** What gives up all that a restore has brought, in the order of its references. */
export const emptyAllSql = [change, entry, usage, commits, lineageTable].map((table) =>
  sqlOf(query.delete(table)),
);

/** ?1 lineage. */
export const firstLineageSql = sqlOf(
  query.insert(lineageTable).values({ epoch: 0, lineage: param(1), firstRevision: 1 }),
);

/** ?1 lineage, ?2 epoch, ?3 first revision, ?4 revision, ?5 to ?7 what is pending: lineage, epoch, first revision. */
export const setStoreSql = sqlOf(
  query
    .update(store)
    .set({
      lineage: param(1),
      epoch: param(2),
      firstRevision: param(3),
      revision: param(4),
      state: "open",
      pendingLineage: param(5),
      pendingEpoch: param(6),
      pendingFirst: param(7),
    })
    .where(thisStore),
);

export const dropUsageSql = sqlOf(query.delete(usage));

/** ?1 namespace, ?2 its compaction mark. */
export const markUsageSql = sqlOf(
  query.insert(usage).values({ namespace: param(1), keys: 0, bytes: 0, compacted: param(2) }),
);

/** ?1 revision: the entries and the commits after it. */
export const dropEntriesAfterSql = sqlOf(query.delete(entry).where(gt(entry.revision, param(1))));
export const dropCommitsAfterSql = sqlOf(query.delete(commits).where(gt(commits.revision, param(1))));
