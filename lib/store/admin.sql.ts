/** What administration reads: namespaces with their usage, tokens, one reserved document, and how the store is. */
import { lineageOf } from "./read-parts.ts";

/** ?1 after (a name), ?2 limit. Columns: name, document, revision, lineage, keys, bytes. */
export const namespacesSql = `select substr(e.key,11),cast(e.value as text),e.revision,${lineageOf("e.revision")},
coalesce(u.keys,0),coalesce(u.bytes,0) from entry e left join usage u on u.namespace=substr(e.key,11)
where e.namespace='_system' and e.key>'namespace/'||?1 and e.key<'namespace0' order by e.key limit ?2`;

/** ?1 name. Columns as above. */
export const namespaceSql = `select substr(e.key,11),cast(e.value as text),e.revision,${lineageOf("e.revision")},
coalesce(u.keys,0),coalesce(u.bytes,0) from entry e left join usage u on u.namespace=?1
where e.namespace='_system' and e.key='namespace/'||?1`;

/** ?1 after (an accessor), ?2 limit. Columns: accessor, document, revision, lineage. */
export const tokensSql = `select substr(e.key,7),cast(e.value as text),e.revision,${lineageOf("e.revision")} from entry e
where e.namespace='_auth' and e.key>'token/'||?1 and e.key<'token0' order by e.key limit ?2`;

/** ?1 accessor. Columns as above. */
export const tokenSql = `select substr(e.key,7),cast(e.value as text),e.revision,${lineageOf("e.revision")} from entry e
where e.namespace='_auth' and e.key='token/'||?1`;

/**
 * One row: lineage, epoch, head, state, format, mode document, newest commit's time, SQLite's version, pages, page
 * size, keys, bytes, tokens that are not revoked.
 */
export const factsSql = `select s.lineage,s.epoch,s.revision,s.state,s.format,
(select cast(m.value as text) from entry m where m.namespace='_system' and m.key='mode'),
(select c.time_ms from commits c order by c.revision desc limit 1),sqlite_version(),
(select page_count from pragma_page_count),(select page_size from pragma_page_size),
(select coalesce(sum(keys),0) from usage where namespace not in ('_system','_auth')),
(select coalesce(sum(bytes),0) from usage where namespace not in ('_system','_auth')),
(select count(*) from entry t where t.namespace='_auth' and cast(t.value as text)->>'revokedMs' is null) from store s`;

/** Each ordinary namespace's name, keys, bytes and quota of bytes (null without one). */
export const usageSql = `select u.namespace,u.keys,u.bytes,(select cast(n.value as text)->>'$.quota.bytes' from entry n
where n.namespace='_system' and n.key='namespace/'||u.namespace) from usage u where u.namespace not in ('_system','_auth')
order by u.namespace limit 1000`;
