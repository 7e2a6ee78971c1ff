/** The statements that a purge looks with before it proposes. */
import { and, eq } from "drizzle-orm";
import { param, query, statement } from "../sqlite/statement-build.ts";
import { entry, lineageTable } from "../tables.ts";

const current = {
  mediaType: entry.mediaType,
  text: entry.text,
  value: entry.value,
  revision: entry.revision,
};

/** ?1 namespace, ?2 key. */
export const currentSql = statement(
  current,
  query
    .select(current)
    .from(entry)
    .where(and(eq(entry.namespace, param(1)), eq(entry.key, param(2)))),
);

/**
 * ?1 the revision that they reach to or beyond. The present life of a restored store is one of them: the purge itself
 * opens the next.
 */
export const ancestorsSinceSql = statement(
  { lineage: lineageTable.lineage },
  `select l.lineage from store s join lineage l left join lineage n on n.parent=l.lineage
where coalesce(n.parent_revision,iif(s.pending_lineage is null,-1,s.revision))>=?1 order by l.first_revision`,
);
