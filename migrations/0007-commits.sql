-- The rules of a commit are TypeScript now (lib/core/commit): every connection parsed the trigger's 15 KB, on Spin
-- with every request, and compiled it anew for every commit.
drop trigger propose_commit;
drop view propose;
drop table proposed;

-- What a commit named without changing it, as [[op, namespace, key], …], so that a repeat can be told exactly.
-- Null in commits without a request id, and in those made before this.
alter table commits add column rest text;

update store set format = 7;
