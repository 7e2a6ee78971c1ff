/**
 * The pieces of SQL that checks and trigger share: the staged operations, the value of a put, what a grant
 * covers, and the shape of a document that the kernel itself reads.
 */

/** How a proposal's columns are spelled: `new.x` in the trigger, a bound parameter in the explanation. */
export interface Columns {
  readonly now: string;
  readonly door: string;
  readonly accessor: string;
  readonly digest: string;
  /** One of Ledge's own actors, null when a token proposes. */
  readonly reserved: string;
  /** Who stands in the commit: the reserved actor or the accessor. */
  readonly actor: string;
  readonly requestId: string;
  readonly message: string;
  readonly meta: string;
  readonly ops: string;
  readonly body: string;
  /** The staged operations: the table `proposed`. */
  readonly proposed: string;
  /** The bytes of operation `o`: an empty value is x'', never null. */
  readonly value: string;
}

/** Columns of `proposed`: the operation as sent, then what stands there now. */
export const proposedColumns = [
  "i",
  "op",
  "ns",
  "k",
  "mt",
  "rev",
  "lin",
  "at",
  "size",
  "txt",
  "was",
  "wasize",
  "same",
  "v",
] as const;

/** Reads the operations, each beside the document that it would replace. `v` is text, reserved documents only. */
export function stage(p: Columns): string {
  const value = `coalesce(substr(${p.body},j.value->>6+1,j.value->>7),x'')`;
  const sent = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => `j.value->>${index}`).join(",");
  return `select j.key,${sent},e.revision,e.size,e.media_type=j.value->>3 and e.text=j.value->>8 and e.value=${value},
iif(j.value->>0='put' and j.value->>1 in ('_system','_auth'),cast(${value} as text),null)
from json_each(${p.ops}) j left join entry e on e.namespace=j.value->>1 and e.key=j.value->>2`;
}

/** The proposer's grants, one row a verb: (verb, ns, scope). */
export function grants(p: Columns): string {
  return `select v.value as verb,g.value->>'namespace' as ns,g.value->>'scope' as scope from entry t,
json_each(cast(t.value as text),'$.grants') g,json_each(g.value,'$.verbs') v where t.namespace='_auth' and t.key='token/'||${p.accessor}`;
}

/** True where scope `outer` covers scope or key `inner`: all, the same, or a prefix that ends in `/`. */
export function covers(outer: string, inner: string): string {
  return `(${outer} in ('',${inner}) or substr(${outer},-1)='/' and substr(${inner},1,length(${outer}))=${outer})`;
}

/** True for a token document that is neither revoked nor expired. */
export function liveToken(json: string, now: string): string {
  return `${json}->>'revokedMs' is null and coalesce(${json}->>'expiresMs',9e15)>${now}`;
}

/** True for a JSON object with only the members named and of the given shape. iif shields the JSON functions. */
export function objectShape(json: string, members: readonly string[], shape: string): string {
  const known = members.map((member) => `'${member}'`).join(",");
  return `iif(json_valid(${json}),iif(json_type(${json})='object',coalesce(${shape},0)
and not exists (select 1 from json_each(${json}) m where m.key not in (${known})),0),0)`;
}
