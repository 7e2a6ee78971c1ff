/** The statements that say how far the bucket is. Nothing is scanned: two rows by their names, and one a lineage. */
import { integerColumn, orNull, statement } from "../sqlite/statement-build.ts";
import { change, store } from "../tables.ts";

const position = `select p.value->>'revision' from operation p
    where p.name='position' and p.value->>'lineage' in (select lineage from lineage)`;

/** ?1 now, ?2 the latest end that a lease of now can have. */
export const exportedSql = statement(
  { revision: orNull(integerColumn), leased: orNull(integerColumn) },
  `select (${position}), l.value->>'untilMs'>?1 and l.value->>'untilMs'<=?2 from operation l where l.name='lease'`,
);

/** ?1 a revision. The namespaces that were changed after it; without a word SQLite reads the whole history for them. */
export const changedAfterSql = statement(
  { namespace: change.namespace },
  "select distinct namespace from change indexed by change_by_revision where revision>?1",
);

/** For a host that asks for those who wait, again and again: it takes no parameters. */
export const reachedSql = statement(
  { head: orNull(store.revision), exported: orNull(integerColumn), fleet: orNull(integerColumn) },
  `select (select revision from store), (${position}), (select value->>'turn' from operation where name='fleet-turn')`,
);
