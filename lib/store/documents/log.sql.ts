/**
 * The log of commits, newest first, and what each did: the change and what stood there before. What is shown is found
 * first, by indexes that cover it; values are fetched only for that. Rows are JSON without their last brace.
 */
import { blobColumn, integerColumn, orNull, statement } from "../sqlite/statement-build.ts";
import { change, commits } from "../tables.ts";
import { isWhole, momentMembers, namedActorMember, wordMembers } from "./commit-parts.ts";
import {
  above,
  bytesValue,
  documentMembers,
  heldBytes,
  inRanges,
  rangesTable,
  valueMember,
} from "./read-parts.ts";

/** Whether a change is in the part of the store that was asked for: a namespace, a key, a prefix. */
const asked = (c: string, { namespace, key, prefix }: Record<"namespace" | "key" | "prefix", string>) =>
  `(${namespace} is null or ${c}.namespace=${namespace}) and (${key} is null or ${c}.key=${key})
and (${prefix}='' or ${c}.key>=${prefix} and ${c}.key<${above(prefix)})`;

/** All of a commit is shown to a root token, and to whom made it. */
const mine = "(?10 or m.actor=?9)";
const touches = (place: string) =>
  `exists (select 1 from change x indexed by change_by_revision where x.revision=m.revision and ${place})`;

/**
 * ?1 ranges, ?2 before, ?3 from, ?4 to, ?5 actor or the name of a token or null, ?6 request id or null, ?7 namespace or
 * null, ?8 limit, ?9 whose own commits are shown, ?10 whether all are (a root token), ?11 key or null, ?12 prefix, ?13 a
 * text in the message, ?14 after which revision to look. One more found than the limit means that there are more.
 * A message that is not shown is not found either.
 */
const commitsOf = (source: string, revision: string) =>
  statement(
    { revision: commits.revision, changes: commits.changes, commit: blobColumn },
    `with ${rangesTable("?1")},
named(actor) as materialized (select ?5 union all select substr(t.key,7) from entry t where ?5 is not null
and t.namespace='_auth' and t.key>='token/' and t.key<${above("'token/'")} and cast(t.value as text)->>'name'=?5)
select m.revision,m.changes,cast('{"revision":'||m.revision||','||${momentMembers}||${namedActorMember}||iif(${mine} or ${isWhole("0")},
${wordMembers}||',"changeCount":'||m.changes||iif(m.request_id is null,'',',"requestId":'||json_quote(m.request_id)),
',"partial":true') as blob) from ${source}
and m.revision<?2 and m.revision>?14 and m.revision between ?3 and ?4
and (?5 is null or m.actor in (select actor from named)) and (?6 is null or m.request_id=?6)
and (?13='' or instr(lower(m.message),lower(?13))>0 and (${mine} or ${isWhole("0")}))
and (?7 is null and ?11 is null and ?12='' or ${touches(`${asked("x", { namespace: "?7", key: "?11", prefix: "?12" })}
and (${mine} or ${inRanges("x")})`)})
and (${mine} or ${touches(inRanges("x"))}) order by ${revision} desc limit ?8+1`,
  );

export const commitsSql = commitsOf("commits m where true", "m.revision");

/** The same where ?7 and ?11 name one key: down the key's own versions, so that ?14 may be 0. */
export const commitsOfKeySql = commitsOf(
  "change k cross join commits m on m.revision=k.revision where k.namespace=?7 and k.key=?11 and k.revision<?2",
  "k.revision",
);

const changeJson = `'{"op":"'||c.op||'","namespace":'||json_quote(c.namespace)||',"key":'||json_quote(c.key)
||iif(c.op='put',',"mediaType":'||json_quote(c.media_type)||',"size":'||length(c.value),'')||${valueMember("?8", "c")}`;

const beforeJson = `'{'||${documentMembers("b", { namespace: "b.namespace", size: "length(b.value)" })}||${valueMember("?8", "b")}`;

/**
 * ?1 ranges, ?2 revisions as a JSON array, ?3 namespace or null, ?4 key or null, ?5 prefix, ?6 limit, ?7 bytes at most,
 * ?8 values, ?9 and ?10 behind which namespace and key.
 * By commit, newest first, and inside it by namespace and key.
 */
export const commitChangesSql = statement(
  {
    revision: change.revision,
    namespace: change.namespace,
    key: change.key,
    found: integerColumn,
    ofCommit: integerColumn,
    change: blobColumn,
    bytes: orNull(blobColumn),
    before: orNull(blobColumn),
    beforeBytes: orNull(blobColumn),
  },
  `with ${rangesTable("?1")},
found as materialized (select c.revision,c.namespace,c.key from json_each(?2) r cross join change c indexed by change_by_revision
where c.revision=r.value and ${asked("c", { namespace: "?3", key: "?4", prefix: "?5" })}
and (c.namespace>?9 or c.namespace=?9 and c.key>?10) and ${inRanges("c")}),
sized as (select c.rowid as at,b.rowid as was,row_number() over w as n,sum(iif(?8='none',0,${heldBytes("c")}+${heldBytes("b")})) over w as size
from found f cross join change c on c.namespace=f.namespace and c.key=f.key and c.revision=f.revision
left join change b on b.namespace=f.namespace and b.key=f.key and b.op='put' and b.revision=(select p.revision from change p
where p.namespace=f.namespace and p.key=f.key and p.revision<f.revision order by p.revision desc limit 1)
window w as (order by f.revision desc,f.namespace,f.key)),
shown as materialized (select at,was,n from sized where n=1 or n<=?6 and size<=?7),
made as materialized (select c.revision,c.namespace,c.key,s.n,${changeJson} as change,${bytesValue("?8", "c")} as bytes,
iif(b.op='put',${beforeJson},null) as before,iif(b.op='put',${bytesValue("?8", "b")},null) as beforeBytes
from shown s cross join change c on c.rowid=s.at left join change b on b.rowid=s.was)
select revision,namespace,key,(select count(*) from found),
(select count(*) from found f where f.revision=x.revision),cast(change as blob),bytes,cast(before as blob),beforeBytes
from (select *,sum(octet_length(change)+coalesce(octet_length(before),0)+(coalesce(length(bytes),0)+coalesce(length(beforeBytes),0))*4/3)
over (order by n) as size from made) x where n=1 or size<=?7 order by n`,
);

/** ?1 milliseconds since 1970. The newest commit that says that it was made by then. */
export const revisionAtSql = statement(
  { revision: commits.revision },
  "select revision from commits where time_ms<=?1 order by revision desc limit 1",
);
