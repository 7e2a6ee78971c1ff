/**
 * Proposals that were decided on: their documents are gone, and history has them. Index: the unique one of `change`, over the
 * keys of proposals alone; it covers the look for the newest, and values are fetched only for a page.
 */
import { orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { change, commits } from "../tables.ts";

/** ?1 its key. As it was last put. */
export const lastProposedSql = statement(
  { json: textColumn, revision: change.revision },
  `select cast(value as text),revision from change where namespace='_system' and key=?1 and op='put'
order by revision desc limit 1`,
);

/**
 * ?1 before which revision, ?2 how many. Newest first: what became of each, and the commit that applied it, which is the next
 * one and names it.
 */
export const decidedSql = statement(
  {
    key: change.key,
    revision: change.revision,
    timeMs: commits.timeMs,
    author: orNull(commits.author),
    message: orNull(commits.message),
    applied: orNull(commits.revision),
    json: textColumn,
  },
  `with newest(key,revision) as materialized (select key,revision from (select key,max(revision) as revision from change
where namespace='_system' and key>='proposal/' and key<'proposal0' group by key) n where revision<?1
and not exists (select 1 from entry e where e.namespace='_system' and e.key=n.key) order by revision desc limit ?2)
select n.key,n.revision,m.time_ms,m.author,m.message,a.revision,cast(p.value as text)
from newest n cross join commits m on m.revision=n.revision
cross join change p on p.namespace='_system' and p.key=n.key and p.revision=(select max(revision) from change
where namespace='_system' and key=n.key and op='put')
left join commits a on a.revision=n.revision+1 and a.meta->>'_proposal'=substr(n.key,10) order by n.revision desc`,
);
