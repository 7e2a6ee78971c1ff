/** The key that seals the cursors of this store's lists. */
import { parseHex } from "../../core/hex.ts";
import { findRow } from "../catalogue/operation.ts";
import { CURSOR_KEY } from "../catalogue/rows.ts";
import type { Db } from "../sqlite/driver.ts";

/** 32 bytes. The migration made them, so a store without them is a bug. Throws StoreFault. */
export function readCursorKey(db: Db): Uint8Array<ArrayBuffer> {
  const key = findRow(db, CURSOR_KEY);
  if (key === undefined) throw new Error("the store has no key for cursors");
  return parseHex(key);
}
