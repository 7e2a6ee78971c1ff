/** The one row of `backup_restore` (lib/store/restore/record-schema.ts says what it holds). */

import type { Db } from "../sqlite/driver.ts";
import { RestoreRecord } from "./record-schema.ts";

/** Throws StoreFault. */
export function findRestoreRecord(db: Db): RestoreRecord | undefined {
  const [row] = db.all("select progress from backup_restore where id=1");
  return row === undefined ? undefined : RestoreRecord.parse(JSON.parse(String(row[0])));
}

export function saveRestoreRecord(db: Db, record: RestoreRecord, nowMs: number): void {
  db.all("insert or replace into backup_restore (id, progress, updated_ms) values (1,?1,?2)", [
    JSON.stringify(record),
    nowMs,
  ]);
}

export function deleteRestoreRecord(db: Db): void {
  db.all("delete from backup_restore");
}
