/**
 * The feed and the log of commits as pages. Knows what a caller may see as ranges, nothing of grants.
 */
import type { KeyRange } from "../../core/grant.ts";
import type { Db, SqlRow, SqlValue } from "../sqlite/driver.ts";
import { commitsSql, feedSql } from "./feed.sql.ts";
import type { ShownValues } from "./list.ts";

export interface FeedQuery {
  /** What may be seen. */
  readonly ranges: readonly KeyRange[];
  /** Of what also values that were replaced since. */
  readonly history: readonly KeyRange[];
  readonly since: number;
  /** Looks no further than this; null for the head. */
  readonly upTo: number | null;
  readonly namespace: string | null;
  readonly prefix: string;
  readonly limit: number;
  readonly bytesMax: number;
  readonly values: ShownValues;
}

export interface FeedText {
  readonly head: number;
  /** How far this looked: the next page begins behind it. */
  readonly revision: number;
  /** JSON commits, joined by commas. */
  readonly commits: Uint8Array;
  readonly shown: number;
}

/** Whole commits in order, as far as they may be seen. Throws StoreFault. */
export function feedPage(db: Db, asked: FeedQuery): FeedText {
  const { since, namespace, prefix, limit, values, bytesMax, upTo } = asked;
  const ranges = rangesJson(asked.ranges);
  const history = rangesJson(asked.history);
  const row = onlyRow(
    db.all(feedSql, [ranges, since, namespace, prefix, limit, values, bytesMax, upTo, history]),
  );
  return { head: Number(row[0]), revision: Number(row[1]), commits: blob(row[2]), shown: Number(row[3]) };
}

export interface CommitsQuery {
  readonly ranges: readonly KeyRange[];
  readonly before: number;
  readonly from: number;
  readonly to: number;
  readonly actor: string | null;
  readonly requestId: string | null;
  readonly namespace: string | null;
  readonly limit: number;
  /** Whose commits are shown whatever the ranges say. */
  readonly self: string;
  readonly all: boolean;
}

export interface LogText {
  readonly commits: Uint8Array;
  readonly shown: number;
  /** Go on before this revision; null when the log has ended. */
  readonly before: number | null;
}

/** Commits without their changes, newest first. Throws StoreFault. */
export function commitsPage(db: Db, asked: CommitsQuery): LogText {
  const { before, from, to, actor, requestId, namespace, limit, self, all } = asked;
  const row = onlyRow(
    db.all(commitsSql, [
      rangesJson(asked.ranges),
      before,
      from,
      to,
      actor,
      requestId,
      namespace,
      limit,
      self,
      all ? 1 : 0,
    ]),
  );
  const more = Number(row[2]) > Number(row[1]);
  const low = row[4] === null || Number(row[4]) <= from ? null : Number(row[4]);
  return { commits: blob(row[0]), shown: Number(row[1]), before: more ? Number(row[3]) : low };
}

function rangesJson(ranges: readonly KeyRange[]): string {
  return JSON.stringify(ranges.map(({ namespace, from, exact }) => [namespace, from, exact ? 1 : 0]));
}

function onlyRow(rows: readonly SqlRow[]): SqlRow {
  const row = rows[0];
  if (row === undefined) throw new Error("an aggregate gives one row");
  return row;
}

function blob(value: SqlValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}
