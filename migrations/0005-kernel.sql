-- The kernel: the one way to write. Rendered from lib/store/kernel by scripts/render-kernel.mjs; a test
-- holds the two together. A refusal is raise(abort, 'ledge:<code>'); raise(ignore) returns no row, which
-- means that the same was said before or that nothing would change. Comments stay outside the trigger: every
-- connection parses its text.
drop trigger propose_commit;

create trigger propose_commit instead of insert on propose begin
select raise(abort,'ledge:invalid_body') where not coalesce(iif(json_valid(new.ops),json_type(new.ops)='array' and json_array_length(new.ops)>0,0)
and typeof(new.body)='blob' and typeof(new.now_ms)='integer' and new.door in ('write','admin')
and (new.meta is null or json_valid(new.meta)),0);
select raise(abort,'ledge:too_many_changes') where json_array_length(new.ops)>1000;
select raise(abort,'ledge:too_large') where length(new.body)>2097152 or octet_length(new.ops)+length(new.body)>4194304;
delete from proposed;
insert into proposed select j.key,j.value->>0,j.value->>1,j.value->>2,j.value->>3,j.value->>4,j.value->>5,j.value->>6,j.value->>7,j.value->>8,e.revision,e.size,e.media_type=j.value->>3 and e.text=j.value->>8 and e.value=coalesce(substr(new.body,j.value->>6+1,j.value->>7),x''),
iif(j.value->>0='put' and j.value->>1 in ('_system','_auth'),cast(coalesce(substr(new.body,j.value->>6+1,j.value->>7),x'') as text),null)
from json_each(new.ops) j left join entry e on e.namespace=j.value->>1 and e.key=j.value->>2;
select raise(abort,'ledge:invalid_body') from proposed o  where not coalesce(o.op in ('put','delete','check','erase') and typeof(o.ns)='text' and typeof(o.k)='text'
and typeof(o.at)='integer' and typeof(o.size)='integer' and o.at>=0 and o.size>=0 and o.at+o.size<=length(new.body)
and o.txt in (0,1) and (o.rev is null or typeof(o.rev)='integer' and o.rev>=-1) and (o.op<>'check' or o.rev>=0)
and (o.op='put')=(o.mt is not null) and (o.mt is null or typeof(o.mt)='text' and length(o.mt) between 3 and 255)
and (o.lin is null or length(o.lin)=8),0);
select raise(abort,'ledge:too_large') from proposed o  where o.size>1048576;
select raise(abort,'ledge:bad_namespace') from proposed o  where o.ns not in ('_system','_auth') and not (length(o.ns) between 1 and 63 and o.ns not glob '*[^a-z0-9-]*' and o.ns not glob '-*');
select raise(abort,'ledge:bad_key') from proposed o  where octet_length(o.k) not between 1 and 1024 or instr(o.k,char(0))
or o.k glob '*['||char(1)||'-'||char(31)||char(127)||']*' or instr(cast(o.k as blob),x'ed') and exists
(with recursive n(b) as (values(160) union all select b+1 from n where b<191)
select 1 from n where instr(cast(o.k as blob),unhex(printf('ed%02x',b))));
select raise(abort,'ledge:duplicate_change') from proposed o  where 1 group by o.ns,o.k having count(*)>1;
select raise(abort,'ledge:not_ready') where (select state from store)='restoring';
select raise(abort,'ledge:read_only') where (select state from store)='stopped';
select raise(abort,'ledge:bad_token') where coalesce(new.reserved not in ('_bootstrap','_restore'),not exists (select 1 from entry e where e.namespace='_auth'
and e.key='token/'||new.accessor and cast(e.value as text)->>'digest'=new.digest and cast(e.value as text)->>'revokedMs' is null));
select raise(abort,'ledge:token_expired') where new.reserved is null and (select cast(e.value as text)->>'expiresMs' from entry e where e.namespace='_auth'
and e.key='token/'||new.accessor)<=new.now_ms;
select raise(abort,'ledge:idempotency_mismatch') where exists (select 1 from commits c where c.actor=coalesce(new.reserved,new.accessor) and c.request_id=new.request_id and (exists
(select 1 from proposed o where o.op='put' and not exists (select 1 from change x where x.namespace=o.ns and x.key=o.k
and x.op='put' and x.media_type=o.mt and x.value=coalesce(substr(new.body,o.at+1,o.size),x'') and x.revision=(select m.revision from change m
where m.namespace=o.ns and m.key=o.k and m.revision<=c.revision order by m.revision desc limit 1))
or o.op='delete' and not exists (select 1 from change x where x.namespace=o.ns and x.key=o.k and x.revision=c.revision
and x.op='delete'))
or exists (select 1 from change x indexed by change_by_revision where x.revision=c.revision
and not exists (select 1 from proposed o where o.ns=x.namespace and o.k=x.key and o.op=x.op))));
delete from proposed where exists (select 1 from commits c where c.actor=coalesce(new.reserved,new.accessor) and c.request_id=new.request_id);
select raise(abort,'ledge:read_only') from proposed o join entry e on e.namespace='_system' and e.key='mode' and cast(e.value as text)->>'mode'='read_only' where (o.ns<>'_system' or o.k<>'mode');
select raise(abort,'ledge:reserved_namespace') from proposed o  where (new.door='admin')=(o.ns not in ('_system','_auth') and o.op<>'erase');
select raise(abort,'ledge:bootstrap_done') from proposed o  where new.reserved='_bootstrap' and exists (select 1 from change where namespace='_auth');
select raise(abort,'ledge:forbidden') from proposed o  where not coalesce(case when new.reserved='_bootstrap'
then o.op='put' and o.ns='_auth' and o.k glob 'token/*' and json_array_length(new.ops)=1
when new.reserved='_restore' then o.op='put' and o.ns='_auth' and o.k glob 'token/*'
when o.op='erase' then exists (select 1 from (select v.value as verb,g.value->>'namespace' as ns,g.value->>'scope' as scope from entry t,
json_each(cast(t.value as text),'$.grants') g,json_each(g.value,'$.verbs') v where t.namespace='_auth' and t.key='token/'||new.accessor) g where g.verb='admin' and g.ns='*' and g.scope='')
when o.ns='_auth' then exists (select 1 from (select v.value as verb,g.value->>'namespace' as ns,g.value->>'scope' as scope from entry t,
json_each(cast(t.value as text),'$.grants') g,json_each(g.value,'$.verbs') v where t.namespace='_auth' and t.key='token/'||new.accessor) g where g.verb='admin')
when o.ns='_system' then exists (select 1 from (select v.value as verb,g.value->>'namespace' as ns,g.value->>'scope' as scope from entry t,
json_each(cast(t.value as text),'$.grants') g,json_each(g.value,'$.verbs') v where t.namespace='_auth' and t.key='token/'||new.accessor) g where g.verb='admin' and g.scope='' and (g.ns='*'
or substr(o.k,instr(o.k,'/')) glob '/'||g.ns||'/*' and substr(o.k,1,6) in ('schema','policy','channe')))
else exists (select 1 from (select v.value as verb,g.value->>'namespace' as ns,g.value->>'scope' as scope from entry t,
json_each(cast(t.value as text),'$.grants') g,json_each(g.value,'$.verbs') v where t.namespace='_auth' and t.key='token/'||new.accessor) g where (g.ns=o.ns or g.ns='*') and (g.scope in ('',o.k) or substr(g.scope,-1)='/' and substr(o.k,1,length(g.scope))=g.scope)
and (g.verb='write' or g.verb='read' and o.op='check')) end,0);
select raise(abort,'ledge:namespace_not_found') from proposed o  where o.ns not in ('_system','_auth') and o.op<>'erase' and not exists (select 1 from entry e where e.namespace='_system' and e.key='namespace/'||o.ns);
select raise(abort,'ledge:message_required') from proposed o join entry e on e.namespace='_system' and e.key='namespace/'||o.ns where coalesce(new.message,'')='' and o.op<>'check' and cast(e.value as text)->>'messageRequired';
select raise(abort,'ledge:not_found') from proposed o  where o.op='delete' and o.was is null or o.op='erase' and not exists (select 1 from change c
where c.namespace=o.ns and c.key=o.k and c.op='put');
select raise(abort,'ledge:precondition_required') from proposed o  where o.was and o.rev is null and o.op<>'check' and not coalesce((select cast(e.value as text)->>'blindWrites'
from entry e where e.namespace='_system' and e.key='namespace/'||o.ns),0);
select raise(abort,'ledge:exists') from proposed o  where o.was and o.rev=0;
select raise(abort,'ledge:stale') from proposed o  where o.rev>0 and (o.was is not o.rev or o.lin<>(select substr(l.lineage,1,8) from lineage l
where l.first_revision<=o.was order by l.first_revision desc limit 1));
select raise(abort,'ledge:invalid_body') from proposed o  where not (o.ns not in ('_system','_auth')) and not case when o.op='check' then 1
when o.op='delete' then o.ns='_system' and (o.k='mode' or o.k glob 'namespace/*')
when o.txt=0 or o.mt<>'application/json' then 0 when o.ns='_auth' then iif(json_valid(o.v),iif(json_type(o.v)='object',coalesce(length(o.k)=18 and o.k glob 'token/*' and substr(o.k,7) not glob '*[^a-z2-7]*'
and json_type(o.v,'$.name')='text' and length(o.v->>'name') between 1 and 200 and o.v->>'name' not glob '_*'
and json_type(o.v,'$.digest')='text' and length(o.v->>'digest')=64 and o.v->>'digest' not glob '*[^0-9a-f]*'
and json_type(o.v,'$.createdMs')='integer' and json_type(o.v,'$.creator')='text'
and json_type(o.v,'$.expiresMs') in ('integer','null') and json_type(o.v,'$.revokedMs') in ('integer','null')
and json_type(o.v,'$.grants')='array' and json_array_length(o.v,'$.grants') between 1 and 100
and not exists (select 1 from json_each(o.v,'$.grants') g where not coalesce(iif(g.type='object',
json_type(g.value,'$.verbs')='array' and json_array_length(g.value,'$.verbs')>0
and json_type(g.value,'$.namespace')='text' and json_type(g.value,'$.scope')='text' and octet_length(g.value->>'scope')<=900
and (g.value->>'namespace'='*' or (length((g.value->>'namespace')) between 1 and 63 and (g.value->>'namespace') not glob '*[^a-z0-9-]*' and (g.value->>'namespace') not glob '-*'))
and not exists (select 1 from json_each(g.value) m where m.key not in ('verbs','namespace','scope'))
and not exists (select 1 from json_each(g.value,'$.verbs') v where v.type<>'text' or v.value not in
('read','history','plan','write','rollout','approve','override','report','backup','status','admin')),0),0)),0)
and not exists (select 1 from json_each(o.v) m where m.key not in ('name','digest','grants','expiresMs','createdMs','creator','revokedMs')),0),0)
when o.k='mode' then iif(json_valid(o.v),iif(json_type(o.v)='object',coalesce(o.v->>'mode' in ('open','read_only'),0)
and not exists (select 1 from json_each(o.v) m where m.key not in ('mode')),0),0)
when o.k glob 'namespace/*' then iif(json_valid(o.v),iif(json_type(o.v)='object',coalesce((length(substr(o.k,11)) between 1 and 63 and substr(o.k,11) not glob '*[^a-z0-9-]*' and substr(o.k,11) not glob '-*') and not exists (select 1 from json_each(o.v) m where m.type not in
(iif(m.key='description','text',iif(m.key='quota','object','true')),iif(m.key in ('description','quota'),'','false')))
and not exists (select 1 from json_each(o.v,'$.quota') m where m.key not in ('keys','bytes') or m.type<>'integer' or m.value<0),0)
and not exists (select 1 from json_each(o.v) m where m.key not in ('description','public','blindWrites','messageRequired','quota')),0),0) else 0 end;
select raise(abort,'ledge:exists') from proposed o join entry e on e.namespace=o.ns and e.key=o.k where o.ns='_auth' and (cast(e.value as text)->>'revokedMs' is not null or cast(e.value as text)->>'grants' is not o.v->>'grants'
or cast(e.value as text)->>'createdMs' is not o.v->>'createdMs' or cast(e.value as text)->>'creator' is not o.v->>'creator');
select raise(abort,'ledge:escalation') from proposed o  where new.reserved is null and exists (select 1 from json_each(o.v,'$.grants') n,
json_each(json_insert(n.value->'verbs','$[#]','admin')) w where not exists (select 1 from (select v.value as verb,g.value->>'namespace' as ns,g.value->>'scope' as scope from entry t,
json_each(cast(t.value as text),'$.grants') g,json_each(g.value,'$.verbs') v where t.namespace='_auth' and t.key='token/'||new.accessor) g
where g.verb=w.value and (g.ns=n.value->>'namespace' or g.ns='*') and (g.scope in ('',(n.value->>'scope')) or substr(g.scope,-1)='/' and substr((n.value->>'scope'),1,length(g.scope))=g.scope)));
select raise(abort,'ledge:not_empty') from proposed o join usage u on o.k='namespace/'||u.namespace where o.ns='_system' and o.op='delete' and u.keys>0;
select raise(abort,'ledge:in_use') from proposed o  where o.ns='_system' and o.k glob 'namespace/*' and iif(o.op='delete',
exists (select 1 from entry e where e.namespace='_auth' and e.key glob 'token/*' and cast(e.value as text)->>'revokedMs' is null and coalesce(cast(e.value as text)->>'expiresMs',9e15)>new.now_ms and exists (select 1 from json_each(cast(e.value as text),'$.grants') g
where g.value->>'namespace'=substr(o.k,11))),
o.was is null and exists (select 1 from change c where c.namespace=substr(o.k,11)));
select raise(abort,'ledge:in_use') from proposed o  where o.ns='_auth' and new.reserved is not '_restore' and not exists (select 1 from proposed o where o.ns='_auth' and o.v->>'revokedMs' is null and coalesce(o.v->>'expiresMs',9e15)>new.now_ms and exists
(select 1 from json_each(o.v,'$.grants') g, json_each(g.value,'$.verbs') v
where g.value->>'namespace'='*' and g.value->>'scope'='' and v.value='admin'))
and not exists (select 1 from entry e where e.namespace='_auth' and e.key glob 'token/*' and e.key not in (select o.k from proposed o where o.ns='_auth')
and cast(e.value as text)->>'revokedMs' is null and coalesce(cast(e.value as text)->>'expiresMs',9e15)>new.now_ms and exists
(select 1 from json_each(cast(e.value as text),'$.grants') g, json_each(g.value,'$.verbs') v
where g.value->>'namespace'='*' and g.value->>'scope'='' and v.value='admin'));
select raise(abort,'ledge:quota_exceeded') from proposed o join entry e on e.namespace='_system' and e.key='namespace/'||o.ns
join (select 'quota' as name) q join json_each(cast(e.value as text)) n on n.key=q.name left join usage u on u.namespace=o.ns where o.op<>'check' and n.value is not null group by o.ns having
sum(iif(o.op='put',o.size,0)-coalesce(o.wasize,0))>0 and coalesce(u.bytes,0)+sum(iif(o.op='put',o.size,0)-coalesce(o.wasize,0))>n.value->>'bytes' or sum(iif(o.op='put',o.was is null,-(o.was is not null)))>0 and coalesce(u.keys,0)+sum(iif(o.op='put',o.was is null,-(o.was is not null)))>n.value->>'keys';
delete from proposed where not exists (select 1 from proposed where op in ('delete','erase') or op='put' and not coalesce(same,0));
select raise(ignore) where not exists (select 1 from proposed);
insert into lineage select pending_epoch,pending_lineage,pending_first,lineage,revision from store where pending_lineage is not null;
update store set epoch=pending_epoch,lineage=pending_lineage,first_revision=pending_first,revision=pending_first-1,
pending_epoch=null,pending_lineage=null,pending_first=null where pending_lineage is not null;
update store set revision=revision+1;
insert into commits select revision,lower(hex(randomblob(8))),new.now_ms,coalesce(new.reserved,new.accessor),new.author,new.request_id,new.message,new.meta,
new.trace,(select count(*) from proposed where op in ('delete','erase') or op='put' and not coalesce(same,0)) from store;
insert into change select o.ns,o.k,s.revision,o.op,o.mt,o.txt,iif(o.op='put',coalesce(substr(new.body,o.at+1,o.size),x''),null) from store s,proposed o
where op in ('delete','erase') or op='put' and not coalesce(same,0);
insert or ignore into usage select distinct c.namespace,0,0,0 from store s cross join change c on c.revision=s.revision;
update usage set keys=usage.keys+d.k,bytes=usage.bytes+d.b from (select ns,sum(iif(op='put',was is null,-(was is not null))) as k,
sum(iif(op='put',size,0)-coalesce(wasize,0)) as b from proposed where op<>'check' group by ns) d where usage.namespace=d.ns;
delete from entry where rowid in (select e.rowid from proposed o join entry e on e.namespace=o.ns and e.key=o.k where o.op in ('delete','erase'));
update change set op='erase',value=null,text=0 where rowid in (select c.rowid from proposed o join change c on c.namespace=o.ns and c.key=o.k
and c.op='put' where o.op='erase');
insert into entry select c.namespace,c.key,c.revision,c.revision,1,c.media_type,c.text,length(c.value),c.value from store s cross join change c on c.revision=s.revision
where c.op='put' on conflict (namespace,key) do update set revision=excluded.revision,version=entry.version+1,
media_type=excluded.media_type,text=excluded.text,size=excluded.size,value=excluded.value;
delete from proposed;
end;

update store set format = 5;
