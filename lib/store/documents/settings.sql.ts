/** Documents of the reserved namespaces, for the admin door, and what status and metrics show. */
import { integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { commits, entry, store, usage as usageTable } from "../tables.ts";
import { lineageOf } from "./read-parts.ts";

const setting = {
  key: entry.key,
  json: textColumn,
  revision: entry.revision,
  lineage: textColumn,
  modifiedMs: commits.timeMs,
  keys: orNull(usageTable.keys),
  bytes: orNull(usageTable.bytes),
};

const columns = `e.key,cast(e.value as text),e.revision,${lineageOf("e.revision")},
(select c.time_ms from commits c where c.revision=e.revision),u.keys,u.bytes`;
/** What a namespace holds; nothing for other documents. */
const usage = "left join usage u on e.namespace='_system' and u.namespace=substr(e.key,11)";

/** One. ?1 namespace, ?2 key. */
export const settingSql = statement(
  setting,
  `select ${columns} from entry e ${usage} where e.namespace=?1 and e.key=?2`,
);

/** Those whose keys begin with ?2, behind the key ?3. ?1 namespace, ?4 limit. */
export const settingsSql = statement(
  setting,
  `select ${columns} from entry e ${usage} where e.namespace=?1 and e.key>=?2
and e.key<?2||cast(x'ff' as text) and e.key>?3 order by e.key limit ?4`,
);

/**
 * Living tokens that come from the token ?1, at ?2, without itself: two may have rotated each other. Joined by creator over a table made once: the engine gives it an
 * index of its own, so that a store of many tokens is gone through once.
 */
export const descendantsSql = statement(
  setting,
  `with recursive
made(key,creator) as materialized (select key,cast(value as text)->>'creator' from entry
where namespace='_auth' and key>='token/' and key<'token0'),
below(key) as (select key from made where creator=?1
union select m.key from below b join made m on m.creator=substr(b.key,7))
select ${columns} from below b join entry e on e.namespace='_auth' and e.key=b.key ${usage}
where b.key<>'token/'||?1 and cast(e.value as text)->>'revokedMs' is null and coalesce(cast(e.value as text)->>'expiresMs'>?2,1) order by e.key`,
);

export const statusSql = statement(
  {
    lineage: store.lineage,
    epoch: store.epoch,
    head: store.revision,
    mode: orNull(textColumn),
    newestMs: orNull(commits.timeMs),
    sqlite: textColumn,
    format: store.format,
    keys: integerColumn,
    valueBytes: integerColumn,
    namespaces: integerColumn,
    state: store.state,
  },
  `select s.lineage,s.epoch,s.revision,(select cast(e.value as text)->>'mode' from entry e
where e.namespace='_system' and e.key='mode'),(select max(time_ms) from (select time_ms from commits order by revision desc limit 1)),
sqlite_version(),s.format,(select coalesce(sum(keys),0) from usage),(select coalesce(sum(bytes),0) from usage),
(select count(*) from entry e where e.namespace='_system' and e.key>='namespace/' and e.key<'namespace0'),s.state from store s`,
);

/** The size of the database. A server may not let pragmas be read as tables. */
export const sizeSql = statement(
  { bytes: integerColumn },
  "select p.page_count*s.page_size from pragma_page_count p, pragma_page_size s",
);

/** How full the fullest namespace is, in thousandths of its quota of keys or bytes; null without a namespace. */
export const quotaUseSql = statement(
  { perMille: orNull(integerColumn) },
  `select max(max(coalesce(1000*u.keys/nullif(cast(e.value as text)->'quota'->>'keys',0),0),
coalesce(1000*u.bytes/nullif(cast(e.value as text)->'quota'->>'bytes',0),0)))
from entry e left join usage u on u.namespace=substr(e.key,11)
where e.namespace='_system' and e.key>='namespace/' and e.key<'namespace0'`,
);
