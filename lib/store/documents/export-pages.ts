/**
 * Pages of history for export: segments by revision, a base by key, canonical lines of the state for the
 * digest. Promise: everything is pinned to a revision, so that commits made meanwhile change nothing; a page
 * stays near its limit of bytes; lines are made by SQLite, whose JSON text equals JSON.stringify's.
 */

import type { Db } from "../sqlite/driver.ts";
import { firstOf, onlyOf, rowsOf } from "../sqlite/statement.ts";
import {
  ancestrySql,
  authSegmentTextSql,
  commitIdSql,
  commitJsonSql,
  commitsPageSql,
  documentsPageSql,
  documentsTextSql,
  historyLargerSql,
  historyStartSql,
  namespaceSizesSql,
  rawChangesSql,
  rawDocumentsSql,
  segmentEndSql,
  segmentTextSql,
  storeBytesSql,
  tipSql,
  touchedSql,
} from "./export-pages.sql.ts";

/** The newest commit at or below a revision: what a snapshot calls its tip. */
export function findTip(db: Db, revision: number): { revision: number; id: string } | undefined {
  return firstOf(db, tipSql, [revision]);
}

/** The id of exactly that commit. */
export function findCommitId(db: Db, revision: number): string | undefined {
  return firstOf(db, commitIdSql, [revision])?.id;
}

/**
 * Where a segment that begins after `after` ends: the last commit that keeps it within `maxBytes`, but always
 * at least one.
 */
export function findSegmentEnd(
  db: Db,
  { after, upTo, maxBytes }: { after: number; upTo: number; maxBytes: number },
): { revision: number; commits: number } | undefined {
  return firstOf(db, segmentEndSql, [after, upTo, maxBytes]);
}

/** What a range of commits touches, and whether a value in it is not text. */
export function readRangeFacts(
  db: Db,
  { after, upTo }: { after: number; upTo: number },
): { namespaces: string[]; auth: boolean; binary: boolean; authBinary: boolean } {
  const rows = rowsOf(db, touchedSql, [after, upTo]);
  const plain = rows.filter(({ namespace }) => namespace !== "_auth");
  return {
    namespaces: plain.map(({ namespace }) => namespace),
    auth: plain.length < rows.length,
    binary: plain.some(({ binary }) => binary === 1),
    authBinary: rows.some(({ namespace, binary }) => namespace === "_auth" && binary === 1),
  };
}

/** The segment's lines as one text in bytes: commits in order, changes but those of `_auth`. */
export function readSegmentText(db: Db, { after, upTo }: { after: number; upTo: number }): Uint8Array {
  return linesOf(onlyOf(db, segmentTextSql, [after, upTo]));
}

/** The same for what happened in `_auth`: `{revision, changes}`, only commits that touched it. */
export function readAuthSegmentText(db: Db, { after, upTo }: { after: number; upTo: number }): Uint8Array {
  return linesOf(onlyOf(db, authSegmentTextSql, [after, upTo]));
}

/** A commit's facts as the JSON object of a line, and its revision. */
export function listCommitJson(
  db: Db,
  { after, upTo }: { after: number; upTo: number },
): { revision: number; json: string }[] {
  return rowsOf(db, commitJsonSql, [after, upTo]);
}

/** A change whose line the caller makes: `json` if SQLite could, otherwise what is needed for base64. */
export interface RawChange {
  readonly revision: number;
  readonly namespace: string;
  readonly key: string;
  readonly json: string | null;
  readonly mediaType: string | null;
  readonly value: Uint8Array | null;
}

/** The changes of a range one by one, for segments that hold bytes which are not text. */
export function listRawChanges(
  db: Db,
  { after, upTo, auth }: { after: number; upTo: number; auth: boolean },
): RawChange[] {
  return rowsOf(db, rawChangesSql, [after, upTo, auth ? 1 : 0]);
}

export interface CommitLines {
  readonly text: Uint8Array;
  readonly lines: number;
  readonly last: number;
}

