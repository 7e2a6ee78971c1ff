/**
 * Renders the view `propose` and its trigger, the state machine of the store, and the statements that propose
 * and explain. migrations/0005-kernel.sql is this text; a test holds them together.
 */
import { type Check, checks } from "./checks.ts";
import { type Columns, proposedColumns, stage } from "./parts.ts";

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

type ProposeColumn = (typeof proposeColumns)[number];

const columns = (of: (name: ProposeColumn) => string): Columns => ({
  now: of("now_ms"),
  door: of("door"),
  accessor: of("accessor"),
  digest: of("digest"),
  reserved: of("reserved"),
  actor: `coalesce(${of("reserved")},${of("accessor")})`,
  requestId: of("request_id"),
  message: of("message"),
  meta: of("meta"),
  ops: of("ops"),
  body: of("body"),
  proposed: "proposed",
  value: `coalesce(substr(${of("body")},o.at+1,o.size),x'')`,
});

const inTrigger = columns((name) => `new.${name}`);

function judge({ code, join, where }: Check): string {
  const from = join === undefined ? "" : `from proposed o ${join(inTrigger)} `;
  return `select raise(abort,'ledge:${code}') ${from}where ${where(inTrigger)};`;
}

const judged = (stageOfCheck: Check["stage"]) =>
  checks
    .filter((check) => check.stage === stageOfCheck)
    .map(judge)
    .join("\n");

const newChanges = "store s cross join change c on c.revision=s.revision";

/** What makes a revision: a check does not, nor a put of what is there. */
const ALTERS = "op in ('delete','erase') or op='put' and not coalesce(same,0)";

/**
 * The text of migrations/0005-kernel.sql. 0002 made the view and the table; here the trigger is made anew, with
 * `erase` (a purge: the key ends, and all values that it ever had go) and the actor `_restore`.
 */
export function renderKernel(): string {
  return `-- The kernel: the one way to write. Rendered from lib/store/kernel by scripts/render-kernel.mjs; a test
-- holds the two together. A refusal is raise(abort, 'ledge:<code>'); raise(ignore) returns no row, which
-- means that the same was said before or that nothing would change. Comments stay outside the trigger: every
-- connection parses its text.
drop trigger propose_commit;

create trigger propose_commit instead of insert on propose begin
${judged("request")}
delete from proposed;
insert into proposed ${stage(inTrigger)};
${judged("early")}
delete from proposed where exists (select 1 from commits c where c.actor=${inTrigger.actor} and c.request_id=new.request_id);
${judged("new")}
delete from proposed where not exists (select 1 from proposed where ${ALTERS});
select raise(ignore) where not exists (select 1 from proposed);
insert into lineage select pending_epoch,pending_lineage,pending_first,lineage,revision from store where pending_lineage is not null;
update store set epoch=pending_epoch,lineage=pending_lineage,first_revision=pending_first,revision=pending_first-1,
pending_epoch=null,pending_lineage=null,pending_first=null where pending_lineage is not null;
update store set revision=revision+1;
insert into commits select revision,lower(hex(randomblob(8))),new.now_ms,${inTrigger.actor},new.author,new.request_id,new.message,new.meta,
new.trace,(select count(*) from proposed where ${ALTERS}) from store;
insert into change select o.ns,o.k,s.revision,o.op,o.mt,o.txt,iif(o.op='put',${inTrigger.value},null) from store s,proposed o
where ${ALTERS};
insert or ignore into usage select distinct c.namespace,0,0,0 from ${newChanges};
update usage set keys=usage.keys+d.k,bytes=usage.bytes+d.b from (select ns,sum(iif(op='put',was is null,-(was is not null))) as k,
sum(iif(op='put',size,0)-coalesce(wasize,0)) as b from proposed where op<>'check' group by ns) d where usage.namespace=d.ns;
delete from entry where rowid in (select e.rowid from proposed o join entry e on e.namespace=o.ns and e.key=o.k where o.op in ('delete','erase'));
update change set op='erase',value=null,text=0 where rowid in (select c.rowid from proposed o join change c on c.namespace=o.ns and c.key=o.k
and c.op='put' where o.op='erase');
insert into entry select c.namespace,c.key,c.revision,c.revision,1,c.media_type,c.text,length(c.value),c.value from ${newChanges}
where c.op='put' on conflict (namespace,key) do update set revision=excluded.revision,version=entry.version+1,
media_type=excluded.media_type,text=excluded.text,size=excluded.size,value=excluded.value;
delete from proposed;
end;

update store set format = 5;
`;
}

/** Number of the parameter that holds a column of the proposal (?1 is the first). */
const parameter = (name: ProposeColumn) => `?${proposeColumns.indexOf(name) + 1}`;

const lineageOf = (revision: string) =>
  `(select substr(l.lineage,1,8) from lineage l where l.first_revision<=${revision} order by l.first_revision desc limit 1)`;

/** The operations of a JSON text as a table: (i, op, ns, k). */
const named = (ops: string) =>
  `(select key as i, value->>0 as op, value->>1 as ns, value->>2 as k from json_each(${ops}))`;

/** Proposes; one row (revision, lineage, state of each operation's key), or none for a repeat or no change. */
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
  const newest = (bound: string) =>
    `m.namespace=o.ns and m.key=o.k and m.revision${bound}c.revision order by m.revision desc limit 1`;
  return `select c.revision, (select l.lineage from lineage l where l.first_revision<=c.revision
    order by l.first_revision desc limit 1),
  (select json_group_array(json_array(o.op, case when x.op='put' then x.revision else 0 end,
      case when x.op='put' and coalesce((select m.op from change m where ${newest("<")}),'delete')='delete' then x.revision else 0 end,
      ${lineageOf("x.revision")}))
    from ${named("?3")} o left join change x on x.namespace=o.ns and x.key=o.k
      and x.revision=(select m.revision from change m where ${newest("<=")})), c.time_ms
from commits c where c.actor=?1 and c.request_id=?2`;
}

/** The state of each operation's key now: [op, revision, created revision, lineage] each, as one JSON array. */
function stateOf(ops: string): string {
  return `select json_group_array(json_array(o.op, coalesce(e.revision,0), coalesce(e.created_revision,0), ${lineageOf("e.revision")}))
    from ${named(ops)} o left join entry e on e.namespace=o.ns and e.key=o.k`;
}

/**
 * For each code that is about operations, the statement that finds its offences: (operation, its revision
 * now, its lineage). Only the code that the kernel raised may be asked for: the checks before it held, and
 * its own conditions rely on them.
 */
export function renderExplanations(): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { code, join } of checks) {
    if (join !== undefined) texts[code] ??= renderExplanation(code);
  }
  return texts;
}

function renderExplanation(code: string): string {
  const bound = columns(parameter);
  const offences = checks
    .filter((check) => check.code === code && check.join !== undefined)
    .map((check) => `select o.i as i from proposed o ${check.join?.(bound)} where ${check.where(bound)}`);
  // Every column is named once, so that the number of parameters is that of the proposal.
  return `with proposed (${proposedColumns.join(", ")}) as materialized (${stage(bound)})
select distinct x.i, coalesce(o.was,0), ${lineageOf("o.was")} from (${offences.join("\nunion all ")}) x
join proposed o on o.i=x.i where coalesce(${proposeColumns.map(parameter).join(", ")}, 1) is not null order by x.i`;
}
