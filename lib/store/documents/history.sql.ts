/**
 * The history of a key, or of the keys that begin with a prefix: changes, newest first and by key inside a commit, each
 * with its commit. What is shown is found first, by an index that covers it; values are fetched only for that.
 *
 * ?1 ranges, ?2 namespace, ?3 the newest revision to look at, ?4 behind which key in it, ?5 after which revision,
 * ?6 the key or the prefix, ?12 whether it is a key, ?7 limit, ?8 bytes at most, ?9 values, ?10 whose own commits are shown whole, ?11 whether all
 * are (a root token).
 * A row an entry, as JSON without its last brace; one more found than the limit means that there are more.
 */
import { blobColumn, integerColumn, orNull, statement } from "../sqlite/statement-build.ts";
import { change } from "../tables.ts";
import { isWhole, LOOKED_COMMITS, momentMembers, namedActorMember, wordMembers } from "./commit-parts.ts";
import {
  above,
  bytesValue,
  documentMembers,
  heldBytes,
  inRanges,
  rangesTable,
  valueMember,
} from "./read-parts.ts";

const commit = `'{'||${momentMembers}||${namedActorMember}||iif(?11 or m.actor=?10 or ${isWhole("0")},${wordMembers},',"partial":true')||'}'`;

const entry = `'{"op":"'||c.op||'",'||iif(c.op='put',${documentMembers("c", { namespace: "?2", size: "length(c.value)" })},
'"namespace":'||json_quote(?2)||',"key":'||json_quote(c.key)||',"revision":'||c.revision)||',"commit":'||f.json
||${valueMember("?9", "c")}`;

const walk = (from: string) => `select * from (select c.rowid,c.revision,c.key from change c ${from}
and c.revision<=?3 and c.revision>?5 and (c.revision<?3 or c.key>?4) and ${inRanges("c")} order by c.revision desc,c.key limit ?7+1)`;

/** Of one key down the unique index; of a prefix down the changes of all namespaces, so ?5 bounds that. */
export const historySql = statement(
  {
    revision: change.revision,
    key: change.key,
    found: integerColumn,
    entry: blobColumn,
    bytes: orNull(blobColumn),
  },
  `with ${rangesTable("?1")},
found(at,revision,key) as materialized (${walk("where ?12 and c.namespace=?2 and c.key=?6")}
union all ${walk(`indexed by change_by_revision where not ?12 and c.namespace=?2 and c.key>=?6 and c.key<${above("?6")}`)}),
fit as (select f.at,f.revision,row_number() over w as n,sum(iif(?9='none',0,${heldBytes("c")})) over w as size
from found f cross join change c on c.rowid=f.at window w as (order by f.revision desc,f.key)),
shown as materialized (select at,revision,n from fit where n=1 or n<=?7 and size<=?8),
facts(revision,json) as materialized (select m.revision,${commit}
from (select distinct revision from shown) s cross join commits m on m.revision=s.revision),
made as materialized (select c.revision,c.key,s.n,${entry} as json,${bytesValue("?9", "c")} as bytes
from shown s cross join change c on c.rowid=s.at cross join facts f on f.revision=s.revision)
select revision,key,(select count(*) from found),cast(json as blob),bytes from
(select *,sum(octet_length(json)+coalesce(length(bytes)*4/3,0)) over (order by n) as size from made)
where n=1 or size<=?8 order by n`,
);

/** ?1 a revision. The first commit before it, going back, that one look does not reach. */
export const outOfSightSql = statement(
  { revision: change.revision },
  `select revision from commits where revision<=?1 order by revision desc limit 1 offset ${LOOKED_COMMITS}`,
);
