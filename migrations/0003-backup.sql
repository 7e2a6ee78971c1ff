-- Backups: how far the bucket is, and what this store has written there. Operational rows: they are not part
-- of the history, are never exported, and a store that is restored begins with none.

-- One row. The lease is (generation, until, run): every write to these tables names the generation that it
-- was made under, so that an exporter that slept too long changes nothing when it wakes.
create table backup (
  id integer primary key check (id = 1),
  generation integer not null default 0,
  lease_until_ms integer not null default 0,
  -- Which bucket and prefix the position below is about: a digest of endpoint, bucket and prefix.
  target text,
  lineage text,
  revision integer,
  tip text,
  exported_ms integer,
  -- The newest manifest of ours, and the list of objects in it as JSON.
  manifest text,
  manifest_sha256 text,
  objects text,
  -- SHA-256 of the newest segment, which the next one names; null when there is none yet.
  segment_sha256 text,
  digest_revision integer,
  looked_ms integer not null default 0,
  finding text check (finding in ('fork', 'foreign')),
  finding_detail text,
  error_code text,
  error_detail text,
  error_ms integer,
  proven_revision integer,
  proven_ms integer
) strict;
insert into backup (id) values (1);

-- One row an attempt, written before its first PUT. "position" is what becomes the position above when the
-- run is completed, or adopted because its manifest is found in the bucket.
create table backup_run (
  run text primary key,
  generation integer not null,
  target text not null,
  lineage text not null,
  state text not null check (state in ('started', 'complete', 'abandoned')),
  started_ms integer not null,
  finished_ms integer,
  manifest text,
  manifest_sha256 text,
  position text,
  head_sha256 text
) strict;
create index backup_run_unfinished on backup_run (state) where state = 'started';
create index backup_run_by_head on backup_run (head_sha256) where head_sha256 is not null;

-- What stands in the bucket by our hand, each read back and matched.
create table backup_object (
  name text primary key,
  run text not null,
  target text not null,
  lineage text not null,
  kind text not null,
  revision integer not null,
  size_bytes integer not null,
  sha256 text not null,
  written_ms integer not null
) strict;

-- A base in the making: it is pinned to a revision and goes on from tick to tick.
create table backup_base (
  id integer primary key check (id = 1),
  target text not null,
  lineage text not null,
  revision integer not null,
  phase text not null,
  cursor text not null,
  parts text not null
) strict;

-- Other lineages as they stood in the bucket when this one began to export.
create table backup_seen (
  target text not null,
  lineage text not null,
  other text not null,
  revision integer not null,
  tip text not null,
  primary key (target, lineage, other)
) strict;

update store set format = 3;
