/**
 * A bucket whose credentials may change while it is open. Promise: each request has those of its moment; and where there are
 * none any more, that is a fault of the request, since a program that has begun well does not end for it.
 */
import { type Bucket, BucketFault } from "../../../lib/bucket/bucket.ts";
import { openS3Bucket } from "../../../lib/bucket/s3.ts";
import type { BucketSettings } from "../../../lib/bucket/settings.ts";
import { Failure } from "../failure.ts";

/** Asks for the settings with each request. Throws what they throw at first. */
export async function openRenewedBucket(settings: () => Promise<BucketSettings>): Promise<Bucket> {
  const first = await settings();
  let open = { text: JSON.stringify(first), bucket: openS3Bucket(first) };
  const now = async (object: string): Promise<Bucket> => {
    const found = await settings().catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      throw new BucketFault("bucket_denied", object, error.message);
    });
    const text = JSON.stringify(found);
    if (text !== open.text) open = { text, bucket: openS3Bucket(found) };
    return open.bucket;
  };
  return {
    put: async (name, bytes, sha256) => (await now(name)).put(name, bytes, sha256),
    get: async (name, maxBytes) => (await now(name)).get(name, maxBytes),
    list: async (prefix) => (await now(prefix)).list(prefix),
    remove: async (name) => (await now(name)).remove(name),
    folders: async () => (await now("")).folders(),
  };
}
