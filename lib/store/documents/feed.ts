/**
 * The feed as pages. Knows what a caller may see as ranges, nothing of grants.
 */

import type { KeyRange } from "../../core/grant.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf } from "../sqlite/statement.ts";
import { feedSql } from "./feed.sql.ts";
import type { ShownValues } from "./list.ts";
import { rangesJson } from "./shown.ts";

export interface FeedQuery {
  /** What may be seen. */
  readonly ranges: readonly KeyRange[];
  /** Of what also values that were replaced since. */
  readonly history: readonly KeyRange[];
  readonly since: number;
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
  const { since, namespace, prefix, limit, values, bytesMax } = asked;
  const ranges = rangesJson(asked.ranges);
  const history = rangesJson(asked.history);
  const actors = asked.actors ? 1 : 0;
  return onlyOf(db, feedSql, [ranges, since, namespace, prefix, limit, values, bytesMax, history, actors]);
}
