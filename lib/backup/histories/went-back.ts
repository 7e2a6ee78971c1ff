/**
 * A store that went back: its file is an older copy than the one that was exported. Promise: a store that is found so
 * takes no write any more, since every further commit would take a number that the bucket has for other content.
 */
import type { Bucket } from "../../bucket/bucket.ts";
import { readLineageHead } from "../../snapshot/heads.ts";
import { readExportedStore } from "../../store/catalogue/catalogue.ts";
import { stopStore } from "../../store/catalogue/epoch.ts";
import type { Db } from "../../store/sqlite/driver.ts";

/** Stops a store whose own head in the bucket is further than itself. Says whether it is. Throws BucketFault, StoreFault. */
export async function stopIfWentBack(db: Db, bucket: Bucket): Promise<boolean> {
  const { lineage, pending } = readExportedStore(db);
  // Restored, and not written to: its first commit opens an epoch of its own.
  if (pending) return false;
  const head = await readLineageHead(bucket, lineage);
  // As it is now: commits may have come while the bucket was asked.
  if (head === undefined || head.lineage !== lineage || head.revision <= readExportedStore(db).revision)
    return false;
  stopStore(db);
  return true;
}
