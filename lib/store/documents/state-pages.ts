/**
 * The canonical lines of a state: what the state digest is made of. One line a document, a JSON array of key,
 * revision, media type and text, or null and the bytes in hex; in order of keys. Two ways to read the same
 * lines, from the history at a revision and from the entries as they are now; a test holds them equal.
 */
import type { Db } from "../sqlite/driver.ts";

const LINE = `case when d.text=1 then json_array(d.key, d.revision, d.media_type, cast(d.value as text))
  else json_array(d.key, d.revision, d.media_type, null, lower(hex(d.value))) end`;

/** State digests read either the history up to a revision, or the entries of a store that stands still. */
export type StateSource = { readonly kind: "history"; readonly upTo: number } | { readonly kind: "entries" };

export interface StatePage {
  /** Lines with a newline between two. */
  readonly text: Uint8Array;
  readonly keys: number;
  readonly bytes: number;
  readonly lastKey: string;
}

/** The next canonical lines of a namespace, about `maxBytes` of values, at least one. Undefined at the end. */
export function readStatePage(
  db: Db,
  source: StateSource,
  { namespace, afterKey, maxBytes }: { namespace: string; afterKey: string; maxBytes: number },
): StatePage | undefined {
  // Sizes first and values only of the rows that fit: a page would otherwise carry thousands of values around.
  const documents =
    source.kind === "entries"
      ? "select rowid as id, key, text, octet_length(value) as size from entry where namespace=?1 and key>?2 order by key limit 2000"
      : `select c.rowid as id, c.key, c.text, octet_length(c.value) as size from change c where c.namespace=?1 and c.key>?2
          and c.revision<=?4 and c.op='put' and not exists (select 1 from change x where x.namespace=c.namespace
          and x.key=c.key and x.revision>c.revision and x.revision<=?4) order by c.key limit 2000`;
  const params = [namespace, afterKey, maxBytes];
  const [row] = db.all(
    `select cast(group_concat(line, char(10)) as blob), count(*), sum(size), max(key) from (
      select d.key, p.size, ${LINE} as line from (
        select id, key, size from (
          select *, row_number() over w as n,
            sum(100 + octet_length(key) + case text when 1 then 1.1 else 2 end * size) over w as total
          from (${documents}) window w as (order by key rows unbounded preceding))
        where total<=?3 or n=1) p
      cross join ${source.kind === "entries" ? "entry" : "change"} d on d.rowid=p.id order by p.key limit -1)`,
    source.kind === "entries" ? params : [...params, source.upTo],
  );
  if (row === undefined || row[1] === 0) return undefined;
  if (!(row[0] instanceof Uint8Array)) throw new Error("a page of canonical lines came back without bytes");
  return { text: row[0], keys: Number(row[1]), bytes: Number(row[2]), lastKey: String(row[3]) };
}

/** Every namespace that may hold documents, in order of bytes. */
export function listStateNamespaces(db: Db): string[] {
  return db.all("select namespace from usage order by namespace").map(([namespace]) => String(namespace));
}
