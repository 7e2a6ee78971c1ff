/**
 * The key that the cursors of lists are sealed with: made by the migration and never exported, so that the cursors of a
 * restored store end. It is no secret from whoever can read the file. Read without the rows' schemas, which a GET need
 * not load.
 */
import { parseHex } from "../../core/hex.ts";
import type { Db } from "../sqlite/driver.ts";
import { firstOf } from "../sqlite/statement.ts";
import { cursorKeySql } from "./cursor-key.sql.ts";

/** 32 bytes. Throws StoreFault. */
export function readCursorKey(db: Db): Uint8Array<ArrayBuffer> {
  const row = firstOf(db, cursorKeySql);
  if (row === undefined) throw new Error("the migration makes the key");
  return parseHex(row.key);
}
