/**
 * Pages of documents: runs the page statement over the ranges that a caller may see until the page is full.
 * Knows ranges and revisions, not grants or replies.
 */

import type { Stretch } from "../../core/ranges.ts";
import { compareUtf8 } from "../../core/utf8.ts";
import type { Db, SqlValue } from "../sqlite/driver.ts";
import { onlyOf, rowsOf } from "../sqlite/statement.ts";
import { listHeadBytesSql, listHeadSql, listPastBytesSql, listPastSql } from "./list.sql.ts";
import { type AnyValues, type Pieces, withBytes } from "./shown.ts";

export interface PageQuery {
  readonly namespace: string;
  readonly ranges: readonly Stretch[];
  readonly prefix: string;
  readonly delimiter: string;
  /** Where the page before ended: a key, or a common prefix. */
  readonly after: string;
  readonly revision: number;
  readonly limit: number;
  readonly bytesMax: number;
  readonly values: AnyValues;
}

export interface Page {
  /** JSON documents in pieces; each list is one or several of them. */
  readonly documents: readonly Pieces[];
  readonly prefixes: readonly string[];
  /** Where to go on; null when this was the last page. */
  readonly after: string | null;
}

/** One page. Throws StoreFault. */
export function listPage(db: Db, asked: PageQuery): Page {
  const documents: Pieces[] = [];
  const prefixes: string[] = [];
  let items = 0;
  let bytes = 0;
  let place = asked.after;
  for (const range of asked.ranges) {
    const begin = startIn(range, asked);
    if (begin === undefined) continue;
    const left = { limit: asked.limit - items, bytesMax: asked.bytesMax - bytes };
    if (left.limit <= 0 || left.bytesMax <= 0) return { documents, prefixes, after: place };
    const part = pageOf(db, asked, { range, ...begin, ...left });
    documents.push(...part.documents);
    prefixes.push(...part.prefixes.filter((prefix) => prefix !== prefixes.at(-1)));
    items += part.shown;
    bytes += part.bytes;
    if (part.shown > 0) place = placeOf(part.last, asked);
    if (part.found > part.shown) return { documents, prefixes, after: place };
  }
  return { documents, prefixes, after: null };
}

interface Part {
  readonly documents: readonly Pieces[];
  readonly prefixes: readonly string[];
  readonly shown: number;
  readonly found: number;
  readonly last: string;
  readonly bytes: number;
}

interface PartQuery {
  readonly range: Stretch;
  readonly start: string;
  readonly mode: number;
  readonly limit: number;
  readonly bytesMax: number;
}

function pageOf(db: Db, asked: PageQuery, { range, start, mode, limit, bytesMax }: PartQuery): Part {
  const params: SqlValue[] = [
    asked.namespace,
    start,
    mode,
    range.from,
    range.exact ? 1 : 0,
    asked.prefix,
    asked.delimiter,
    limit,
    asked.values,
    bytesMax,
    asked.revision,
  ];
  if (asked.values === "bytes") return bytesPartOf(db, params, asked.revision);
  let row = onlyOf(db, listHeadSql, params);
  if (row.head !== asked.revision) row = onlyOf(db, listPastSql, params);
  const prefixes: string[] = JSON.parse(row.prefixes);
  return {
    ...row,
    documents: row.documents.length === 0 ? [] : [[row.documents]],
    prefixes: [...new Set(prefixes)],
    last: row.last ?? "",
    bytes: row.bytes ?? 0,
  };
}

function bytesPartOf(db: Db, params: readonly SqlValue[], revision: number): Part {
  let rows = rowsOf(db, listHeadBytesSql, params);
  if (rows[0]?.head !== revision) rows = rowsOf(db, listPastBytesSql, params);
  const shown = rows.filter(({ key }) => key !== null);
  const last = shown.at(-1);
  return {
    documents: shown.flatMap(({ document, value }) =>
      document === null ? [] : [[...withBytes(document, value), "}"]],
    ),
    prefixes: [...new Set(shown.flatMap(({ prefix }) => prefix ?? []))],
    shown: shown.length,
    found: last?.found ?? 0,
    last: last?.key ?? "",
    bytes: last?.bytes ?? 0,
  };
}

/** Where to begin inside a range; undefined when the page before was already past it. */
function startIn(
  range: Stretch,
  { after, delimiter, prefix }: PageQuery,
): { start: string; mode: number } | undefined {
  if (after === "") return { start: range.from, mode: 0 };
  const group = isGroup(after, prefix, delimiter);
  if (after.startsWith(range.from) && !range.exact) return { start: after, mode: group ? 2 : 1 };
  if (range.from === after || (group && range.from.startsWith(after))) return undefined;
  return compareUtf8(range.from, after) > 0 ? { start: range.from, mode: 0 } : undefined;
}

/** The key or common prefix that the next page begins behind. */
function placeOf(last: string, { prefix, delimiter }: PageQuery): string {
  if (delimiter === "") return last;
  const at = last.indexOf(delimiter, prefix.length);
  return at < 0 ? last : last.slice(0, at + delimiter.length);
}

function isGroup(after: string, prefix: string, delimiter: string): boolean {
  return (
    delimiter !== "" &&
    after.length > prefix.length &&
    after.endsWith(delimiter) &&
    after.indexOf(delimiter, prefix.length) === after.length - delimiter.length
  );
}
