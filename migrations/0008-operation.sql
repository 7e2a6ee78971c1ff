-- What operations keep between two ticks, in one table of names and JSON rows: every connection parses the text of
-- the schema, and eight small tables were more than half of it. lib/store/catalogue/rows.ts has the names and shapes.
-- "block" is what a row has as bytes. Operational rows, as in 0003: never part of the history, and never exported.
create table operation (
  name text primary key,
  value text not null,
  block blob
) strict, without rowid;

insert into operation (name, value)
select 'lease', json_object('generation', generation, 'untilMs', lease_until_ms) from backup;

-- A position that was given up keeps its place alone: the restore points there are still ours.
insert into operation (name, value)
select 'position', iif(manifest is null, json_object('target', target, 'lineage', lineage),
  json_object('target', target, 'lineage', lineage, 'revision', revision, 'tip', tip, 'exportedMs', exported_ms,
    'manifest', manifest, 'manifestSha256', manifest_sha256, 'objects', json(objects),
    'segmentSha256', segment_sha256, 'digestRevision', digest_revision))
from backup where target is not null and lineage is not null;

insert into operation (name, value)
select 'look', iif(finding is null, json_object('atMs', looked_ms), json_object('atMs', looked_ms,
  'finding', json_object('kind', finding, 'detail', coalesce(finding_detail, ''),
    'data', json_object('cause', coalesce(finding_data->>'cause', finding),
      'lineages', json(coalesce(finding_data->'lineages', '[]'))))))
from backup where looked_ms > 0 or finding is not null;

insert into operation (name, value)
select 'error', json_object('code', error_code, 'detail', coalesce(error_detail, ''), 'atMs', coalesce(error_ms, 0))
from backup where error_code is not null;

insert into operation (name, value)
select 'proven', json_object('revision', proven_revision, 'atMs', coalesce(proven_ms, 0), 'manifest', proven_manifest)
from backup where proven_revision is not null;

insert into operation (name, value)
select 'replayed', json_object('revision', replayed_revision, 'atMs', coalesce(replayed_ms, 0), 'manifest', replayed_manifest)
from backup where replayed_revision is not null;

insert into operation (name, value)
select 'replay-tried', json_object('atMs', replay_tried_ms) from backup where replay_tried_ms is not null;

insert into operation (name, value)
select 'scrub', json_object('atMs', scrubbed_ms, 'faults', coalesce(scrub_faults, 0)) from backup where scrubbed_ms is not null;

insert into operation (name, value)
select 'pruned', json_object('atMs', pruned_ms) from backup where pruned_ms > 0;

insert into operation (name, value)
select 'seal', json_object('revision', sealed_revision, 'manifest', sealed_manifest) from backup where sealed_revision is not null;

insert into operation (name, value)
select 'adopted', json_object('lineage', adopted_lineage) from backup where adopted_lineage is not null;

insert into operation (name, value, block)
select 'base', json_object('target', target, 'lineage', lineage, 'revision', revision, 'phase', phase, 'cursor', cursor,
  'parts', json(parts)), block from backup_base;

insert into operation (name, value, block)
select 'replay', json_object('target', target, 'lineage', lineage, 'manifest', manifest, 'manifestSha256', manifest_sha256,
  'startedMs', started_ms, 'state', json(state)), block from backup_proof;

insert into operation (name, value) select 'restore', progress from backup_restore;

insert into operation (name, value)
select 'seen/' || target || '/' || lineage || '/' || other,
  json_object('revision', revision, 'tip', tip, 'ignored', json(iif(ignored, 'true', 'false'))) from backup_seen;

insert into operation (name, value)
select 'purge/' || printf('%016d', revision), json_object('revision', revision, 'namespace', namespace, 'key', key,
  'firstRevision', first_revision, 'why', why, 'askedMs', asked_ms, 'manifest', manifest, 'doneMs', done_ms) from backup_purge;

-- What seals the cursors of lists. It belongs to this store alone: a restore leaves it behind.
insert into operation (name, value) values ('cursor-key', json_quote(hex(randomblob(32))));

drop table backup;
drop table backup_base;
drop table backup_proof;
drop table backup_purge;
drop table backup_restore;
drop table backup_seen;

update store set format = 8;
