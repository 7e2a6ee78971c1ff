/** The row of what a store remembers of its bucket, and of its restore (record-schema.ts says what it holds). */
import { dropRow, findRow, putRow, row } from "../catalogue/operation.ts";
import type { Db } from "../sqlite/driver.ts";
import { RestoreRecord } from "./record-schema.ts";

const RESTORE = row("restore", RestoreRecord);

/** Throws StoreFault. */
export function findRestoreRecord(db: Db): RestoreRecord | undefined {
  return findRow(db, RESTORE);
}

export function saveRestoreRecord(db: Db, record: RestoreRecord): void {
  putRow(db, RESTORE, record);
}

export function deleteRestoreRecord(db: Db): void {
  dropRow(db, RESTORE);
}
