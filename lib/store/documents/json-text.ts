/**
 * JSON judged and cut by SQLite, natively and without changing a byte. Callers make sure of UTF-8 first: text
 * that is not ends the guest on Spin. A zero byte, where SQLite would stop reading, is in no JSON.
 */

import type { Db } from "../sqlite/driver.ts";
import { onlyOf, rowsOf } from "../sqlite/statement.ts";
import { cutValuesSql, judgeJsonSql, surveyItemsSql, surveyJsonSql } from "./json-text.sql.ts";

export type JsonJudgement = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Whether the bytes are JSON (RFC 8259) without a member given twice. Throws StoreFault. */
export function judgeJson(db: Db, bytes: Uint8Array): JsonJudgement {
  if (bytes.includes(0)) return { ok: false, why: "it holds a zero byte" };
  const { valid, twice } = onlyOf(db, judgeJsonSql, [bytes]);
  if (valid !== 1) return { ok: false, why: "it is not JSON" };
  return twice === null ? { ok: true } : { ok: false, why: `a member is given twice at ${twice}` };
}

export interface JsonSurvey {
  /** Names of members that are not among the known, the first of them. */
  readonly unknown: readonly string[];
  /** Items of the counted member; 0 when it is no array. */
  readonly count: number;
}

/** What can be said of a body before its values are made. Undefined when it is not JSON. Throws StoreFault. */
export function surveyJson(
  db: Db,
  bytes: Uint8Array,
  asked: { readonly known: readonly string[]; readonly counted: string | null; readonly limit: number },
): JsonSurvey | undefined {
  if (bytes.includes(0)) return undefined;
  const { known, counted, limit } = asked;
  const path = counted === null ? null : `$.${counted}`;
  const { valid, unknown, count } = onlyOf(db, surveyJsonSql, [bytes, JSON.stringify(known), path, limit]);
  if (valid !== 1) return undefined;
  const names: string[] = JSON.parse(String(unknown));
  return { unknown: names, count: count ?? 0 };
}

/** Members of the objects in a list of a JSON text that are not among the known, the first of them. Throws StoreFault. */
export function surveyItems(
  db: Db,
  bytes: Uint8Array,
  {
    list,
    known,
    limit,
  }: { readonly list: string; readonly known: readonly string[]; readonly limit: number },
): readonly { readonly index: number; readonly name: string }[] {
  return rowsOf(db, surveyItemsSql, [bytes, JSON.stringify(known), `$.${list}`, limit]);
}

/** The bytes of each change's `value` in a commit body, in order; null where a change has none. */
export function cutValues(db: Db, body: Uint8Array): (Uint8Array | null)[] {
  return rowsOf(db, cutValuesSql, [body]).map(({ value }) => value);
}
