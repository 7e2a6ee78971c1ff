/** The statements of what was found damaged in the bucket. */
import { integerColumn, orNull, statement, textColumn } from "../sqlite/statement-build.ts";

const marks = "d.name>='damaged/' and d.name<'damaged0'";
const object = "substr(d.name,9)";

/**
 * Marks `d` with the points `r` that need their objects, as points.ts says; `place` narrows the points down. Only a point
 * that was made after the object and before it was found damaged: the export after that begins a chain of its own.
 */
const needing = (place: string) =>
  `from operation d join backup_run r left join backup_object o on o.name=${object}
    where ${marks} and ${place} and r.state='complete' and r.manifest is not null and r.removed_ms is null
      and r.generation<=d.value->>'generation' and (r.manifest=${object}
        or coalesce((select w.generation from backup_run w where w.run=o.run),0)<=r.generation
        and case when o.kind like 'base%' then coalesce(r.base_revision,o.revision)=o.revision
          when o.kind in ('segment','auth') then coalesce(r.base_revision,0)<o.revision and r.revision>=o.revision end)`;

/** ?1 target, ?2 lineage. */
export const damagedPointsSql = statement(
  { run: textColumn, object: textColumn, atMs: integerColumn },
  `select r.run, min(${object}), d.value->>'atMs' ${needing("r.target=?1 and r.lineage=?2")} group by r.run`,
);

/** How many there are in the place of `b`, the position: part of a greater statement. */
export const damagedCount = `(select count(distinct r.run) ${needing("r.target=b.value->>'target' and r.lineage=b.lineage")})`;

/** Each with the SHA-256 that it was written with. */
export const damageSql = statement(
  { object: textColumn, atMs: integerColumn, sha256: orNull(textColumn) },
  `select ${object}, d.value->>'atMs', coalesce((select o.sha256 from backup_object o where o.name=${object}),
      (select r.manifest_sha256 from backup_run r where r.manifest=${object})) from operation d where ${marks}`,
);

/** Marks of objects and manifests that are there no more. */
export const dropStaleDamageSql = `delete from operation as d where ${marks}
    and not exists (select 1 from backup_object o where o.name=${object})
    and not exists (select 1 from backup_run r where r.manifest=${object} and r.removed_ms is null)`;
