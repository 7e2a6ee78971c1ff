/**
 * A chaos server for one test, and a client that does not wait long.
 */
import { onTestFinished } from "vitest";
import type { Bucket } from "../lib/bucket/bucket.ts";
import { openS3Bucket, type S3BucketOptions } from "../lib/bucket/s3.ts";
import type { BucketSettings } from "../lib/bucket/settings.ts";
import { bucketSettingsOf } from "./bucket-settings.ts";
import { type ChaosOptions, type ChaosServer, startChaos } from "./chaos/server.ts";

/** Longer than anything here takes on a busy machine, short enough to be waited for. */
const QUICK: S3BucketOptions = { attempts: 3, timeoutMs: 700, pauseMs: 2 };

/** Started for one test, stopped after it. */
export async function openChaos(options: ChaosOptions = {}): Promise<ChaosServer> {
  const server = await startChaos(options);
  onTestFinished(() => server.stop());
  return server;
}

export function chaosBucket(
  server: ChaosServer,
  changes: Partial<BucketSettings> = {},
  options: S3BucketOptions = QUICK,
): Bucket {
  return openS3Bucket(bucketSettingsOf(server, changes), options);
}
