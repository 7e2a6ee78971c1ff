/**
 * What a start does before a store without a history begins one: where the setting says so, the newest backup is
 * restored here, natively and in one go, before anybody is served. Promise: a crash in the middle leaves no
 * store or an empty one, and the next start does it again.
 */
import migrations from "ledge:migrations";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { withSound } from "../../lib/backup/restore/find-snapshot.ts";
import { type RestoreReport, restoreInto } from "../../lib/backup/restore/restore.ts";
import type { Bucket } from "../../lib/bucket/bucket.ts";
import type { Reading } from "../../lib/snapshot/read.ts";
import { deleteRestoreRecord } from "../../lib/store/restore/record.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../lib/store/sqlite/migrate.ts";
import { restoreToFile } from "../cli/restore/file.ts";

/** Restores the newest into a file that is not there, or into the empty store that is. */
export async function restoreAtStart(bucket: Bucket, file: string, reading: Reading): Promise<RestoreReport> {
  if (!existsSync(file)) return restoreToFile({ bucket, reading, to: file });
  const db = openNodeDb(file);
  try {
    migrate(db, migrations);
    const restored = await withSound({ bucket, reading }, {}, (found) =>
      restoreInto({ db, bucket, reading, randomBytes, nowMs: Date.now }, found),
    );
    if (!restored.ok) throw new Error(`${restored.code}: ${restored.detail}`);
    deleteRestoreRecord(db);
    return restored.value;
  } finally {
    db.close();
  }
}
