/** The statements of how backups stand. */
import { integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";
import { commits } from "../tables.ts";
import { damagedCount } from "./damage.sql.ts";
import { backupObject } from "./tables.ts";

/** `b` is the position, with a revision only while it is about this history. */
export const backupStatusSql = statement(
  {
    rows: textColumn,
    revision: orNull(integerColumn),
    atMs: orNull(integerColumn),
    lineage: orNull(textColumn),
    objects: orNull(textColumn),
    behind: integerColumn,
    oldestWaitingMs: orNull(commits.timeMs),
    points: integerColumn,
    damagedPoints: integerColumn,
    doomed: integerColumn,
    openPurges: integerColumn,
  },
  `select
    (select json_group_object(name, json(value)) from operation
     where name in ('look','error','proven','replayed','scrub','history','seal')),
    b.revision, b.value->>'exportedMs', b.lineage, b.value->'objects',
    (select count(*) from commits m where m.revision>coalesce(b.revision,0)),
    (select m.time_ms from commits m where m.revision>coalesce(b.revision,0) order by m.revision limit 1),
    (select count(*) from backup_run r where r.target=b.value->>'target' and r.lineage=b.lineage and r.state='complete'
      and r.manifest is not null and r.removed_ms is null),
    ${damagedCount},
    (select count(*) from backup_object o where o.doomed_ms is not null),
    (select count(*) from operation where name>='purge/' and name<'purge0' and value->>'doneMs' is null)
  from store s left join (select value, value->>'lineage' as lineage,
      case when value->>'lineage' in (select lineage from lineage) then value->>'revision' end as revision
    from operation where name='position') b
  where s.id=1`,
);

/** ?1 the position's objects, ?2 its lineage. */
export const oldestReadSql = statement(
  { atMs: orNull(backupObject.readMs) },
  `select min(coalesce(o.read_ms, o.written_ms)) from backup_object o where
      o.name in (select value->>'name' from json_each(?1)) or o.lineage=?2 and o.kind like 'base-%' and o.revision in
      (select value->>'revision' from json_each(?1) where value->>'kind'='base')`,
);
