/**
 * Whose backups lie in the bucket, said when a server starts. A bucket that does not answer holds nobody up: the
 * exporter's status says that soon enough.
 */

import { type FindingData, findingWords } from "../../lib/backup/histories/finding.ts";
import { listRelations } from "../../lib/backup/histories/relations.ts";
import { stopIfWentBack } from "../../lib/backup/histories/went-back.ts";
import { BucketFault } from "../../lib/bucket/bucket.ts";
import { openS3Bucket, targetOf } from "../../lib/bucket/s3.ts";
import type { BucketSettings } from "../../lib/bucket/settings.ts";
import { readExportedStore } from "../../lib/store/catalogue/catalogue.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { ledgeOn } from "../cli/called.ts";
import { answerOf, tellWait } from "./waiting.ts";

/** How long a start waits for the bucket before it serves writes without having asked it. */
const FIRST_LOOK_MS = 5000;

/**
 * Before anybody is served: a file that was put back from an older copy takes no write. A bucket that is silent delays
 * nothing further; then the exporter's own look finds it.
 */
export async function lookBeforeServing(db: Db, settings: BucketSettings): Promise<void> {
  try {
    const bucket = openS3Bucket(settings, { attempts: 1, timeoutMs: FIRST_LOOK_MS });
    await tellWait(answerOf(settings), stopIfWentBack(db, bucket, Date.now));
  } catch (error) {
    if (!(error instanceof BucketFault)) throw error;
  }
}

/** Sentences for a person; none where all is as it should be. */
export async function bucketNews(db: Db, settings: BucketSettings, dataDir: string): Promise<string[]> {
  try {
    const bucket = openS3Bucket(settings, { attempts: 1, timeoutMs: 2000 });
    const relations = await tellWait(answerOf(settings), listRelations(db, bucket, await targetOf(settings)));
    const { revision } = readExportedStore(db);
    return relations.flatMap((one) => {
      const who = one.lineage.slice(0, 8);
      if (one.ignored) return [];
      if (one.relation === "foreign" || one.relation === "unreadable")
        return [`it also holds backups of lineage ${who}, which is not part of this store's history`];
      if (one.relation === "beside")
        return [`lineage ${who} in it went another way than this store`, toldHere("other_lineage", dataDir)];
      if (one.relation === "this" && one.revision > revision)
        return [`it is at revision ${one.revision}, this store at ${revision}`, toldHere("ahead", dataDir)];
      return [];
    });
  } catch (error) {
    if (error instanceof BucketFault) return [`it did not answer: ${error.detail}`];
    throw error;
  }
}

function toldHere(cause: FindingData["cause"], dataDir: string): string {
  const { what, advice } = findingWords(cause);
  return `${what}. ${advice.replaceAll("`ledge ", () => `\`${ledgeOn(dataDir)} `)}`;
}
