/** The pieces of SQL that tell of a commit `m` as JSON: when, by whom, why, and whether a caller may see all of it. */
import { inRanges, timeOf } from "./read-parts.ts";

/** How many commits one statement looks at, at most: the next page goes on behind them. */
export const LOOKED_COMMITS = 20_000;

/** Whether the caller may see all of the commit; its message, author and meta are shown only then. */
export const isWhole = (shown: string) =>
  `(${shown}=m.changes or (select count(*) from change y indexed by change_by_revision where y.revision=m.revision
and ${inRanges("y")})=m.changes)`;

export const wordMembers = `',"partial":false'||iif(m.author is null,'',',"author":'||json_quote(m.author))
||iif(m.message is null,'',',"message":'||json_quote(m.message))||iif(m.meta is null,'',',"meta":'||m.meta)`;

export const momentMembers = `'"id":"'||m.id||'","time":"'||${timeOf("m.time_ms")}||'"'`;
export const actorMember = `',"actor":'||json_quote(m.actor)`;

/** The actor, with the name of its token where there is one. A name belongs to its accessor for ever. */
export const namedActorMember = `${actorMember}||coalesce((select ',"actorName":'||json_quote(cast(t.value as text)->>'name') from entry t
where t.namespace='_auth' and t.key='token/'||m.actor),'')`;
