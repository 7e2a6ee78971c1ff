/**
 * What a request sees of the store besides documents: which history, how far, the caller's token document
 * and the namespace's. Rows become records here; judging them is lib/http's.
 */
import { type Life, parseLives } from "../../core/ancestry.ts";
import type { Db, SqlRow, SqlValue } from "../sqlite/driver.ts";
import { feedViewSql } from "./feed.sql.ts";
import { readHeadSql, readPastSql, viewSql } from "./read.sql.ts";

export interface StoreView {
  readonly lineage: string;
  readonly head: number;
  readonly state: string;
  readonly format: number;
  /** The caller's token document, as JSON text. */
  readonly token: string | null;
}

/** A document as it is served. */
export interface FoundDocument {
  readonly revision: number;
  /** First 8 hex digits of the lineage that made it. */
  readonly lineage: string;
  readonly mediaType: string;
  readonly size: number;
  /** Null when the caller said that it has them, or wants none. */
  readonly bytes: Uint8Array | null;
  readonly timeMs: number;
}

export interface ReadView extends StoreView {
  /** The namespace's document as JSON text; null when there is no such namespace. */
  readonly namespace: string | null;
  readonly document: FoundDocument | null;
}

export interface PastView extends ReadView {
  /** Revisions before this one are no longer kept in this namespace. */
  readonly compacted: number;
  readonly lives: readonly Life[];
}

export interface ListView extends StoreView {
  readonly namespace: string | null;
  readonly compacted: number;
  readonly lives: readonly Life[];
}

export interface ReadQuery {
  readonly namespace: string;
  readonly key: string;
  readonly accessor: string | null;
  /** A revision whose bytes the caller has, -1 when it wants none, null when it wants them. */
  readonly known: number | null;
}

/** One document now. Throws StoreFault. */
export function viewHead(db: Db, { namespace, key, accessor, known }: ReadQuery): ReadView {
  const row = onlyRow(db, readHeadSql, [namespace, key, accessor, known]);
  return {
    ...storeView(row),
    namespace: textOrNull(row[5]),
    document: row[6] === null ? null : document(row),
  };
}

/** One document at a revision. Throws StoreFault. */
export function readPast(db: Db, asked: ReadQuery & { readonly revision: number }): PastView {
  const { namespace, key, accessor, known, revision } = asked;
  const row = onlyRow(db, readPastSql, [namespace, key, accessor, known, revision]);
  return {
    ...storeView(row),
    namespace: textOrNull(row[5]),
    document: row[12] === 1 ? document(row) : null,
    compacted: Number(row[13]),
    lives: parseLives(String(row[14])),
  };
}

/** As readView; the compaction mark is the highest of all namespaces when none is named. Throws StoreFault. */
export function readFeedView(db: Db, namespace: string | null, accessor: string | null): ListView {
  return listView(onlyRow(db, feedViewSql, [namespace, accessor]));
}

/** The store, a token and, if one is named, a namespace. Throws StoreFault. */
export function readView(db: Db, namespace: string | null, accessor: string | null): ListView {
  return listView(onlyRow(db, viewSql, [namespace, accessor]));
}

function listView(row: SqlRow): ListView {
  return {
    ...storeView(row),
    namespace: textOrNull(row[5]),
    compacted: Number(row[6]),
    lives: parseLives(String(row[7])),
  };
}

function storeView(row: SqlRow): StoreView {
  return {
    lineage: String(row[0]),
    head: Number(row[1]),
    state: String(row[2]),
    format: Number(row[3]),
    token: textOrNull(row[4]),
  };
}

function document(row: SqlRow): FoundDocument {
  const bytes = row[10];
  return {
    revision: Number(row[6]),
    lineage: String(row[7]),
    mediaType: String(row[8]),
    size: Number(row[9]),
    bytes: bytes instanceof Uint8Array ? bytes : null,
    timeMs: Number(row[11]),
  };
}

function textOrNull(value: SqlValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

/** The table `store` always has its one row once a migration made it. */
function onlyRow(db: Db, sql: string, params: readonly SqlValue[]): SqlRow {
  const row = db.all(sql, params)[0];
  if (row === undefined) throw new Error("the store has no row of its own");
  return row;
}
