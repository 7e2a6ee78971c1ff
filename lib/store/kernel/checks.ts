/**
 * What must hold for a proposal, as one ordered list of (code, select). The trigger and the explanation of a
 * refusal are both rendered from it, so that the two never differ. Every select yields a row for each
 * offence, with the index of the operation in the column `i` (null where no operation is to blame).
 *
 * `p` names the proposal's columns: `new.ops` in the trigger, a subselect in the explanation.
 * Everything is judged before anything is applied: operations have distinct keys and no order, so the
 * resulting state can be told from the operations and the current entries.
 */
import { type Columns, covered, grantsOf, scopeCovers, slice } from "./parts.ts";

export interface Check {
  readonly code: string;
  readonly select: (p: Columns) => string;
}

/** Commit limits (docs/http.md, "Limits"). The encoded cap keeps a parameter under what libSQL servers take. */
export const COMMIT_LIMITS = {
  changes: 1_000,
  valueBytes: 1_048_576,
  bodyBytes: 2_097_152,
  encodedBytes: 4_194_304,
  keyBytes: 1_024,
} as const;

/** Every verb a grant can hold. */
export const VERBS = [
  "read",
  "history",
  "plan",
  "write",
  "rollout",
  "approve",
  "override",
  "report",
  "backup",
  "status",
  "admin",
] as const;

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(",");

/** True for a name that the namespace rule allows: [a-z0-9] then up to 62 of [a-z0-9-]. */
const namespaceRule = (name: string) =>
  `(length(${name}) between 1 and 63 and ${name} not glob '*[^a-z0-9-]*' and ${name} not glob '-*')`;

const utf8Surrogates = Array.from({ length: 32 }, (_, n) => (0xa0 + n).toString(16));
/** True for a key that carries an encoded surrogate; SQL cannot check UTF-8, so this is only a second line. */
const surrogateIn = (key: string) =>
  `(instr(cast(${key} as blob), x'ed') and (${utf8Surrogates
    .map((second) => `instr(cast(${key} as blob), x'ed${second}')`)
    .join(" or ")}))`;

/** True for the value of a put (blob, text) that is a JSON object with only the members named. */
const objectWith = (json: string, members: readonly string[], shape: string) =>
  `case when json_valid(${json}) then case when json_type(${json})='object' then coalesce((${shape}), 0)
    and not exists (select 1 from json_each(${json}) m where m.key not in (${quoted(members)})) else 0 end else 0 end`;

const tokenShape = (json: string, key: string) =>
  objectWith(
    json,
    ["name", "digest", "grants", "expiresMs", "createdMs", "creator", "revokedMs"],
    `${key} glob 'token/*' and length(${key})=18 and substr(${key},7) not glob '*[^a-z2-7]*'
     and json_type(${json},'$.name')='text' and length(${json}->>'$.name') between 1 and 200
     and substr(${json}->>'$.name',1,1)<>'_' and json_type(${json},'$.digest')='text'
     and length(${json}->>'$.digest')=64 and ${json}->>'$.digest' not glob '*[^0-9a-f]*'
     and json_type(${json},'$.createdMs')='integer' and json_type(${json},'$.creator')='text'
     and json_type(${json},'$.expiresMs') in ('integer','null')
     and json_type(${json},'$.revokedMs') in ('integer','null')
     and json_type(${json},'$.grants')='array' and json_array_length(${json},'$.grants') between 1 and 100
     and not exists (select 1 from json_each(${json},'$.grants') g where coalesce(
       g.type='object' and json_type(g.value,'$.verbs')='array' and json_array_length(g.value,'$.verbs')>0
       and json_type(g.value,'$.namespace')='text' and json_type(g.value,'$.scope')='text'
       and octet_length(g.value->>'$.scope')<=900
       and (g.value->>'$.namespace'='*' or ${namespaceRule("(g.value->>'$.namespace')")})
       and not exists (select 1 from json_each(g.value) m where m.key not in ('verbs','namespace','scope'))
       and not exists (select 1 from json_each(g.value,'$.verbs') v
         where v.type<>'text' or v.value not in (${quoted(VERBS)})), 0)=0)`,
  );

const boolean = (json: string, path: string) =>
  `coalesce(json_type(${json},'${path}') in ('true','false'),1)`;
const count = (json: string, path: string) =>
  `coalesce(json_type(${json},'${path}')='integer' and ${json}->>'${path}'>=0,1)`;

const namespaceShape = (json: string, key: string) =>
  objectWith(
    json,
    ["description", "public", "blindWrites", "messageRequired", "quota"],
    `${namespaceRule(`substr(${key},11)`)} and coalesce(json_type(${json},'$.description')='text',1)
     and ${boolean(json, "$.public")} and ${boolean(json, "$.blindWrites")} and ${boolean(json, "$.messageRequired")}
     and coalesce(json_type(${json},'$.quota')='object',1)
     and ${count(json, "$.quota.keys")} and ${count(json, "$.quota.bytes")}`,
  );

