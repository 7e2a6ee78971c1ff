/** The statements of the canonical lines of a state (state-pages.ts says what they are for). */
import { asc } from "drizzle-orm";
import { blobColumn, integerColumn, orNull, query, statement } from "../sqlite/statement-build.ts";
import { entry, usage } from "../tables.ts";

const LINE = `case when d.text=1 then json_array(d.key, d.revision, d.media_type, cast(d.value as text))
  else json_array(d.key, d.revision, d.media_type, null, lower(hex(d.value))) end`;

/**
 * ?1 namespace, ?2 the key before, ?3 bytes at most. Sizes first and values only of the rows that fit: a page would
 * otherwise carry thousands of values around.
 */
const page = (documents: string, table: "entry" | "change") =>
  statement(
    {
      text: orNull(blobColumn),
      keys: integerColumn,
      bytes: orNull(integerColumn),
      lastKey: orNull(entry.key),
    },
    `select cast(group_concat(line, char(10)) as blob), count(*), sum(size), max(key) from (
      select d.key, p.size, ${LINE} as line from (
        select id, key, size from (
          select *, row_number() over w as n,
            sum(100 + octet_length(key) + case text when 1 then 1.1 else 2 end * size) over w as total
          from (${documents}) window w as (order by key rows unbounded preceding))
        where total<=?3 or n=1) p
      cross join ${table} d on d.rowid=p.id order by p.key limit -1)`,
  );

export const entriesPageSql = page(
  "select rowid as id, key, text, octet_length(value) as size from entry where namespace=?1 and key>?2 order by key limit 2000",
  "entry",
);

/** ?4 the revision up to which. */
export const historyPageSql = page(
  `select c.rowid as id, c.key, c.text, octet_length(c.value) as size from change c where c.namespace=?1 and c.key>?2
          and c.revision<=?4 and c.op='put' and not exists (select 1 from change x where x.namespace=c.namespace
          and x.key=c.key and x.revision>c.revision and x.revision<=?4) order by c.key limit 2000`,
  "change",
);

const namespace = { namespace: usage.namespace };

/** In order of bytes. */
export const namespacesSql = statement(
  namespace,
  query.select(namespace).from(usage).orderBy(asc(usage.namespace)),
);
