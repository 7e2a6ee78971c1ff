/**
 * The bucket that a command reads without a server: the one that --from names, with what is secret from the
 * environment, or the bundled one of the data folder, whose server is started when the host is down.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Bucket } from "../../../lib/bucket/bucket.ts";
import { openS3Bucket } from "../../../lib/bucket/s3.ts";
import {
  BUCKET_VARIABLES,
  type BucketSettings,
  DEFAULT_PREFIX,
  parseBucketVariables,
} from "../../../lib/bucket/settings.ts";
import { startBucket } from "../../start/bundled-bucket.ts";
import { EXIT, Failure } from "../failure.ts";

export interface BucketSource {
  readonly bucket: Bucket;
  /** The database beside the bundled bucket. */
  readonly storeFile: string | undefined;
  stop(): Promise<void>;
}

/** Opens the bucket. Throws Failure where it is not told completely. */
export async function openBucketSource(from: string | undefined, dataDir: string): Promise<BucketSource> {
  if (from !== undefined)
    return { bucket: openS3Bucket(settingsFrom(from)), storeFile: undefined, stop: async () => {} };
  const { settings, stop } = await bundled(dataDir);
  return { bucket: openS3Bucket(settings), storeFile: join(dataDir, "ledge.db"), stop };
}

async function bundled(dataDir: string): Promise<{ settings: BucketSettings; stop(): Promise<void> }> {
  const dir = join(dataDir, "bucket");
  if (!existsSync(dir)) {
    throw new Failure(EXIT.absent, `there is no bundled bucket in ${dataDir}`, {
      hint: "name the bucket with --from",
    });
  }
  const server = await startBucket({ dir });
  const { endpoint, bucketName, accessKeyId, secretAccessKey } = server;
  return {
    settings: {
      endpoint,
      bucketName,
      accessKeyId,
      secretAccessKey,
      region: "us-east-1",
      prefix: DEFAULT_PREFIX,
      pathStyle: true,
      integrity: "none",
    },
    stop: () => server.stop(),
  };
}

/** ENDPOINT/BUCKET[/PREFIX]; what is secret comes from the environment. */
function settingsFrom(from: string): BucketSettings {
  let url: URL;
  try {
    url = new URL(from);
  } catch (cause) {
    throw new Failure(EXIT.usage, `--from ${from} is not an address`, {
      cause,
      hint: "say ENDPOINT/BUCKET[/PREFIX]",
    });
  }
  const [bucketName = "", ...prefix] = url.pathname.split("/").filter((part) => part !== "");
  const told: Record<string, string> = {
    bucket_endpoint: url.origin,
    bucket_name: bucketName,
    bucket_prefix: prefix.length === 0 ? DEFAULT_PREFIX : prefix.join("/"),
  };
  const parsed = parseBucketVariables(
    (name) => told[name] ?? process.env[`SPIN_VARIABLE_${name.toUpperCase()}`],
  );
  if (parsed.kind === "set") return parsed.settings;
  const missing = parsed.kind === "invalid" ? parsed.variables : [BUCKET_VARIABLES.bucketName];
  throw new Failure(EXIT.usage, `the bucket is not told completely: ${missing.join(", ")}`, {
    hint: "see ./ledge restore --help",
  });
}
