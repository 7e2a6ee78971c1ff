/**
 * What must hold for a proposal, as one ordered list. The trigger and the explanation of a refusal are both
 * rendered from it, so that the two never differ. A check about operations is a condition on `o`, a row of
 * the table `proposed`; one about the whole request has none.
 *
 * Every connection parses the trigger when it opens, on Spin once a request, so its length is paid by every
 * read: 28 KB of it cost 0.9 ms. Operations are therefore staged once, and conditions stay short.
 * Everything is judged before anything is applied: operations have distinct keys and no order.
 */

import { COMMIT_LIMITS } from "../../../core/commit-limits.ts";
import { VERBS } from "../../../core/grant.ts";
import { type Columns, covers, grants, liveToken, objectShape } from "./parts.ts";

export interface Check {
  readonly code: string;
  /** When: about the request before staging, before a repeat is recognised, or for new work only. */
  readonly stage: "request" | "early" | "new";
  /** What follows `from proposed o`, or undefined for a check of the whole request. */
  readonly join?: (p: Columns) => string;
  /** The offence. With `join` it may end in a group by and having. */
  readonly where: (p: Columns) => string;
}

const ordinary = "o.ns not in ('_system','_auth')";
/** Aggregates over a proposal's operations in one namespace: the change of bytes and of keys. */
const moreBytes = "sum(iif(o.op='put',o.size,0)-coalesce(o.wasize,0))";
const moreKeys = "sum(iif(o.op='put',o.was is null,-(o.was is not null)))";
const namespaceRule = (name: string) =>
  `(length(${name}) between 1 and 63 and ${name} not glob '*[^a-z0-9-]*' and ${name} not glob '-*')`;
const op = (code: string, stage: Check["stage"], where: (p: Columns) => string, join = ""): Check => ({
  code,
  stage,
  join: () => join,
  where,
});
const request = (code: string, stage: Check["stage"], where: (p: Columns) => string): Check => ({
  code,
  stage,
  where,
});

const tokenShape = objectShape(
  "o.v",
  ["name", "digest", "grants", "expiresMs", "createdMs", "creator", "revokedMs"],
  `length(o.k)=18 and o.k glob 'token/*' and substr(o.k,7) not glob '*[^a-z2-7]*'
and json_type(o.v,'$.name')='text' and length(o.v->>'name') between 1 and 200 and o.v->>'name' not glob '_*'
and json_type(o.v,'$.digest')='text' and length(o.v->>'digest')=64 and o.v->>'digest' not glob '*[^0-9a-f]*'
and json_type(o.v,'$.createdMs')='integer' and json_type(o.v,'$.creator')='text'
and json_type(o.v,'$.expiresMs') in ('integer','null') and json_type(o.v,'$.revokedMs') in ('integer','null')
and json_type(o.v,'$.grants')='array' and json_array_length(o.v,'$.grants') between 1 and 100
and not exists (select 1 from json_each(o.v,'$.grants') g where not coalesce(iif(g.type='object',
json_type(g.value,'$.verbs')='array' and json_array_length(g.value,'$.verbs')>0
and json_type(g.value,'$.namespace')='text' and json_type(g.value,'$.scope')='text' and octet_length(g.value->>'scope')<=900
and (g.value->>'namespace'='*' or ${namespaceRule("(g.value->>'namespace')")})
and not exists (select 1 from json_each(g.value) m where m.key not in ('verbs','namespace','scope'))
and not exists (select 1 from json_each(g.value,'$.verbs') v where v.type<>'text' or v.value not in
(${VERBS.map((verb) => `'${verb}'`).join(",")})),0),0))`,
);

const namespaceShape = objectShape(
  "o.v",
  ["description", "public", "blindWrites", "messageRequired", "quota"],
  `${namespaceRule("substr(o.k,11)")} and not exists (select 1 from json_each(o.v) m where m.type not in
(iif(m.key='description','text',iif(m.key='quota','object','true')),iif(m.key in ('description','quota'),'','false')))
and not exists (select 1 from json_each(o.v,'$.quota') m where m.key not in ('keys','bytes') or m.type<>'integer' or m.value<0)`,
);

/** A live root: `admin` on `*` with no narrower scope. */
const root = (json: string, nowMs: string) => `${liveToken(json, nowMs)} and exists
(select 1 from json_each(${json},'$.grants') g, json_each(g.value,'$.verbs') v
where g.value->>'namespace'='*' and g.value->>'scope'='' and v.value='admin')`;

const tokens = "entry e where e.namespace='_auth' and e.key glob 'token/*'";
const document = "cast(e.value as text)";

