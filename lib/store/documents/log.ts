/**
 * The log of commits, page by page, and what each did. Knows what a caller may see as ranges, nothing of grants.
 */
import type { KeyRange } from "../../core/grant.ts";
import type { Db } from "../sqlite/driver.ts";
import { firstOf, rowsOf } from "../sqlite/statement.ts";
import { outOfSightSql } from "./history.sql.ts";
import { commitChangesSql, commitsOfKeySql, commitsSql, revisionAtSql } from "./log.sql.ts";
import { type AnyValues, type PastReader, type Pieces, rangesJson, withBytes } from "./shown.ts";

/** A part of the store; null and "" for all of it. */
export interface Part {
  readonly namespace: string | null;
  readonly key: string | null;
  readonly prefix: string;
}

export interface CommitsQuery extends PastReader, Part {
  readonly ranges: readonly KeyRange[];
  readonly before: number;
  readonly from: number;
  readonly to: number;
  /** An accessor, or the name of a token. */
  readonly actor: string | null;
  readonly requestId: string | null;
  /** A text in the message, whatever the case of its ASCII letters; "" for any. */
  readonly message: string;
  readonly limit: number;
}

export interface LoggedText {
  readonly revision: number;
  /** How many changes it made, in all. */
  readonly changes: number;
  /** Its facts as JSON, without the last brace. */
  readonly json: Uint8Array;
}

export interface LogText {
  readonly commits: readonly LoggedText[];
  /** Go on before this revision; null when the log has ended. */
  readonly before: number | null;
}

/** Commits without their changes, newest first. Throws StoreFault. */
export function commitsPage(db: Db, asked: CommitsQuery): LogText {
  const { before, from, limit } = asked;
  // One key's commits are found by its own versions, whatever lies between them.
  const ofKey = asked.namespace !== null && asked.key !== null;
  const end = ofKey ? undefined : firstOf(db, outOfSightSql, [before - 1])?.revision;
  const rows = rowsOf(db, ofKey ? commitsOfKeySql : commitsSql, [
    rangesJson(asked.ranges),
    before,
    from,
    asked.to,
    asked.actor,
    asked.requestId,
    asked.namespace,
    limit,
    asked.self,
    asked.all ? 1 : 0,
    asked.key,
    asked.prefix,
    asked.message,
    end ?? 0,
  ]);
  const shown = rows
    .slice(0, limit)
    .map(({ revision, changes, commit }) => ({ revision, changes, json: commit }));
  if (rows.length > limit) return { commits: shown, before: shown.at(-1)?.revision ?? null };
  return { commits: shown, before: end === undefined || end < from ? null : end + 1 };
}

export interface ChangesQuery extends Part {
  readonly ranges: readonly KeyRange[];
  /** Newest first. */
  readonly revisions: readonly number[];
  readonly after: { readonly namespace: string; readonly key: string };
  readonly limit: number;
  readonly bytesMax: number;
  readonly values: AnyValues;
}

export interface ChangeText {
  readonly revision: number;
  readonly namespace: string;
  readonly key: string;
  readonly json: Pieces;
}

export interface ChangesText {
  readonly changes: readonly ChangeText[];
  /** Whether there are more changes, and whether some of them belong to the commit of the last one here. */
  readonly more: boolean;
  readonly isCut: boolean;
}

/** What commits changed, by commit, and inside it by namespace and key. Throws StoreFault. */
export function commitChanges(db: Db, asked: ChangesQuery): ChangesText {
  const rows = rowsOf(db, commitChangesSql, [
    rangesJson(asked.ranges),
    JSON.stringify(asked.revisions),
    asked.namespace,
    asked.key,
    asked.prefix,
    asked.limit,
    asked.bytesMax,
    asked.values,
    asked.after.namespace,
    asked.after.key,
  ]);
  const changes = rows.map(({ revision, namespace, key, change, bytes, before, beforeBytes }) => ({
    revision,
    namespace,
    key,
    json: [
      ...withBytes(change, bytes),
      ...(before === null ? [] : [',"before":', ...withBytes(before, beforeBytes), "}"]),
      "}",
    ],
  }));
  const last = rows.at(-1);
  const ofLast = rows.filter(({ revision }) => revision === last?.revision).length;
  return {
    changes,
    more: last !== undefined && last.found > rows.length,
    isCut: last !== undefined && last.ofCommit > ofLast,
  };
}

/** The newest commit that says that it was made by then; 0 when there is none. Throws StoreFault. */
export function revisionAt(db: Db, timeMs: number): number {
  return firstOf(db, revisionAtSql, [timeMs])?.revision ?? 0;
}
