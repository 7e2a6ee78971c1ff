/**
 * A restore comes by a manifest through lists, and a proof reads it by its name. So a proof also asks the lists: what
 * they do not show is not there on the day that it is needed.
 */
import { type Bucket, BucketFault } from "../../bucket/bucket.ts";
import type { ReadManifest } from "../../snapshot/read.ts";
import { lookAgain } from "../export/run.ts";
import { isFound } from "../histories/branches.ts";

/** The manifest is there, and the bucket's lists do not show it. Nothing is wrong with what it names. */
export class NotListed extends BucketFault {
  constructor(manifest: string) {
    super("bucket_unavailable", manifest, `${manifest}: it is there, and the bucket's lists do not show it`);
    this.name = "NotListed";
  }
}

/** Throws NotListed, and what else a bucket's fault is. */
export async function requireFound(bucket: Bucket, { name, manifest }: ReadManifest): Promise<void> {
  if (!(await lookAgain(() => isFound(bucket, manifest.lineage, name)))) throw new NotListed(name);
}
