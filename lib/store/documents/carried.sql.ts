/** What differs between two states of a namespace, key by key and as little of it as budgets count. */
import { integerColumn, orNull, statement } from "../sqlite/statement-build.ts";
import { change } from "../tables.ts";

const newest = (revision: string) =>
  `(select c.rowid from change c where c.namespace=?1 and c.key=l.key and c.revision<=${revision} order by c.revision desc limit 1)`;
/** What is longer is not empty (lib/core/empty.ts). */
const short = (c: string) => `iif(${c}.op='put' and length(${c}.value)<65,${c}.value,null)`;

/** ?1 namespace, ?2 the state before, ?3 after, ?4 the key to go on behind, ?5 how many. Index: change_by_revision, then the unique one. */
export const carriedSql = statement(
  {
    key: change.key,
    sizeBefore: orNull(integerColumn),
    sizeAfter: orNull(integerColumn),
    shortBefore: orNull(change.value),
    shortAfter: orNull(change.value),
  },
  `with looked(key) as materialized (select distinct i.key from change i indexed by change_by_revision
where i.revision>min(?2,?3) and i.revision<=max(?2,?3) and i.namespace=?1 and i.key>?4),
placed(key,was,became) as materialized (select l.key,${newest("?2")},${newest("?3")} from looked l)
select x.key,length(b.value),length(a.value),${short("b")},${short("a")} from placed x
left join change b on b.rowid=x.was and b.op='put' left join change a on a.rowid=x.became and a.op='put'
where b.media_type is not a.media_type or b.value is not a.value order by x.key limit ?5`,
);
