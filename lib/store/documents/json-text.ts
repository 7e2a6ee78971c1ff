/**
 * JSON judged and cut by SQLite, natively and without changing a byte. Callers make sure of UTF-8 first: text
 * that is not ends the guest on Spin.
 */
import type { Db } from "../sqlite/driver.ts";
import { cutValuesSql, judgeJsonSql } from "./json-text.sql.ts";

export type JsonJudgement = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Whether the bytes are JSON (RFC 8259) without a member given twice. Throws StoreFault. */
export function judgeJson(db: Db, bytes: Uint8Array): JsonJudgement {
  const [valid, twice] = db.all(judgeJsonSql, [bytes])[0] ?? [];
  if (valid !== 1) return { ok: false, why: "it is not JSON" };
  return twice === null ? { ok: true } : { ok: false, why: `a member is given twice at ${String(twice)}` };
}

/** The bytes of each change's `value` in a commit body, in order; null where a change has none. */
export function cutValues(db: Db, body: Uint8Array): (Uint8Array | null)[] {
  return db.all(cutValuesSql, [body]).map(([value]) => (value instanceof Uint8Array ? value : null));
}
