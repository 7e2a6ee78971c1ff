/**
 * Two states compared, page by page, over the ranges that a caller may see. Keys come from the changes between two
 * revisions where these are few, and else from a walk through all keys; so a page costs about the same in any store.
 */
import type { Stretch } from "../../core/ranges.ts";
import { compareUtf8 } from "../../core/utf8.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf, rowsOf } from "../sqlite/statement.ts";
import { changesBetweenSql, diffSql } from "./diff.sql.ts";
import { type AnyValues, type Pieces, withBytes } from "./shown.ts";

/** How many changes are gone through to find keys, and how many keys one page looks at. */
export const LOOKED_KEYS = 20_000;
/** How many of them at once, at most: a page that is full does not look at the rest. */
const STEP_KEYS = 2_000;

export interface State {
  readonly namespace: string;
  readonly revision: number;
}

export interface DiffQuery {
  readonly before: State;
  readonly after: State;
  /** In order and without overlap. */
  readonly ranges: readonly Stretch[];
  /** The key that the page before ended with; "" for none. */
  readonly from: string;
  readonly limit: number;
  readonly bytesMax: number;
  readonly values: AnyValues;
  /** The documents before are not shown. */
  readonly newOnly?: boolean;
}

export interface DiffText {
  readonly entries: readonly Pieces[];
  /** The key to go on behind; null when this was the last page. */
  readonly next: string | null;
}

/** Documents that differ, by key. Throws StoreFault. */
export function diffPage(db: Db, asked: DiffQuery): DiffText {
  const byChanges = areFewBetween(db, asked);
  const entries: Pieces[] = [];
  let left = { limit: asked.limit, bytesMax: asked.bytesMax, keys: LOOKED_KEYS };
  let place = asked.from;
  let step = Math.min(STEP_KEYS, 2 * asked.limit);
  for (const range of asked.ranges) {
    let start = startIn(range, asked.from);
    while (start !== undefined) {
      if (left.limit <= 0 || left.bytesMax <= 0 || left.keys <= 0) return { entries, next: place };
      const keys = Math.min(left.keys, step);
      const part = diffPart(db, asked, { ...left, range, start, byChanges, keys });
      entries.push(...part.entries);
      place = part.last ?? place;
      if (part.found > part.entries.length) return { entries, next: place };
      left = {
        limit: left.limit - part.entries.length,
        bytesMax: left.bytesMax - part.size,
        keys: byChanges ? left.keys : left.keys - part.looked,
      };
      step = Math.min(STEP_KEYS, 2 * step);
      const isEnd = byChanges || part.looked < keys;
      place = isEnd ? place : (part.lastLooked ?? place);
      start = isEnd ? undefined : { key: place, behind: true };
    }
  }
  return { entries, next: null };
}

function areFewBetween(db: Db, { before, after }: DiffQuery): boolean {
  if (before.namespace !== after.namespace) return false;
  const counted = onlyOf(db, changesBetweenSql, [before.revision, after.revision, LOOKED_KEYS + 1]);
  return counted.changes <= LOOKED_KEYS;
}

interface PartAsked {
  readonly range: Stretch;
  readonly start: { readonly key: string; readonly behind: boolean };
  readonly byChanges: boolean;
  readonly limit: number;
  readonly bytesMax: number;
  readonly keys: number;
}

function diffPart(db: Db, { before, after, values, newOnly = false }: DiffQuery, asked: PartAsked) {
  const { range, start, limit, bytesMax, byChanges, keys } = asked;
  const rows = rowsOf(db, diffSql, [
    before.namespace,
    after.namespace,
    before.revision,
    after.revision,
    start.key,
    start.behind ? 1 : 0,
    range.from,
    range.exact ? 1 : 0,
    limit,
    bytesMax,
    values,
    byChanges ? 1 : 0,
    keys,
  ]);
  const shown = rows.filter(({ key }) => key !== null);
  const last = rows.at(-1);
  return {
    entries: shown.map((row) => entryOf(newOnly ? { ...row, before: null } : row)),
    last: last?.key,
    found: last?.found ?? 0,
    looked: last?.looked ?? 0,
    lastLooked: last?.lastLooked,
    size: last?.size ?? 0,
  };
}

function entryOf({
  entry,
  before,
  beforeBytes,
  after,
  afterBytes,
}: NonNullable<(typeof diffSql)["row"]>): Pieces {
  const side = (name: string, json: Uint8Array | null, bytes: Uint8Array | null) =>
    json === null ? [] : [`,"${name}":`, ...withBytes(json, bytes), "}"];
  return [entry ?? "", ...side("before", before, beforeBytes), ...side("after", after, afterBytes), "}"];
}

/** Where to begin in a range; undefined when the page before was past it. */
function startIn(range: Stretch, from: string): { key: string; behind: boolean } | undefined {
  if (from === "" || compareUtf8(range.from, from) > 0) return { key: range.from, behind: false };
  return !range.exact && from.startsWith(range.from) ? { key: from, behind: true } : undefined;
}
