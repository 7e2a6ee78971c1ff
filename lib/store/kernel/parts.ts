/**
 * The pieces of SQL that checks and trigger share: the operations as a table, the value of a put, and what
 * a grant covers.
 */

/** How a proposal's columns are spelled: `new.x` in the trigger, a bound parameter in the explanation. */
export interface Columns {
  /** A derived table (i, op, ns, k, mt, rev, lin, at, size, txt) of the operations. */
  readonly ops: string;
  readonly opsText: string;
  readonly body: string;
  readonly nowMs: string;
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
}

/** The operations, one row each, in the order proposed. */
export function opsTable(json: string): string {
  const column = (index: number, name: string) => `value->>${index} as ${name}`;
  const names = ["op", "ns", "k", "mt", "rev", "lin", "at", "size", "txt"];
  return `(select key as i, ${names.map((name, index) => column(index, name)).join(", ")} from json_each(${json}))`;
}

/** The bytes of operation `o`: an empty value is x'', never null. */
export function slice(p: Columns, o: string): string {
  return `coalesce(substr(${p.body}, ${o}.at+1, ${o}.size), x'')`;
}

/** The proposer's grants, one row a verb: (verb, ns, scope). */
export function grantsOf(p: Columns): string {
  return `select v.value as verb, g.value->>'$.namespace' as ns, g.value->>'$.scope' as scope
    from entry t, json_each(cast(t.value as text),'$.grants') g, json_each(g.value,'$.verbs') v
    where t.namespace='_auth' and t.key='token/'||${p.accessor}`;
}

/** True where scope `outer` covers scope or key `inner`: all, the same, or a prefix that ends in `/`. */
export function scopeCovers(outer: string, inner: string): string {
  return `(${outer}='' or ${outer}=${inner} or (substr(${outer},-1)='/' and substr(${inner},1,length(${outer}))=${outer}))`;
}

/** True where grant row `g` covers the key of operation `o` in an ordinary namespace. */
export function covered(o: string, g: string): string {
  return `(${g}.ns=${o}.ns or ${g}.ns='*') and ${scopeCovers(`${g}.scope`, `${o}.k`)}`;
}
