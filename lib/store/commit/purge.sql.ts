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

/** ?1 the revision that they reach to or beyond. */
export const ancestorsSinceSql = statement(
  { lineage: lineageTable.lineage },
  "select l.lineage from lineage l join lineage n on n.parent=l.lineage where n.parent_revision>=?1 order by l.first_revision",
);
