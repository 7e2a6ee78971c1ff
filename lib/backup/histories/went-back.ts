/**
 * A store that went back: its file is an older copy than the one that was exported. Promise: a store that is found so
 * takes no write any more, since every further commit would take a number that the bucket has for other content; and
 * the status says why.
 */
import type { Bucket } from "../../bucket/bucket.ts";
import { readLineageHead } from "../../snapshot/heads.ts";
import { readExportedStore } from "../../store/catalogue/catalogue.ts";
import { stopWith } from "../../store/catalogue/status.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import type { Finding } from "./finding.ts";

/** Stops a store whose own head in the bucket is further than itself. Says whether it is. Throws BucketFault, StoreFault. */
export async function stopIfWentBack(db: Db, bucket: Bucket, nowMs: () => number): Promise<boolean> {
  const { lineage, pending } = readExportedStore(db);
  // Restored, and not written to: its first commit opens an epoch of its own.
  if (pending) return false;
  const head = await readLineageHead(bucket, lineage);
  // As it is now: commits may have come while the bucket was asked.
  const { revision } = readExportedStore(db);
  if (head === undefined || head.lineage !== lineage || head.revision <= revision) return false;
  stopWith(db, { nowMs: nowMs(), finding: wentBack({ lineage, revision, bucketRevision: head.revision }) });
  return true;
}

/** What is found of a store that is behind its own head. */
export function wentBack(at: { lineage: string; revision: number; bucketRevision: number }): Finding {
  return {
    kind: "fork",
    detail: `the bucket is at revision ${at.bucketRevision}, the store at ${at.revision}`,
    data: { cause: "ahead", lineages: [at.lineage] },
  };
}