const modeShape = (json: string) => objectWith(json, ["mode"], `${json}->>'$.mode' in ('open','read_only')`);

/** The document of a namespace. The doors keep namespaces and documents in different proposals. */
const namespaceDocument = (name: string) =>
  `(select cast(n.value as text) from entry n where n.namespace='_system' and n.key='namespace/'||${name})`;

/** The ordinary namespaces that a proposal touches, each with its first operation. */
const namespacesOf = (p: Columns, only = "1") =>
  `(select o.ns, min(o.i) as i from ${p.ops} o where o.ns not in ('_system','_auth') and ${only} group by o.ns)`;

/** A live root: an unrevoked, unexpired token with `admin` on `*` and no narrower scope. */
const isRoot = (json: string, now: string) =>
  `(coalesce(${json}->>'$.revokedMs',0)=0 and coalesce(${json}->>'$.expiresMs',9e15)>${now}
    and exists (select 1 from json_each(${json},'$.grants') g, json_each(g.value,'$.verbs') v
      where g.value->>'$.namespace'='*' and g.value->>'$.scope'='' and v.value='admin'))`;

/** Grants of `json` that the proposer cannot give: a verb, or `admin`, missing over the same ground. */
const beyond = (p: Columns, json: string) =>
  `exists (with h as materialized (${grantsOf(p)})
    select 1 from json_each(${json},'$.grants') g, json_each(json_insert(g.value->'$.verbs','$[#]','admin')) v
    where not exists (select 1 from h where h.verb=v.value and (h.ns=g.value->>'$.namespace' or h.ns='*')
      and ${scopeCovers("h.scope", "(g.value->>'$.scope')")}))`;

const tokenNow = "cast(e.value as text)";

