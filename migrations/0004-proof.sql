-- Proof, retention, forks and purges: what the exporter has to remember between ticks. Operational rows, as in
-- 0003: never part of a backup.

-- What the newest proof rests on, and what the newest replay of a whole chain found.
alter table backup add column proven_manifest text;
alter table backup add column replayed_revision integer;
alter table backup add column replayed_ms integer;
alter table backup add column replayed_manifest text;
alter table backup add column replay_tried_ms integer;
-- The scrub of the live store: when, and how many rows disagree.
alter table backup add column scrubbed_ms integer;
alter table backup add column scrub_faults integer;
-- What a finding is about, as JSON: which lineages, and up to where both histories are the same.
alter table backup add column finding_data text;
alter table backup add column pruned_ms integer not null default 0;
-- The revision at which the store was sealed for a planned move; writes are refused from then on.
alter table backup add column sealed_revision integer;
alter table backup add column sealed_manifest text;

-- A manifest of ours as a restore point: what it holds at least, and since when it is to be removed.
alter table backup_run add column revision integer;
alter table backup_run add column base_revision integer;
alter table backup_run add column doomed_ms integer;
alter table backup_run add column removed_ms integer;
-- <lineage>/manifests/<inverse>-<revision>-<run>.json
update backup_run set revision=cast(substr(manifest,61,16) as integer) where manifest is not null;

-- When an object was last read back by a proof, and since when nothing that is kept needs it.
alter table backup_object add column read_ms integer;
alter table backup_object add column doomed_ms integer;
create index backup_object_doomed on backup_object (doomed_ms) where doomed_ms is not null;

create index backup_object_by_run on backup_object (run);
create index backup_run_points on backup_run (lineage, revision) where removed_ms is null and manifest is not null;

-- A lineage that a person has told us to let be.
alter table backup_seen add column ignored integer not null default 0;

-- A replay of a chain that goes on from tick to tick: where it is, and the block that is not full yet.
create table backup_proof (
  id integer primary key check (id = 1),
  target text not null,
  lineage text not null,
  manifest text not null,
  manifest_sha256 text not null,
  started_ms integer not null,
  state text not null,
  block blob not null
) strict;

-- Values that were purged from the store and still have to go from the bucket. "first_revision" is the oldest
-- that held one; "manifest" the one that supersedes all before it.
create table backup_purge (
  revision integer primary key,
  namespace text not null,
  key text not null,
  first_revision integer not null,
  why text not null,
  asked_ms integer not null,
  manifest text,
  done_ms integer
) strict;

-- A restore into this store that goes on from request to request.
create table backup_restore (
  id integer primary key check (id = 1),
  progress text not null,
  updated_ms integer not null
) strict;

update store set format = 4;
