/** What a revert has to know of keys: what stood there, what stands there, and what came in between. */
import type { Db } from "../sqlite/driver.ts";
import { firstOf, onlyOf, rowsOf } from "../sqlite/statement.ts";
import { changedKeysSql, keptWholeSql, saidBeforeSql, undoneKeysSql, valuesAtSql } from "./revert.sql.ts";

export interface RevertedKey {
  readonly namespace: string;
  readonly key: string;
  /** The oldest change that is undone; 0 where a state comes back and no commit is undone. */
  readonly first: number;
  /** The newest change of another commit after it; null when there is none. */
  readonly later: number | null;
  /** Of the namespace: revisions before this one are no longer kept. */
  readonly compacted: number;
  /** The revision that stands there; 0 for nothing. */
  readonly base: number;
  /** Whether that is what comes back already. */
  readonly same: boolean;
  /** What comes back: a document, nothing, or one that a purge has taken. */
  readonly was: FormerDocument | "nothing" | "purged";
}

export interface FormerDocument {
  readonly revision: number;
  readonly mediaType: string;
  readonly text: boolean;
  readonly size: number;
}

/** Every key that commits changed, up to a limit. `at`: the newest revision that counts as now. Throws StoreFault. */
export function undoneKeys(
  db: Db,
  {
    revisions,
    at,
    limit,
  }: { readonly revisions: readonly number[]; readonly at: number; readonly limit: number },
): RevertedKey[] {
  return rowsOf(db, undoneKeysSql, [JSON.stringify(revisions), at, limit]).map(keyFromRow);
}

export interface ChangedQuery {
  readonly namespace: string;
  /** A key, or a prefix. */
  readonly from: string;
  readonly exact: boolean;
  /** The revision to go back to, and the newest that counts as now. */
  readonly to: number;
  readonly at: number;
  readonly limit: number;
}

/** The keys at which something else stands now, up to a limit. Throws StoreFault. */
export function changedKeys(db: Db, asked: ChangedQuery): RevertedKey[] {
  const { namespace, from, exact, to, at, limit } = asked;
  return rowsOf(db, changedKeysSql, [namespace, from, exact ? 1 : 0, to, at, limit]).map(keyFromRow);
}

/** The values of documents of the past, in the order asked for. Throws StoreFault. */
export function valuesAt(
  db: Db,
  places: readonly (readonly [namespace: string, key: string, revision: number])[],
): Uint8Array[] {
  return rowsOf(db, valuesAtSql, [JSON.stringify(places)]).map(({ value }) => value);
}

/** Whether all that commits changed is still kept. Throws StoreFault. */
export function isKeptWhole(db: Db, revisions: readonly number[]): boolean {
  return onlyOf(db, keptWholeSql, [JSON.stringify(revisions)]).whole === 1;
}

/** The commit that an actor made with a request id. Throws StoreFault. */
export function findSaid(db: Db, actor: string, requestId: string): number | undefined {
  return firstOf(db, saidBeforeSql, [actor, requestId])?.revision;
}

type Row = NonNullable<(typeof undoneKeysSql)["row"]>;

function keyFromRow(row: Row): RevertedKey {
  const { namespace, key, first, later, compacted, base } = row;
  return { namespace, key, first, later, compacted, base, same: row.same === 1, was: wasFromRow(row) };
}

function wasFromRow({ wasOp, wasRevision, mediaType, text, size }: Row): RevertedKey["was"] {
  if (wasOp === null) return "nothing";
  if (wasOp !== "put") return "purged";
  return { revision: wasRevision ?? 0, mediaType: mediaType ?? "", text: text === 1, size: size ?? 0 };
}
