/** One page of a search: a text in the keys and the text values of ranges, in order. Knows ranges, nothing of grants. */
import type { Db } from "../sqlite/driver.ts";
import { rowsOf } from "../sqlite/statement.ts";
import { searchedNamespacesSql, searchSql } from "./search.sql.ts";

/** Keys of one namespace: those that begin with a text or are it, from a first one on. */
export interface SearchedRange {
  readonly namespace: string;
  readonly first: string;
  readonly from: string;
  readonly exact: boolean;
}

export interface SearchQuery {
  /** In order of namespace and key. */
  readonly ranges: readonly SearchedRange[];
  readonly text: string;
  readonly limit: number;
  readonly documentsMax: number;
  readonly bytesMax: number;
}

export interface SearchFound {
  readonly namespace: string;
  readonly key: string;
  readonly revision: number;
  readonly mediaType: string;
  readonly size: number;
  readonly inKey: boolean;
  /** Of the first match in the value. */
  readonly place?: { readonly line: number; readonly around: string };
}

export interface SearchedPage {
  readonly head: number;
  /** How many documents this looked at. */
  readonly looked: number;
  readonly hits: readonly SearchFound[];
  /** The last document of this page; null when the ranges came to their end. */
  readonly last: { readonly namespace: string; readonly key: string } | null;
}

/** At least one document is looked at, whatever its size. Throws StoreFault. */
export function searchPage(db: Db, asked: SearchQuery): SearchedPage {
  const ranges = asked.ranges.map(({ namespace, first, from, exact }) => [
    namespace,
    first,
    from,
    exact ? 1 : 0,
  ]);
  const { text, documentsMax, bytesMax, limit } = asked;
  const rows = rowsOf(db, searchSql, [JSON.stringify(ranges), text, documentsMax, bytesMax, limit]);
  const end = rows.find(({ isHit }) => isHit === 0);
  if (end === undefined) throw new Error("a search always says how far it looked");
  const { head, looked, more, namespace, key } = end;
  const hits = rows.flatMap((row): SearchFound[] => {
    const { namespace, key, revision, mediaType, size, line, snippet } = row;
    if (row.isHit === 0 || namespace === null || key === null || revision === null) return [];
    return [
      {
        namespace,
        key,
        revision,
        mediaType: mediaType ?? "",
        size: size ?? 0,
        inKey: row.inKey === 1,
        ...(line === null ? {} : { place: { line, around: snippet ?? "" } }),
      },
    ];
  });
  return {
    head,
    looked,
    hits,
    last: more === 1 && namespace !== null && key !== null ? { namespace, key } : null,
  };
}

/** Namespaces that hold or held documents, from one on. Throws StoreFault. */
export function searchedNamespaces(db: Db, from: string, limit: number): string[] {
  return rowsOf(db, searchedNamespacesSql, [from, limit]).map(({ namespace }) => namespace);
}
