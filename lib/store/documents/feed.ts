/**
 * The feed as pages. Knows what a caller may see as ranges, nothing of grants.
 */

import type { KeyRange } from "../../core/grant.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf, rowsOf } from "../sqlite/statement.ts";
import { feedBytesSql, feedSql } from "./feed.sql.ts";
import { type AnyValues, type Pieces, rangesJson, withBytes } from "./shown.ts";

export interface FeedQuery {
  /** What may be seen. */
  readonly ranges: readonly KeyRange[];
  /** Of what also values that were replaced since. */
  readonly history: readonly KeyRange[];
  readonly since: number;
  /** Null for all. */
  readonly namespaces: readonly string[] | null;
  readonly prefix: string;
  readonly limit: number;
  readonly bytesMax: number;
  readonly values: AnyValues;
  /** Whether the caller is told who committed. */
  readonly actors: boolean;
}

export interface FeedText {
  readonly head: number;
  /** How far this looked: the next page begins behind it. */
  readonly revision: number;
  /** JSON commits, joined by commas. */
  readonly commits: Pieces;
  readonly shown: number;
}

/** Whole commits in order, as far as they may be seen. Throws StoreFault. */
export function feedPage(db: Db, asked: FeedQuery): FeedText {
  const { since, namespaces, prefix, limit, values, bytesMax } = asked;
  const ranges = rangesJson(asked.ranges);
  const history = rangesJson(asked.history);
  const named = namespaces === null ? null : JSON.stringify(namespaces);
  const actors = asked.actors ? 1 : 0;
  const params = [ranges, since, named, prefix, limit, values, bytesMax, history, actors];
  if (values === "bytes") return withAllBytes(rowsOf(db, feedBytesSql, params));
  const { commits, ...page } = onlyOf(db, feedSql, params);
  return { ...page, commits: [commits] };
}

type BytesRow = NonNullable<(typeof feedBytesSql)["row"]>;

function withAllBytes(rows: readonly BytesRow[]): FeedText {
  const [first] = rows;
  if (first === undefined) throw new Error("a page of the feed has a row");
  const commits: (string | Uint8Array)[] = [];
  for (const { commit, change, bytes } of rows) {
    if (change === null) continue;
    if (commit === null) commits.push(",");
    else commits.push(...(commits.length === 0 ? [] : ["]},"]), commit);
    commits.push(...withBytes(change, bytes), "}");
  }
  if (commits.length > 0) commits.push("]}");
  const { head, revision, shown } = first;
  return { head, revision, commits, shown };
}
