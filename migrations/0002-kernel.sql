-- The kernel: the one way to write. Rendered from lib/store/kernel by scripts/render-kernel.mjs; a test
-- holds the two together. A refusal is raise(abort, 'ledge:<code>'); raise(ignore) returns no row, which
-- means that the same was said before or that nothing would change.

create view propose as select null as now_ms, null as door, null as accessor, null as digest, null as reserved, null as request_id, null as message, null as author, null as meta, null as trace, null as ops, null as body where 0;

create trigger propose_commit instead of insert on propose begin
  select raise(abort, 'ledge:invalid_body') where exists (select null as i where coalesce(case when json_valid(new.ops) then json_type(new.ops)='array' end
      and typeof(new.body)='blob' and typeof(new.now_ms)='integer' and new.door in ('write','admin')
      and (new.meta is null or json_valid(new.meta)), 0)=0);
  select raise(abort, 'ledge:too_many_changes') where exists (select null as i where json_array_length(new.ops)>1000);
  select raise(abort, 'ledge:too_large') where exists (select null as i where length(new.body)>2097152
      or octet_length(new.ops)+length(new.body)>4194304
      union all select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.size>1048576);
  select raise(abort, 'ledge:invalid_body') where exists (select null as i where json_array_length(new.ops)=0
      union all select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where coalesce(o.op in ('put','delete','check')
      and typeof(o.ns)='text' and typeof(o.k)='text' and typeof(o.at)='integer' and typeof(o.size)='integer'
      and o.at>=0 and o.size>=0 and o.at+o.size<=length(new.body) and o.txt in (0,1)
      and (o.rev is null or (typeof(o.rev)='integer' and o.rev>=-1)) and (o.op<>'check' or o.rev>=0)
      and (o.op='put')=(o.mt is not null) and (o.mt is null or typeof(o.mt)='text' and length(o.mt) between 3 and 255)
      and (o.lin is null or length(o.lin)=8), 0)=0);
  select raise(abort, 'ledge:bad_namespace') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns not in ('_system','_auth') and not (length(o.ns) between 1 and 63 and o.ns not glob '*[^a-z0-9-]*' and o.ns not glob '-*'));
  select raise(abort, 'ledge:bad_key') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where octet_length(o.k) not between 1 and 1024
      or instr(o.k, char(0)) or o.k glob '*['||char(1)||'-'||char(31)||char(127)||']*' or (instr(cast(o.k as blob), x'ed') and (instr(cast(o.k as blob), x'eda0') or instr(cast(o.k as blob), x'eda1') or instr(cast(o.k as blob), x'eda2') or instr(cast(o.k as blob), x'eda3') or instr(cast(o.k as blob), x'eda4') or instr(cast(o.k as blob), x'eda5') or instr(cast(o.k as blob), x'eda6') or instr(cast(o.k as blob), x'eda7') or instr(cast(o.k as blob), x'eda8') or instr(cast(o.k as blob), x'eda9') or instr(cast(o.k as blob), x'edaa') or instr(cast(o.k as blob), x'edab') or instr(cast(o.k as blob), x'edac') or instr(cast(o.k as blob), x'edad') or instr(cast(o.k as blob), x'edae') or instr(cast(o.k as blob), x'edaf') or instr(cast(o.k as blob), x'edb0') or instr(cast(o.k as blob), x'edb1') or instr(cast(o.k as blob), x'edb2') or instr(cast(o.k as blob), x'edb3') or instr(cast(o.k as blob), x'edb4') or instr(cast(o.k as blob), x'edb5') or instr(cast(o.k as blob), x'edb6') or instr(cast(o.k as blob), x'edb7') or instr(cast(o.k as blob), x'edb8') or instr(cast(o.k as blob), x'edb9') or instr(cast(o.k as blob), x'edba') or instr(cast(o.k as blob), x'edbb') or instr(cast(o.k as blob), x'edbc') or instr(cast(o.k as blob), x'edbd') or instr(cast(o.k as blob), x'edbe') or instr(cast(o.k as blob), x'edbf'))));
  select raise(abort, 'ledge:duplicate_change') where exists (select max(o.i) as i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o group by o.ns, o.k having count(*)>1);
  select raise(abort, 'ledge:not_ready') where exists (select null as i from store where state='restoring');
  select raise(abort, 'ledge:read_only') where exists (select null as i from store where state='stopped');
  select raise(abort, 'ledge:bad_token') where exists (select null as i where coalesce(new.reserved, '')<>'_bootstrap' and not exists (select 1 from entry e
      where e.namespace='_auth' and e.key='token/'||new.accessor and cast(e.value as text)->>'$.digest'=new.digest
      and coalesce(cast(e.value as text)->>'$.revokedMs',0)=0));
  select raise(abort, 'ledge:token_expired') where exists (select null as i from entry e where new.reserved is null and e.namespace='_auth'
      and e.key='token/'||new.accessor and cast(e.value as text)->>'$.expiresMs'<=new.now_ms);
  select raise(abort, 'ledge:idempotency_mismatch') where exists (select null as i from commits c where c.actor=coalesce(new.reserved, new.accessor) and c.request_id=new.request_id and (
      exists (select 1 from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.op='put' and not exists (select 1 from change x
        where x.namespace=o.ns and x.key=o.k and x.op='put' and x.media_type=o.mt and x.value=coalesce(substr(new.body, o.at+1, o.size), x'')
        and x.revision=(select m.revision from change m where m.namespace=o.ns and m.key=o.k
          and m.revision<=c.revision order by m.revision desc limit 1)))
      or exists (select 1 from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.op='delete' and not exists (select 1 from change x
        where x.namespace=o.ns and x.key=o.k and x.revision=c.revision and x.op='delete'))
      or exists (select 1 from change x indexed by change_by_revision where x.revision=c.revision
        and not exists (select 1 from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns=x.namespace and o.k=x.key and o.op=x.op))));
  select raise(ignore) where new.request_id is not null and exists (
    select 1 from commits c where c.actor=coalesce(new.reserved, new.accessor) and c.request_id=new.request_id);
  select raise(abort, 'ledge:read_only') where exists (select null as i from entry e where e.namespace='_system' and e.key='mode'
      and cast(e.value as text)->>'$.mode'='read_only'
      and exists (select 1 from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns<>'_system' or o.k<>'mode'));
  select raise(abort, 'ledge:reserved_namespace') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns in ('_system','_auth') and new.door<>'admin'
      union all select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where new.door='admin' and o.ns not in ('_system','_auth'));
  select raise(abort, 'ledge:bootstrap_done') where exists (select null as i where new.reserved='_bootstrap' and exists (select 1 from change where namespace='_auth'));
  select raise(abort, 'ledge:forbidden') where exists (select i from (with g as materialized (select v.value as verb, g.value->>'$.namespace' as ns, g.value->>'$.scope' as scope
    from entry t, json_each(cast(t.value as text),'$.grants') g, json_each(g.value,'$.verbs') v
    where t.namespace='_auth' and t.key='token/'||new.accessor)
      select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where new.reserved is null and not case o.ns
        when '_auth' then exists (select 1 from g where g.verb='admin')
        when '_system' then exists (select 1 from g where g.verb='admin' and g.scope='' and (g.ns='*'
          or o.k like 'schema/'||g.ns||'/%' or o.k like 'policy/'||g.ns||'/%' or o.k like 'channel/'||g.ns||'/%'))
        else exists (select 1 from g where (g.ns=o.ns or g.ns='*') and (g.scope='' or g.scope=o.k or (substr(g.scope,-1)='/' and substr(o.k,1,length(g.scope))=g.scope))
          and (g.verb='write' or (g.verb='read' and o.op='check'))) end)
      union all select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where new.reserved='_bootstrap' and not (o.op='put' and o.ns='_auth'
        and o.k glob 'token/*' and json_array_length(new.ops)=1));
  select raise(abort, 'ledge:namespace_not_found') where exists (select o.i from (select o.ns, min(o.i) as i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns not in ('_system','_auth') and 1 group by o.ns) o where (select cast(n.value as text) from entry n where n.namespace='_system' and n.key='namespace/'||o.ns) is null);
  select raise(abort, 'ledge:message_required') where exists (select o.i from (select o.ns, min(o.i) as i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns not in ('_system','_auth') and o.op<>'check' group by o.ns) o
      where coalesce(new.message,'')='' and (select cast(n.value as text) from entry n where n.namespace='_system' and n.key='namespace/'||o.ns)->>'$.messageRequired'=1);
  select raise(abort, 'ledge:not_found') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.op='delete' and not exists (select 1 from entry e
      where e.namespace=o.ns and e.key=o.k));
  select raise(abort, 'ledge:precondition_required') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o join entry e on e.namespace=o.ns and e.key=o.k
      where o.op<>'check' and o.rev is null
      and coalesce((select cast(n.value as text)->>'$.blindWrites' from entry n
        where n.namespace='_system' and n.key='namespace/'||o.ns),0)=0);
  select raise(abort, 'ledge:exists') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o join entry e on e.namespace=o.ns and e.key=o.k where o.rev=0);
  select raise(abort, 'ledge:stale') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o left join entry e on e.namespace=o.ns and e.key=o.k
      where o.rev>0 and (e.revision is not o.rev or (o.lin is not null and o.lin<>(select substr(l.lineage,1,8)
        from lineage l where l.first_revision<=e.revision order by l.first_revision desc limit 1))));
  select raise(abort, 'ledge:invalid_body') where exists (select o.i from (select o.*, cast(coalesce(substr(new.body, o.at+1, o.size), x'') as text) as v from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o
        where o.ns in ('_system','_auth') and o.op='put') o
      where case when o.txt=0 or o.mt<>'application/json' then 0
        when o.ns='_auth' then case when json_valid(o.v) then case when json_type(o.v)='object' then coalesce((o.k glob 'token/*' and length(o.k)=18 and substr(o.k,7) not glob '*[^a-z2-7]*'
     and json_type(o.v,'$.name')='text' and length(o.v->>'$.name') between 1 and 200
     and substr(o.v->>'$.name',1,1)<>'_' and json_type(o.v,'$.digest')='text'
     and length(o.v->>'$.digest')=64 and o.v->>'$.digest' not glob '*[^0-9a-f]*'
     and json_type(o.v,'$.createdMs')='integer' and json_type(o.v,'$.creator')='text'
     and json_type(o.v,'$.expiresMs') in ('integer','null')
     and json_type(o.v,'$.revokedMs') in ('integer','null')
     and json_type(o.v,'$.grants')='array' and json_array_length(o.v,'$.grants') between 1 and 100
     and not exists (select 1 from json_each(o.v,'$.grants') g where coalesce(
       g.type='object' and json_type(g.value,'$.verbs')='array' and json_array_length(g.value,'$.verbs')>0
       and json_type(g.value,'$.namespace')='text' and json_type(g.value,'$.scope')='text'
       and octet_length(g.value->>'$.scope')<=900
       and (g.value->>'$.namespace'='*' or (length((g.value->>'$.namespace')) between 1 and 63 and (g.value->>'$.namespace') not glob '*[^a-z0-9-]*' and (g.value->>'$.namespace') not glob '-*'))
       and not exists (select 1 from json_each(g.value) m where m.key not in ('verbs','namespace','scope'))
       and not exists (select 1 from json_each(g.value,'$.verbs') v
         where v.type<>'text' or v.value not in ('read','history','plan','write','rollout','approve','override','report','backup','status','admin')), 0)=0)), 0)
    and not exists (select 1 from json_each(o.v) m where m.key not in ('name','digest','grants','expiresMs','createdMs','creator','revokedMs')) else 0 end else 0 end
        when o.k='mode' then case when json_valid(o.v) then case when json_type(o.v)='object' then coalesce((o.v->>'$.mode' in ('open','read_only')), 0)
    and not exists (select 1 from json_each(o.v) m where m.key not in ('mode')) else 0 end else 0 end
        when o.k glob 'namespace/*' then case when json_valid(o.v) then case when json_type(o.v)='object' then coalesce(((length(substr(o.k,11)) between 1 and 63 and substr(o.k,11) not glob '*[^a-z0-9-]*' and substr(o.k,11) not glob '-*') and coalesce(json_type(o.v,'$.description')='text',1)
     and coalesce(json_type(o.v,'$.public') in ('true','false'),1) and coalesce(json_type(o.v,'$.blindWrites') in ('true','false'),1) and coalesce(json_type(o.v,'$.messageRequired') in ('true','false'),1)
     and coalesce(json_type(o.v,'$.quota')='object',1)
     and coalesce(json_type(o.v,'$.quota.keys')='integer' and o.v->>'$.quota.keys'>=0,1) and coalesce(json_type(o.v,'$.quota.bytes')='integer' and o.v->>'$.quota.bytes'>=0,1)), 0)
    and not exists (select 1 from json_each(o.v) m where m.key not in ('description','public','blindWrites','messageRequired','quota')) else 0 end else 0 end else 0 end=0
      union all select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns='_auth' and o.op='delete'
      union all select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns='_system' and o.op='delete' and o.k<>'mode' and o.k not glob 'namespace/*');
  select raise(abort, 'ledge:exists') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o join entry e on e.namespace='_auth' and e.key=o.k
      where o.ns='_auth' and o.op='put' and (coalesce(cast(e.value as text)->>'$.revokedMs',0)<>0
        or cast(e.value as text)->>'$.grants' is not cast(coalesce(substr(new.body, o.at+1, o.size), x'') as text)->>'$.grants'
        or cast(e.value as text)->>'$.createdMs' is not cast(coalesce(substr(new.body, o.at+1, o.size), x'') as text)->>'$.createdMs'
        or cast(e.value as text)->>'$.creator' is not cast(coalesce(substr(new.body, o.at+1, o.size), x'') as text)->>'$.creator'));
  select raise(abort, 'ledge:escalation') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns='_auth' and o.op='put' and new.reserved is null
      and exists (with h as materialized (select v.value as verb, g.value->>'$.namespace' as ns, g.value->>'$.scope' as scope
    from entry t, json_each(cast(t.value as text),'$.grants') g, json_each(g.value,'$.verbs') v
    where t.namespace='_auth' and t.key='token/'||new.accessor)
    select 1 from json_each(cast(coalesce(substr(new.body, o.at+1, o.size), x'') as text),'$.grants') g, json_each(json_insert(g.value->'$.verbs','$[#]','admin')) v
    where not exists (select 1 from h where h.verb=v.value and (h.ns=g.value->>'$.namespace' or h.ns='*')
      and (h.scope='' or h.scope=(g.value->>'$.scope') or (substr(h.scope,-1)='/' and substr((g.value->>'$.scope'),1,length(h.scope))=h.scope)))));
  select raise(abort, 'ledge:not_empty') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o join usage u on u.namespace=substr(o.k,11)
      where o.ns='_system' and o.op='delete' and o.k glob 'namespace/*' and u.keys>0);
  select raise(abort, 'ledge:in_use') where exists (select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns='_system' and o.op='delete' and o.k glob 'namespace/*'
      and exists (select 1 from entry e, json_each(cast(e.value as text),'$.grants') g where e.namespace='_auth' and e.key glob 'token/*'
        and coalesce(cast(e.value as text)->>'$.revokedMs',0)=0 and coalesce(cast(e.value as text)->>'$.expiresMs',9e15)>new.now_ms
        and g.value->>'$.namespace'=substr(o.k,11))
      union all select o.i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns='_system' and o.op='put' and o.k glob 'namespace/*'
      and not exists (select 1 from entry e where e.namespace='_system' and e.key=o.k)
      and exists (select 1 from change c where c.namespace=substr(o.k,11))
      union all select null from (select 1) where exists (select 1 from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns='_auth')
      and not exists (select 1 from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns='_auth' and o.op='put'
        and (coalesce(cast(coalesce(substr(new.body, o.at+1, o.size), x'') as text)->>'$.revokedMs',0)=0 and coalesce(cast(coalesce(substr(new.body, o.at+1, o.size), x'') as text)->>'$.expiresMs',9e15)>new.now_ms
    and exists (select 1 from json_each(cast(coalesce(substr(new.body, o.at+1, o.size), x'') as text),'$.grants') g, json_each(g.value,'$.verbs') v
      where g.value->>'$.namespace'='*' and g.value->>'$.scope'='' and v.value='admin')))
      and not exists (select 1 from entry e where e.namespace='_auth' and e.key glob 'token/*' and (coalesce(cast(e.value as text)->>'$.revokedMs',0)=0 and coalesce(cast(e.value as text)->>'$.expiresMs',9e15)>new.now_ms
    and exists (select 1 from json_each(cast(e.value as text),'$.grants') g, json_each(g.value,'$.verbs') v
      where g.value->>'$.namespace'='*' and g.value->>'$.scope'='' and v.value='admin'))
        and not exists (select 1 from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o where o.ns='_auth' and o.k=e.key)));
  select raise(abort, 'ledge:quota_exceeded') where exists (select max(o.i) as i from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o
      join entry n on n.namespace='_system' and n.key='namespace/'||o.ns
      left join usage u on u.namespace=o.ns left join entry e on e.namespace=o.ns and e.key=o.k
      where o.op<>'check' and json_type(cast(n.value as text),'$.quota') is not null group by o.ns
      having sum(case when o.op='put' then o.size-coalesce(e.size,0) else -e.size end)>0
          and coalesce(u.bytes,0)+sum(case when o.op='put' then o.size-coalesce(e.size,0) else -e.size end)
            >coalesce(cast(n.value as text)->>'$.quota.bytes',9e15)
        or sum(case when o.op='put' then e.key is null else -1 end)>0
          and coalesce(u.keys,0)+sum(case when o.op='put' then e.key is null else -1 end)
            >coalesce(cast(n.value as text)->>'$.quota.keys',9e15));

  -- A proposal that alters nothing makes no revision.
  select raise(ignore) where not exists (select 1 from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o left join entry e on e.namespace=o.ns and e.key=o.k
    where o.op='delete' or (o.op='put' and not (e.key is not null and e.media_type=o.mt and e.text=o.txt
      and e.value=coalesce(substr(new.body, o.at+1, o.size), x''))));
  -- The first commit after a restore opens the epoch that the restore put ready.
  insert into lineage (epoch, lineage, first_revision, parent, parent_revision)
    select pending_epoch, pending_lineage, pending_first, lineage, revision from store where pending_lineage is not null;
  update store set epoch=pending_epoch, lineage=pending_lineage, first_revision=pending_first,
    revision=pending_first-1, pending_epoch=null, pending_lineage=null, pending_first=null
    where pending_lineage is not null;
  update store set revision=revision+1;
  insert into commits (revision, id, time_ms, actor, author, request_id, message, meta, trace, changes)
    select s.revision, lower(hex(randomblob(8))), new.now_ms, coalesce(new.reserved, new.accessor), new.author, new.request_id,
      new.message, new.meta, new.trace, 0 from store s;
  insert into change (namespace, key, revision, op, media_type, text, value)
    select o.ns, o.k, (select revision from store), o.op, o.mt, o.txt,
      case when o.op='put' then coalesce(substr(new.body, o.at+1, o.size), x'') end from (select key as i, value->>0 as op, value->>1 as ns, value->>2 as k, value->>3 as mt, value->>4 as rev, value->>5 as lin, value->>6 as at, value->>7 as size, value->>8 as txt from json_each(new.ops)) o left join entry e on e.namespace=o.ns and e.key=o.k
    where o.op='delete' or (o.op='put' and not (e.key is not null and e.media_type=o.mt and e.text=o.txt
      and e.value=coalesce(substr(new.body, o.at+1, o.size), x'')));
  update commits set changes=(select count(*) from change c where c.revision=commits.revision)
    where revision=(select revision from store);
  insert or ignore into usage (namespace, keys, bytes)
    select distinct c.namespace, 0, 0 from store s cross join change c on c.revision=s.revision;
  update usage set keys=usage.keys+d.keys, bytes=usage.bytes+d.bytes from (
    select c.namespace as namespace, sum(case c.op when 'put' then e.key is null else -1 end) as keys,
      sum(case c.op when 'put' then length(c.value) else 0 end - coalesce(e.size,0)) as bytes
    from store s cross join change c on c.revision=s.revision
    left join entry e on e.namespace=c.namespace and e.key=c.key group by c.namespace) d
    where usage.namespace=d.namespace;
  delete from entry where rowid in (select e.rowid from store s cross join change c on c.revision=s.revision
    join entry e on e.namespace=c.namespace and e.key=c.key where c.op='delete');
  insert into entry (namespace, key, revision, created_revision, version, media_type, text, size, value)
    select c.namespace, c.key, c.revision, c.revision, 1, c.media_type, c.text, length(c.value), c.value
    from store s cross join change c on c.revision=s.revision where c.op='put'
    on conflict (namespace, key) do update set revision=excluded.revision, version=entry.version+1,
      media_type=excluded.media_type, text=excluded.text, size=excluded.size, value=excluded.value;
end;

update store set format = 2;
