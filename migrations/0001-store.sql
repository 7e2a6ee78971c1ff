-- The store: one ordered history of documents, and where it stands now. Everything that is configuration,
-- settings and tokens included, is a document; operational state lives in tables of its own.
--
-- Values are BLOB only, with a flag that says they are well-formed UTF-8; tables that carry values are
-- ordinary rowid tables, because rows with values inside a WITHOUT ROWID tree spill to pages of their own.

-- One row: which history this is and how far it has come. "format" is the number of the last migration.
create table store (
  id integer primary key check (id = 1),
  lineage text not null check (length(lineage) = 32),
  epoch integer not null check (epoch >= 0),
  first_revision integer not null,
  revision integer not null,
  state text not null check (state in ('open', 'restoring', 'stopped')),
  format integer not null,
  -- What the first commit after a restore will open; all null otherwise.
  pending_lineage text,
  pending_epoch integer,
  pending_first integer
) strict;

-- This history and its ancestors: where each began and where its parent was left.
create table lineage (
  epoch integer primary key,
  lineage text not null unique,
  first_revision integer not null unique,
  parent text,
  parent_revision integer
) strict;

create table commits (
  revision integer primary key,
  id text not null unique,
  time_ms integer not null,
  actor text not null,
  author text,
  request_id text,
  message text,
  meta text,
  trace text,
  changes integer not null
) strict;
create unique index commits_by_request on commits (actor, request_id) where request_id is not null;

-- What each commit did to each key: the history, and the feed. "erase" marks a value that was purged.
create table change (
  namespace text not null,
  key text not null,
  revision integer not null references commits (revision),
  op text not null check (op in ('put', 'delete', 'erase')),
  media_type text,
  text integer not null check (text in (0, 1)),
  value blob,
  unique (namespace, key, revision)
) strict;
create unique index change_by_revision on change (revision, namespace, key);

-- The current documents.
create table entry (
  namespace text not null,
  key text not null,
  revision integer not null,
  created_revision integer not null,
  version integer not null check (version > 0),
  media_type text not null,
  text integer not null check (text in (0, 1)),
  size integer not null,
  value blob not null,
  unique (namespace, key)
) strict;

-- How much each namespace holds now, and before which revision its history has been compacted.
create table usage (
  namespace text primary key,
  keys integer not null check (keys >= 0),
  bytes integer not null check (bytes >= 0),
  compacted integer not null default 0
) strict, without rowid;

insert into store (id, lineage, epoch, first_revision, revision, state, format)
values (1, lower(hex(randomblob(16))), 0, 1, 0, 'open', 1);
insert into lineage (epoch, lineage, first_revision) select 0, lineage, 1 from store;