/** A base's commits after a revision, as lines. Undefined at the end. */
export function readCommitsPage(
  db: Db,
  { after, upTo, maxBytes }: { after: number; upTo: number; maxBytes: number },
): CommitLines | undefined {
  const row = onlyOf(db, commitsPageSql, [after, upTo, maxBytes]);
  return row.lines === 0 ? undefined : { text: linesOf(row), lines: row.lines, last: Number(row.last) };
}

/** Where a page of a base begins: after this change, in order of namespace, key, revision. */
export interface EntryPlace {
  readonly namespace: string;
  readonly key: string;
  readonly revision: number;
}

export interface DocumentsPage {
  readonly first: EntryPlace;
  readonly last: EntryPlace;
  readonly lines: number;
  readonly binary: boolean;
  readonly namespaces: readonly string[];
}

/** The next page of changes at or below `upTo`: its ends and what it holds. Undefined when none is left. */
export function findDocumentsPage(
  db: Db,
  { after, upTo, auth, maxBytes }: { after: EntryPlace; upTo: number; auth: boolean; maxBytes: number },
): DocumentsPage | undefined {
  const row = onlyOf(db, documentsPageSql, [
    after.namespace,
    after.key,
    after.revision,
    upTo,
    auth ? 1 : 0,
    maxBytes,
  ]);
  const { firstNamespace, firstKey, firstRevision, lines, binary, namespaces } = row;
  if (lines === null) return undefined;
  return {
    first: placeOf(firstNamespace, firstKey, firstRevision),
    last: placeOf(row.namespace, row.key, row.revision),
    lines,
    binary: Number(binary) > 0,
    namespaces: namesFromJson(namespaces),
  };
}

export interface PageRange {
  readonly first: EntryPlace;
  readonly last: EntryPlace;
  readonly upTo: number;
  readonly auth: boolean;
}

function pageParams({ first, last, upTo, auth }: PageRange): (string | number)[] {
  return [
    first.namespace,
    first.key,
    first.revision,
    last.namespace,
    last.key,
    last.revision,
    upTo,
    auth ? 1 : 0,
  ];
}

/** A page of a base without binary values, as lines. */
export function readDocumentsText(db: Db, range: PageRange): Uint8Array {
  return linesOf(onlyOf(db, documentsTextSql, pageParams(range)));
}

export interface RawDocument extends RawChange {
  readonly created: number | null;
  readonly version: number | null;
}

/** The changes of a page one by one, for pages with values that are not text. */
export function listRawDocuments(db: Db, range: PageRange): RawDocument[] {
  return rowsOf(db, rawDocumentsSql, pageParams(range));
}

/** Every namespace that anything happened in at or below a revision, and its compaction mark. */
export function listNamespaceSizes(db: Db, upTo: number): { namespace: string; compacted: number }[] {
  return rowsOf(db, namespaceSizesSql, [upTo]);
}

/** A revision from which on every namespace can be read: the highest compaction mark. */
export function readHistoryStart(db: Db): number {
  return onlyOf(db, historyStartSql).revision;
}

/** Whether all changes that the store keeps would be about more than so many bytes of lines. Reads no more than that. */
export function isHistoryLarger(db: Db, bytes: number): boolean {
  return onlyOf(db, historyLargerSql, [bytes]).larger === 1;
}

/** Bytes of all values and keys now, to judge what a digest or a base would cost. */
export function readStoreBytes(db: Db): number {
  return onlyOf(db, storeBytesSql).bytes;
}

/** The ancestry as rows: oldest first, this lineage last. */
export function listAncestry(db: Db): {
  epoch: number;
  lineage: string;
  firstRevision: number;
  parent: string | null;
  parentRevision: number | null;
}[] {
  return rowsOf(db, ancestrySql);
}

/** The text of a page that is known to have lines: anything else would be a backup without them. */
function linesOf({ text }: { readonly text: Uint8Array | null }): Uint8Array {
  if (text === null || text.length === 0) throw new Error("a page of lines came back empty");
  return text;
}

function placeOf(namespace: string | null, key: string | null, revision: number | null): EntryPlace {
  if (namespace === null || key === null || revision === null)
    throw new Error("a page of documents has no end");
  return { namespace, key, revision };
}

function namesFromJson(json: string): string[] {
  const names: unknown = JSON.parse(json);
  return Array.isArray(names) ? names.map(String) : [];
}
