/**
 * The key that seals cursors: made with the table, never exported, so that the cursors of a restored store end. It is no
 * secret from whoever can read the file.
 */
import type { Db } from "../sqlite/driver.ts";

const CURSOR_KEY = "select key from cursor_key";

/** 32 bytes. Throws StoreFault. */
export function readCursorKey(db: Db): Uint8Array {
  const key = db.all(CURSOR_KEY)[0]?.[0];
  if (!(key instanceof Uint8Array)) throw new Error("the migration makes the key");
  return key;
}
