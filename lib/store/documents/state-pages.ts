/**
 * The canonical lines of a state: what the state digest is made of. One line a document, a JSON array of key,
 * revision, media type and text, or null and the bytes in hex; in order of keys. Two ways to read the same
 * lines, from the history at a revision and from the entries as they are now; a test holds them equal.
 */

import type { Db } from "../sqlite/driver.ts";
import { onlyOf, rowsOf } from "../sqlite/statement.ts";
import { entriesPageSql, historyPageSql, namespacesSql } from "./state-pages.sql.ts";

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
  const params = [namespace, afterKey, maxBytes];
  const { text, keys, bytes, lastKey } =
    source.kind === "entries"
      ? onlyOf(db, entriesPageSql, params)
      : onlyOf(db, historyPageSql, [...params, source.upTo]);
  if (keys === 0) return undefined;
  if (text === null) throw new Error("a page of canonical lines came back without bytes");
  return { text, keys, bytes: Number(bytes), lastKey: String(lastKey) };
}

/** Every namespace that may hold documents, in order of bytes. */
export function listStateNamespaces(db: Db): string[] {
  return rowsOf(db, namespacesSql).map(({ namespace }) => namespace);
}