export const checks: readonly Check[] = [
  // The shape of the request. Doors refuse these first and in better words; nothing that slips by gets in.
  {
    code: "invalid_body",
    select: (
      p,
    ) => `select null as i where coalesce(case when json_valid(${p.opsText}) then json_type(${p.opsText})='array' end
      and typeof(${p.body})='blob' and typeof(${p.nowMs})='integer' and ${p.door} in ('write','admin')
      and (${p.meta} is null or json_valid(${p.meta})), 0)=0`,
  },
  {
    code: "too_many_changes",
    select: (p) => `select null as i where json_array_length(${p.opsText})>${COMMIT_LIMITS.changes}`,
  },
  {
    code: "too_large",
    select: (p) => `select null as i where length(${p.body})>${COMMIT_LIMITS.bodyBytes}
      or octet_length(${p.opsText})+length(${p.body})>${COMMIT_LIMITS.encodedBytes}
      union all select o.i from ${p.ops} o where o.size>${COMMIT_LIMITS.valueBytes}`,
  },
  {
    code: "invalid_body",
    select: (p) => `select null as i where json_array_length(${p.opsText})=0
      union all select o.i from ${p.ops} o where coalesce(o.op in ('put','delete','check')
      and typeof(o.ns)='text' and typeof(o.k)='text' and typeof(o.at)='integer' and typeof(o.size)='integer'
      and o.at>=0 and o.size>=0 and o.at+o.size<=length(${p.body}) and o.txt in (0,1)
      and (o.rev is null or (typeof(o.rev)='integer' and o.rev>=-1)) and (o.op<>'check' or o.rev>=0)
      and (o.op='put')=(o.mt is not null) and (o.mt is null or typeof(o.mt)='text' and length(o.mt) between 3 and 255)
      and (o.lin is null or length(o.lin)=8), 0)=0`,
  },
  {
    code: "bad_namespace",
    select: (p) =>
      `select o.i from ${p.ops} o where o.ns not in ('_system','_auth') and not ${namespaceRule("o.ns")}`,
  },
  {
    code: "bad_key",
    select: (
      p,
    ) => `select o.i from ${p.ops} o where octet_length(o.k) not between 1 and ${COMMIT_LIMITS.keyBytes}
      or instr(o.k, char(0)) or o.k glob '*['||char(1)||'-'||char(31)||char(127)||']*' or ${surrogateIn("o.k")}`,
  },
  {
    code: "duplicate_change",
    select: (p) => `select max(o.i) as i from ${p.ops} o group by o.ns, o.k having count(*)>1`,
  },
  // The store's own state.
  { code: "not_ready", select: () => "select null as i from store where state='restoring'" },
  { code: "read_only", select: () => "select null as i from store where state='stopped'" },
  // Who proposes: the token by accessor and digest, unexpired by the clock of the request.
  {
    code: "bad_token",
    select: (
      p,
    ) => `select null as i where coalesce(${p.reserved}, '')<>'_bootstrap' and not exists (select 1 from entry e
      where e.namespace='_auth' and e.key='token/'||${p.accessor} and ${tokenNow}->>'$.digest'=${p.digest}
      and coalesce(${tokenNow}->>'$.revokedMs',0)=0)`,
  },
  {
    code: "token_expired",
    select: (p) => `select null as i from entry e where ${p.reserved} is null and e.namespace='_auth'
      and e.key='token/'||${p.accessor} and ${tokenNow}->>'$.expiresMs'<=${p.nowMs}`,
  },
  // Said before with other content. The same content is a repeat, which the trigger ignores.
  {
    code: "idempotency_mismatch",
    select: (
      p,
    ) => `select null as i from commits c where c.actor=${p.actor} and c.request_id=${p.requestId} and (
      exists (select 1 from ${p.ops} o where o.op='put' and not exists (select 1 from change x
        where x.namespace=o.ns and x.key=o.k and x.op='put' and x.media_type=o.mt and x.value=${slice(p, "o")}
        and x.revision=(select m.revision from change m where m.namespace=o.ns and m.key=o.k
          and m.revision<=c.revision order by m.revision desc limit 1)))
      or exists (select 1 from ${p.ops} o where o.op='delete' and not exists (select 1 from change x
        where x.namespace=o.ns and x.key=o.k and x.revision=c.revision and x.op='delete'))
      or exists (select 1 from change x indexed by change_by_revision where x.revision=c.revision
        and not exists (select 1 from ${p.ops} o where o.ns=x.namespace and o.k=x.key and o.op=x.op)))`,
  },
  // From here on a repeat has gone its way: what follows judges new work only.
  {
    code: "read_only",
    select: (p) => `select null as i from entry e where e.namespace='_system' and e.key='mode'
      and cast(e.value as text)->>'$.mode'='read_only'
      and exists (select 1 from ${p.ops} o where o.ns<>'_system' or o.k<>'mode')`,
  },
  // May they: every key inside a grant; reserved namespaces by the admin door and its rules alone.
  {
    code: "reserved_namespace",
    select: (p) => `select o.i from ${p.ops} o where o.ns in ('_system','_auth') and ${p.door}<>'admin'
      union all select o.i from ${p.ops} o where ${p.door}='admin' and o.ns not in ('_system','_auth')`,
  },
  {
    code: "bootstrap_done",
    select: (p) =>
      `select null as i where ${p.reserved}='_bootstrap' and exists (select 1 from change where namespace='_auth')`,
  },
  {
    code: "forbidden",
    select: (p) => `select i from (with g as materialized (${grantsOf(p)})
      select o.i from ${p.ops} o where ${p.reserved} is null and not case o.ns
        when '_auth' then exists (select 1 from g where g.verb='admin')
        when '_system' then exists (select 1 from g where g.verb='admin' and g.scope='' and (g.ns='*'
          or o.k like 'schema/'||g.ns||'/%' or o.k like 'policy/'||g.ns||'/%' or o.k like 'channel/'||g.ns||'/%'))
        else exists (select 1 from g where ${covered("o", "g")}
          and (g.verb='write' or (g.verb='read' and o.op='check'))) end)
      union all select o.i from ${p.ops} o where ${p.reserved}='_bootstrap' and not (o.op='put' and o.ns='_auth'
        and o.k glob 'token/*' and json_array_length(${p.opsText})=1)`,
  },
  // The namespaces named must exist once this is applied, and say whether a message is needed.
  {
    code: "namespace_not_found",
    select: (p) => `select o.i from ${namespacesOf(p)} o where ${namespaceDocument("o.ns")} is null`,
  },
  {
    code: "message_required",
    select: (p) => `select o.i from ${namespacesOf(p, "o.op<>'check'")} o
      where coalesce(${p.message},'')='' and ${namespaceDocument("o.ns")}->>'$.messageRequired'=1`,
  },
  // Do the named revisions hold.
  {
    code: "not_found",
    select: (p) => `select o.i from ${p.ops} o where o.op='delete' and not exists (select 1 from entry e
      where e.namespace=o.ns and e.key=o.k)`,
  },
  {
    code: "precondition_required",
    select: (p) => `select o.i from ${p.ops} o join entry e on e.namespace=o.ns and e.key=o.k
      where o.op<>'check' and o.rev is null
      and coalesce((select cast(n.value as text)->>'$.blindWrites' from entry n
        where n.namespace='_system' and n.key='namespace/'||o.ns),0)=0`,
  },
  {
    code: "exists",
    select: (p) => `select o.i from ${p.ops} o join entry e on e.namespace=o.ns and e.key=o.k where o.rev=0`,
  },
  {
    code: "stale",
    select: (p) => `select o.i from ${p.ops} o left join entry e on e.namespace=o.ns and e.key=o.k
      where o.rev>0 and (e.revision is not o.rev or (o.lin is not null and o.lin<>(select substr(l.lineage,1,8)
        from lineage l where l.first_revision<=e.revision order by l.first_revision desc limit 1)))`,
  },
  // What must hold of the resulting reserved documents.
  {
    code: "invalid_body",
    select: (p) => `select o.i from (select o.*, cast(${slice(p, "o")} as text) as v from ${p.ops} o
        where o.ns in ('_system','_auth') and o.op='put') o
      where case when o.txt=0 or o.mt<>'application/json' then 0
        when o.ns='_auth' then ${tokenShape("o.v", "o.k")}
        when o.k='mode' then ${modeShape("o.v")}
        when o.k glob 'namespace/*' then ${namespaceShape("o.v", "o.k")} else 0 end=0
      union all select o.i from ${p.ops} o where o.ns='_auth' and o.op='delete'
      union all select o.i from ${p.ops} o where o.ns='_system' and o.op='delete' and o.k<>'mode' and o.k not glob 'namespace/*'`,
  },
  {
    code: "exists",
    select: (p) => `select o.i from ${p.ops} o join entry e on e.namespace='_auth' and e.key=o.k
      where o.ns='_auth' and o.op='put' and (coalesce(${tokenNow}->>'$.revokedMs',0)<>0
        or ${tokenNow}->>'$.grants' is not cast(${slice(p, "o")} as text)->>'$.grants'
        or ${tokenNow}->>'$.createdMs' is not cast(${slice(p, "o")} as text)->>'$.createdMs'
        or ${tokenNow}->>'$.creator' is not cast(${slice(p, "o")} as text)->>'$.creator')`,
  },
  {
    code: "escalation",
    select: (p) => `select o.i from ${p.ops} o where o.ns='_auth' and o.op='put' and ${p.reserved} is null
      and ${beyond(p, `cast(${slice(p, "o")} as text)`)}`,
  },
  {
    code: "not_empty",
    select: (p) => `select o.i from ${p.ops} o join usage u on u.namespace=substr(o.k,11)
      where o.ns='_system' and o.op='delete' and o.k glob 'namespace/*' and u.keys>0`,
  },
  {
    code: "in_use",
    select: (
      p,
    ) => `select o.i from ${p.ops} o where o.ns='_system' and o.op='delete' and o.k glob 'namespace/*'
      and exists (select 1 from entry e, json_each(${tokenNow},'$.grants') g where e.namespace='_auth' and e.key glob 'token/*'
        and coalesce(${tokenNow}->>'$.revokedMs',0)=0 and coalesce(${tokenNow}->>'$.expiresMs',9e15)>${p.nowMs}
        and g.value->>'$.namespace'=substr(o.k,11))
      union all select o.i from ${p.ops} o where o.ns='_system' and o.op='put' and o.k glob 'namespace/*'
      and not exists (select 1 from entry e where e.namespace='_system' and e.key=o.k)
      and exists (select 1 from change c where c.namespace=substr(o.k,11))
      union all select null from (select 1) where exists (select 1 from ${p.ops} o where o.ns='_auth')
      and not exists (select 1 from ${p.ops} o where o.ns='_auth' and o.op='put'
        and ${isRoot(`cast(${slice(p, "o")} as text)`, p.nowMs)})
      and not exists (select 1 from entry e where e.namespace='_auth' and e.key glob 'token/*' and ${isRoot(tokenNow, p.nowMs)}
        and not exists (select 1 from ${p.ops} o where o.ns='_auth' and o.k=e.key))`,
  },
  {
    code: "quota_exceeded",
    select: (p) => `select max(o.i) as i from ${p.ops} o
      join entry n on n.namespace='_system' and n.key='namespace/'||o.ns
      left join usage u on u.namespace=o.ns left join entry e on e.namespace=o.ns and e.key=o.k
      where o.op<>'check' and json_type(cast(n.value as text),'$.quota') is not null group by o.ns
      having sum(case when o.op='put' then o.size-coalesce(e.size,0) else -e.size end)>0
          and coalesce(u.bytes,0)+sum(case when o.op='put' then o.size-coalesce(e.size,0) else -e.size end)
            >coalesce(cast(n.value as text)->>'$.quota.bytes',9e15)
        or sum(case when o.op='put' then e.key is null else -1 end)>0
          and coalesce(u.keys,0)+sum(case when o.op='put' then e.key is null else -1 end)
            >coalesce(cast(n.value as text)->>'$.quota.keys',9e15)`,
  },
];

/** How many of the first checks are made before a repeat is recognised. */
export const CHECKS_BEFORE_REPEAT = checks.findIndex((check) => check.code === "idempotency_mismatch") + 1;
