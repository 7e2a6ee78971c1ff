/**
 * The feed and the log of commits as pages. Knows what a caller may see as ranges, nothing of grants.
 */

import type { KeyRange } from "../../core/grant.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf } from "../sqlite/statement.ts";
import { commitsSql, feedSql } from "./feed.sql.ts";
import type { ShownValues } from "./list.ts";
import { rangesJson } from "./shown.ts";

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
  /** Whether the caller is told who committed. */
  readonly actors: boolean;
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
  const actors = asked.actors ? 1 : 0;
  return onlyOf(db, feedSql, [
    ranges,
    since,
    namespace,
    prefix,
    limit,
    values,
    bytesMax,
    upTo,
    history,
    actors,
  ]);
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
  const row = onlyOf(db, commitsSql, [
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
  ]);
  const { commits, shown, found, oldestShown, oldestLooked } = row;
  const low = oldestLooked === null || oldestLooked <= from ? null : oldestLooked;
  return { commits, shown, before: found > shown ? oldestShown : low };
}
