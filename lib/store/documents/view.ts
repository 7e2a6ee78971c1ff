/**
 * What a request sees of the store besides documents: which history, how far, the caller's token document
 * and the namespace's. Rows become records here; judging them is lib/http's.
 */

import { type Life, parseLives } from "../../core/ancestry.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf } from "../sqlite/statement.ts";
import { feedViewSql } from "./feed.sql.ts";
import type { Pointed } from "./pins.ts";
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
  /** What the channel that was named gives the edge. */
  readonly pointed?: Pointed;
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
  const row = onlyOf(db, readHeadSql, [namespace, key, accessor, known]);
  return { ...storeView(row), namespace: row.namespace, document: documentFromRow(row) };
}

/** One document at a revision. Throws StoreFault. */
export function readPast(db: Db, asked: ReadQuery & { readonly revision: number }): PastView {
  const { namespace, key, accessor, known, revision } = asked;
  const row = onlyOf(db, readPastSql, [namespace, key, accessor, known, revision]);
  return {
    ...storeView(row),
    namespace: row.namespace,
    document: row.isPut === 1 ? documentFromRow(row) : null,
    compacted: row.compacted,
    lives: parseLives(row.lives),
  };
}

/** What the feed looks at. `namespace` is a document that is public where all that are named are. */
export interface FeedView extends ListView {
  /** Those that are named, with their documents as JSON texts; null for one that is not there. */
  readonly named: readonly (readonly [name: string, document: string | null])[];
}

/** The compaction mark is the highest of those that are named, or of all. Throws StoreFault. */
export function readFeedView(
  db: Db,
  namespaces: readonly string[] | null,
  accessor: string | null,
): FeedView {
  const names = namespaces === null ? null : JSON.stringify(namespaces);
  const row = onlyOf(db, feedViewSql, [names, accessor]);
  return { ...row, lives: parseLives(row.lives), named: JSON.parse(row.named) };
}

/** The store, a token and, if one is named, a namespace. Throws StoreFault. */
export function readView(db: Db, namespace: string | null, accessor: string | null): ListView {
  return listView(onlyOf(db, viewSql, [namespace, accessor]));
}

function listView(row: NonNullable<(typeof viewSql)["row"]>): ListView {
  return { ...row, lives: parseLives(row.lives) };
}

function storeView({ lineage, head, state, format, token }: StoreView): StoreView {
  return { lineage, head, state, format, token };
}

/** Null when there is none: then it has no revision. */
function documentFromRow(row: DocumentRow): FoundDocument | null {
  const { documentRevision: revision, mediaType, bytes } = row;
  if (revision === null) return null;
  return {
    revision,
    lineage: String(row.documentLineage),
    mediaType: String(mediaType),
    size: Number(row.size),
    bytes,
    timeMs: Number(row.timeMs),
  };
}

type DocumentRow = Pick<
  NonNullable<(typeof readHeadSql)["row"]>,
  "documentRevision" | "documentLineage" | "mediaType" | "size" | "bytes" | "timeMs"
>;
