/**
 * Renders the view `propose` and its trigger, the state machine of the store, and the statement that
 * explains a refusal. migrations/0002-kernel.sql is this text; a test holds them together.
 */
import { CHECKS_BEFORE_REPEAT, type Check, checks } from "./checks.ts";
import { type Columns, opsTable, slice } from "./parts.ts";

/** The columns of `propose`, in the order that commit.ts binds them. */
export const proposeColumns = [
  "now_ms",
  "door",
  "accessor",
  "digest",
  "reserved",
  "request_id",
  "message",
  "author",
  "meta",
  "trace",
  "ops",
  "body",
] as const;

const columns = (of: (name: (typeof proposeColumns)[number]) => string): Columns => ({
  ops: opsTable(of("ops")),
  opsText: of("ops"),
  body: of("body"),
  nowMs: of("now_ms"),
  door: of("door"),
  accessor: of("accessor"),
  digest: of("digest"),
  reserved: of("reserved"),
  actor: `coalesce(${of("reserved")}, ${of("accessor")})`,
  requestId: of("request_id"),
  message: of("message"),
  meta: of("meta"),
});

const inTrigger = columns((name) => `new.${name}`);

/** Operations that alter something: a put of the same bytes and type is dropped, a check is never stored. */
const effective = `${inTrigger.ops} o left join entry e on e.namespace=o.ns and e.key=o.k
    where o.op='delete' or (o.op='put' and not (e.key is not null and e.media_type=o.mt and e.text=o.txt
      and e.value=${slice(inTrigger, "o")}))`;

const judge = (check: Check) =>
  `  select raise(abort, 'ledge:${check.code}') where exists (${check.select(inTrigger)});`;

const apply = `
  -- A proposal that alters nothing makes no revision.
  select raise(ignore) where not exists (select 1 from ${effective});
  -- The first commit after a restore opens the epoch that the restore put ready.
  insert into lineage (epoch, lineage, first_revision, parent, parent_revision)
    select pending_epoch, pending_lineage, pending_first, lineage, revision from store where pending_lineage is not null;
  update store set epoch=pending_epoch, lineage=pending_lineage, first_revision=pending_first,
    revision=pending_first-1, pending_epoch=null, pending_lineage=null, pending_first=null
    where pending_lineage is not null;
  update store set revision=revision+1;
  insert into commits (revision, id, time_ms, actor, author, request_id, message, meta, trace, changes)
    select s.revision, lower(hex(randomblob(8))), new.now_ms, ${inTrigger.actor}, new.author, new.request_id,
      new.message, new.meta, new.trace, 0 from store s;
  insert into change (namespace, key, revision, op, media_type, text, value)
    select o.ns, o.k, (select revision from store), o.op, o.mt, o.txt,
      case when o.op='put' then ${slice(inTrigger, "o")} end from ${effective};
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
      media_type=excluded.media_type, text=excluded.text, size=excluded.size, value=excluded.value;`;

/** The text of migrations/0002-kernel.sql. */
export function renderKernel(): string {
  const before = checks.slice(0, CHECKS_BEFORE_REPEAT).map(judge).join("\n");
  const after = checks.slice(CHECKS_BEFORE_REPEAT).map(judge).join("\n");
  return `-- The kernel: the one way to write. Rendered from lib/store/kernel by scripts/render-kernel.mjs; a test
-- holds the two together. A refusal is raise(abort, 'ledge:<code>'); raise(ignore) returns no row, which
-- means that the same was said before or that nothing would change.

create view propose as select ${proposeColumns.map((name) => `null as ${name}`).join(", ")} where 0;

create trigger propose_commit instead of insert on propose begin
${before}
  select raise(ignore) where new.request_id is not null and exists (
    select 1 from commits c where c.actor=${inTrigger.actor} and c.request_id=new.request_id);
${after}
${apply}
end;

update store set format = 2;
`;
}

/** Number of the parameter that holds a column of the proposal (?1 is the first). */
const parameter = (name: (typeof proposeColumns)[number]) => `?${proposeColumns.indexOf(name) + 1}`;

/** Proposes; one row (revision, lineage, outcome of each operation as JSON), or none for a repeat or no change. */
export function renderPropose(): string {
  return `insert into propose (${proposeColumns.join(", ")}) values (${proposeColumns.map(parameter).join(", ")})
returning (select revision from store), (select lineage from store), (${stateOf(parameter("ops"))})`;
}

/** What a proposal that altered nothing found: the same row as renderPropose, at the head. Parameter: ops. */
export function renderUnchanged(): string {
  return `select s.revision, s.lineage, (${stateOf("?1")}) from store s`;
}

/** The first answer again. Parameters: actor, request id, ops; no row if it was never said. Also gives the time. */
export function renderReplay(): string {
  const at = "m.namespace=o.ns and m.key=o.k and m.revision<=c.revision order by m.revision desc limit 1";
  const before = "m.namespace=o.ns and m.key=o.k and m.revision<c.revision order by m.revision desc limit 1";
  return `select c.revision, (select l.lineage from lineage l where l.first_revision<=c.revision
    order by l.first_revision desc limit 1),
  (select json_group_array(json_array(o.op, case when x.op='put' then x.revision else 0 end,
      case when x.op='put' and coalesce((select m.op from change m where ${before}),'delete')='delete' then x.revision else 0 end,
      ${lineageOf("x.revision")}))
    from ${opsTable("?3")} o left join change x on x.namespace=o.ns and x.key=o.k
      and x.revision=(select m.revision from change m where ${at})), c.time_ms
from commits c where c.actor=?1 and c.request_id=?2`;
}

const lineageOf = (revision: string) =>
  `(select substr(l.lineage,1,8) from lineage l where l.first_revision<=${revision} order by l.first_revision desc limit 1)`;

/** The state of each operation's key now: [op, revision, created revision, lineage] each, as one JSON array. */
function stateOf(ops: string): string {
  return `select json_group_array(json_array(o.op, coalesce(e.revision,0), coalesce(e.created_revision,0), ${lineageOf("e.revision")}))
    from ${opsTable(ops)} o left join entry e on e.namespace=o.ns and e.key=o.k`;
}

/**
 * For each code, the statement that finds its offences: (operation, its revision now, its lineage). Only the
 * code that the kernel raised may be asked for: the checks before it held, and later ones rely on them.
 */
export function renderExplanations(): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { code } of checks) texts[code] ??= renderExplanation(code);
  return texts;
}

function renderExplanation(code: string): string {
  const bound = columns((name) => parameter(name));
  const offences = checks.filter((check) => check.code === code).map((check) => check.select(bound));
  // Every column is named once, so that the number of parameters is that of the proposal.
  return `select distinct x.i, coalesce(e.revision,0), ${lineageOf("e.revision")}
from (${offences.map((select) => `select i from (${select})`).join("\nunion all ")}) x
join ${opsTable(parameter("ops"))} o on o.i=x.i left join entry e on e.namespace=o.ns and e.key=o.k
where coalesce(${proposeColumns.map(parameter).join(", ")}, 1) is not null
order by x.i limit 1000`;
}
