/** The history of a key or a prefix, page by page. Knows what a caller may see as ranges, nothing of grants. */
import type { KeyRange } from "../../core/grant.ts";
import type { Db } from "../sqlite/driver.ts";
import { firstOf, rowsOf } from "../sqlite/statement.ts";
import { historySql, outOfSightSql } from "./history.sql.ts";
import { type AnyValues, type PastReader, type Pieces, rangesJson, withBytes } from "./shown.ts";

/** Where a page begins: at a revision, in it behind a key; "" for all of it. */
export interface HistoryPlace {
  readonly revision: number;
  readonly key: string;
}

export interface HistoryQuery extends PastReader {
  readonly ranges: readonly KeyRange[];
  readonly namespace: string;
  /** Null for all keys that begin with the prefix. */
  readonly key: string | null;
  readonly prefix: string;
  readonly from: HistoryPlace;
  readonly limit: number;
  readonly bytesMax: number;
  readonly values: AnyValues;
}

export interface HistoryText {
  /** JSON entries in pieces, each entry's as a list. */
  readonly entries: readonly Pieces[];
  /** Where to go on; null when this was the last page. */
  readonly next: HistoryPlace | null;
}

/** Changes with their commits, newest first. Throws StoreFault. */
export function historyPage(db: Db, asked: HistoryQuery): HistoryText {
  const { namespace, key, prefix, from, limit, bytesMax, values, self, all } = asked;
  const end = key === null ? firstOf(db, outOfSightSql, [from.revision])?.revision : undefined;
  const rows = rowsOf(db, historySql, [
    rangesJson(asked.ranges),
    namespace,
    from.revision,
    from.key,
    end ?? 0,
    key ?? prefix,
    limit,
    bytesMax,
    values,
    self,
    all ? 1 : 0,
    key === null ? 0 : 1,
  ]);
  const last = rows.at(-1);
  const isCut = last !== undefined && last.found > rows.length;
  return {
    entries: rows.map(({ entry, bytes }) => [...withBytes(entry, bytes), "}"]),
    next: isCut
      ? { revision: last.revision, key: last.key }
      : end === undefined
        ? null
        : { revision: end, key: "" },
  };
}
