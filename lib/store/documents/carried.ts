/** What a namespace's documents would go through from one state to another, as budgets count it. */
import { isEmptyValue } from "../../core/empty.ts";
import type { CarriedChange } from "../../core/rollout/carried.ts";
import type { Db } from "../sqlite/driver.ts";
import { rowsOf } from "../sqlite/statement.ts";
import { carriedSql } from "./carried.sql.ts";

const AT_ONCE = 5_000;

/** Every key that differs, in order. Throws StoreFault. */
export function* readCarried(
  db: Db,
  { namespace, from, to }: { readonly namespace: string; readonly from: number; readonly to: number },
): Generator<CarriedChange> {
  for (let after = ""; ; ) {
    const rows = rowsOf(db, carriedSql, [namespace, from, to, after, AT_ONCE]);
    for (const { key, sizeBefore, sizeAfter, shortBefore, shortAfter } of rows)
      yield {
        key,
        isDeleted: sizeAfter === null,
        growthBytes: (sizeAfter ?? 0) - (sizeBefore ?? 0),
        isEmptied:
          sizeBefore !== null &&
          sizeBefore > 0 &&
          !(shortBefore !== null && isEmptyValue(shortBefore)) &&
          sizeAfter !== null &&
          shortAfter !== null &&
          isEmptyValue(shortAfter),
      };
    const last = rows.at(-1);
    if (last === undefined || rows.length < AT_ONCE) return;
    after = last.key;
  }
}
