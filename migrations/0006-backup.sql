-- Backups of large stores, and of stores that went on as a history of their own. Operational rows, as in 0003.

-- The block of the digest of a base in the making that is not full yet.
alter table backup_base add column block blob;

-- The lineage of an adopted store until its next commit opens the pending epoch: nobody else writes under it, so
-- what it holds is exported meanwhile. A store that was restored has none: it is its source until then.
alter table backup add column adopted_lineage text;

update store set format = 6;