export const checks: readonly Check[] = [
  // The shape of the request. Doors refuse these first and in better words; nothing that slips by gets in.
  request(
    "invalid_body",
    "request",
    (
      p,
    ) => `not coalesce(iif(json_valid(${p.ops}),json_type(${p.ops})='array' and json_array_length(${p.ops})>0,0)
and typeof(${p.body})='blob' and typeof(${p.now})='integer' and ${p.door} in ('write','admin')
and (${p.meta} is null or json_valid(${p.meta})),0)`,
  ),
  request("too_many_changes", "request", (p) => `json_array_length(${p.ops})>${COMMIT_LIMITS.changes}`),
  request(
    "too_large",
    "request",
    (p) =>
      `length(${p.body})>${COMMIT_LIMITS.bodyBytes} or octet_length(${p.ops})+length(${p.body})>${COMMIT_LIMITS.encodedBytes}`,
  ),
  op(
    "invalid_body",
    "early",
    (
      p,
    ) => `not coalesce(o.op in ('put','delete','check','erase') and typeof(o.ns)='text' and typeof(o.k)='text'
and typeof(o.at)='integer' and typeof(o.size)='integer' and o.at>=0 and o.size>=0 and o.at+o.size<=length(${p.body})
and o.txt in (0,1) and (o.rev is null or typeof(o.rev)='integer' and o.rev>=-1) and (o.op<>'check' or o.rev>=0)
and (o.op='put')=(o.mt is not null) and (o.mt is null or typeof(o.mt)='text' and length(o.mt) between 3 and 255)
and (o.lin is null or length(o.lin)=8),0)`,
  ),
  op("too_large", "early", () => `o.size>${COMMIT_LIMITS.valueBytes}`),
  op("bad_namespace", "early", () => `${ordinary} and not ${namespaceRule("o.ns")}`),
  // SQL cannot check UTF-8, so the look for encoded surrogates (ED A0..BF) is only a second line.
  op(
    "bad_key",
    "early",
    () => `octet_length(o.k) not between 1 and ${COMMIT_LIMITS.keyBytes} or instr(o.k,char(0))
or o.k glob '*['||char(1)||'-'||char(31)||char(127)||']*' or instr(cast(o.k as blob),x'ed') and exists
(with recursive n(b) as (values(160) union all select b+1 from n where b<191)
select 1 from n where instr(cast(o.k as blob),unhex(printf('ed%02x',b))))`,
  ),
  op("duplicate_change", "early", () => "1 group by o.ns,o.k having count(*)>1"),
  // The store's own state.
  request("not_ready", "early", () => "(select state from store)='restoring'"),
  request("read_only", "early", () => "(select state from store)='stopped'"),
  // Who proposes: the token by accessor and digest, unexpired by the clock of the request.
  request(
    "bad_token",
    "early",
    (
      p,
    ) => `coalesce(${p.reserved} not in ('_bootstrap','_restore'),not exists (select 1 from entry e where e.namespace='_auth'
and e.key='token/'||${p.accessor} and ${document}->>'digest'=${p.digest} and ${document}->>'revokedMs' is null))`,
  ),
  request(
    "token_expired",
    "early",
    (p) => `${p.reserved} is null and (select ${document}->>'expiresMs' from entry e where e.namespace='_auth'
and e.key='token/'||${p.accessor})<=${p.now}`,
  ),
  // Said before with other content. The same content is a repeat, which goes its own way after this.
  request(
    "idempotency_mismatch",
    "early",
    (
      p,
    ) => `exists (select 1 from commits c where c.actor=${p.actor} and c.request_id=${p.requestId} and (exists
(select 1 from ${p.proposed} o where o.op='put' and not exists (select 1 from change x where x.namespace=o.ns and x.key=o.k
and x.op='put' and x.media_type=o.mt and x.value=${p.value} and x.revision=(select m.revision from change m
where m.namespace=o.ns and m.key=o.k and m.revision<=c.revision order by m.revision desc limit 1))
or o.op='delete' and not exists (select 1 from change x where x.namespace=o.ns and x.key=o.k and x.revision=c.revision
and x.op='delete'))
or exists (select 1 from change x indexed by change_by_revision where x.revision=c.revision
and not exists (select 1 from ${p.proposed} o where o.ns=x.namespace and o.k=x.key and o.op=x.op))))`,
  ),
  // From here on only new work is judged: the operations of a repeat are gone from `proposed`.
  op(
    "read_only",
    "new",
    () => "(o.ns<>'_system' or o.k<>'mode')",
    `join entry e on e.namespace='_system' and e.key='mode' and ${document}->>'mode'='read_only'`,
  ),
  // May they: every key inside a grant; reserved namespaces by the admin door alone, and it serves no others,
  // but for a purge.
  op("reserved_namespace", "new", (p) => `(${p.door}='admin')=(${ordinary} and o.op<>'erase')`),
  op(
    "bootstrap_done",
    "new",
    (p) => `${p.reserved}='_bootstrap' and exists (select 1 from change where namespace='_auth')`,
  ),
  op(
    "forbidden",
    "new",
    (p) => `not coalesce(case when ${p.reserved}='_bootstrap'
then o.op='put' and o.ns='_auth' and o.k glob 'token/*' and json_array_length(${p.ops})=1
when ${p.reserved}='_restore' then o.op='put' and o.ns='_auth' and o.k glob 'token/*'
when o.op='erase' then exists (select 1 from (${grants(p)}) g where g.verb='admin' and g.ns='*' and g.scope='')
when o.ns='_auth' then exists (select 1 from (${grants(p)}) g where g.verb='admin')
when o.ns='_system' then exists (select 1 from (${grants(p)}) g where g.verb='admin' and g.scope='' and (g.ns='*'
or substr(o.k,instr(o.k,'/')) glob '/'||g.ns||'/*' and substr(o.k,1,6) in ('schema','policy','channe')))
else exists (select 1 from (${grants(p)}) g where (g.ns=o.ns or g.ns='*') and ${covers("g.scope", "o.k")}
and (g.verb='write' or g.verb='read' and o.op='check')) end,0)`,
  ),
  op(
    "namespace_not_found",
    "new",
    () =>
      `${ordinary} and o.op<>'erase' and not exists (select 1 from entry e where e.namespace='_system' and e.key='namespace/'||o.ns)`,
  ),
  op(
    "message_required",
    "new",
    (p) => `coalesce(${p.message},'')='' and o.op<>'check' and ${document}->>'messageRequired'`,
    "join entry e on e.namespace='_system' and e.key='namespace/'||o.ns",
  ),
  // Do the named revisions hold.
  op(
    "not_found",
    "new",
    () => `o.op='delete' and o.was is null or o.op='erase' and not exists (select 1 from change c
where c.namespace=o.ns and c.key=o.k and c.op='put')`,
  ),
  op(
    "precondition_required",
    "new",
    () => `o.was and o.rev is null and o.op<>'check' and not coalesce((select ${document}->>'blindWrites'
from entry e where e.namespace='_system' and e.key='namespace/'||o.ns),0)`,
  ),
  op("exists", "new", () => "o.was and o.rev=0"),
  op(
    "stale",
    "new",
    () => `o.rev>0 and (o.was is not o.rev or o.lin<>(select substr(l.lineage,1,8) from lineage l
where l.first_revision<=o.was order by l.first_revision desc limit 1))`,
  ),
  // What must hold of the resulting reserved documents.
  op(
    "invalid_body",
    "new",
    () => `not (${ordinary}) and not case when o.op='check' then 1
when o.op='delete' then o.ns='_system' and (o.k='mode' or o.k glob 'namespace/*')
when o.txt=0 or o.mt<>'application/json' then 0 when o.ns='_auth' then ${tokenShape}
when o.k='mode' then ${objectShape("o.v", ["mode"], "o.v->>'mode' in ('open','read_only')")}
when o.k glob 'namespace/*' then ${namespaceShape} else 0 end`,
  ),
  // An accessor is never used for another token, and a revoked one never changes again.
  op(
    "exists",
    "new",
    () => `o.ns='_auth' and (${document}->>'revokedMs' is not null or ${document}->>'grants' is not o.v->>'grants'
or ${document}->>'createdMs' is not o.v->>'createdMs' or ${document}->>'creator' is not o.v->>'creator')`,
    "join entry e on e.namespace=o.ns and e.key=o.k",
  ),
  // Nobody gives what they do not hold together with `admin` over the same ground.
  op(
    "escalation",
    "new",
    (p) => `${p.reserved} is null and exists (select 1 from json_each(o.v,'$.grants') n,
json_each(json_insert(n.value->'verbs','$[#]','admin')) w where not exists (select 1 from (${grants(p)}) g
where g.verb=w.value and (g.ns=n.value->>'namespace' or g.ns='*') and ${covers("g.scope", "(n.value->>'scope')")}))`,
    "",
  ),
  op(
    "not_empty",
    "new",
    () => "o.ns='_system' and o.op='delete' and u.keys>0",
    "join usage u on o.k='namespace/'||u.namespace",
  ),
  // A namespace goes when no live grant names it, and its name comes back only when no history is left.
  op(
    "in_use",
    "new",
    (p) => `o.ns='_system' and o.k glob 'namespace/*' and iif(o.op='delete',
exists (select 1 from ${tokens} and ${liveToken(document, p.now)} and exists (select 1 from json_each(${document},'$.grants') g
where g.value->>'namespace'=substr(o.k,11))),
o.was is null and exists (select 1 from change c where c.namespace=substr(o.k,11)))`,
  ),
  // A live root token remains, unless revocations are applied again after a restore: those come first.
  op(
    "in_use",
    "new",
    (
      p,
    ) => `o.ns='_auth' and ${p.reserved} is not '_restore' and not exists (select 1 from ${p.proposed} o where o.ns='_auth' and ${root("o.v", p.now)})
and not exists (select 1 from ${tokens} and e.key not in (select o.k from ${p.proposed} o where o.ns='_auth')
and ${root(document, p.now)})`,
  ),
  op(
    "quota_exceeded",
    "new",
    () => `o.op<>'check' and n.value is not null group by o.ns having
${moreBytes}>0 and coalesce(u.bytes,0)+${moreBytes}>n.value->>'bytes' or ${moreKeys}>0 and coalesce(u.keys,0)+${moreKeys}>n.value->>'keys'`,
    `join entry e on e.namespace='_system' and e.key='namespace/'||o.ns
join (select 'quota' as name) q join json_each(${document}) n on n.key=q.name left join usage u on u.namespace=o.ns`,
  ),
];
