/**
 * `ledge restore`: a database file from the bucket, with nothing else running. Without --from it reads the
 * bundled bucket of the data folder, and starts its server itself if the host is down.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { openS3Bucket } from "../../lib/backup/s3-bucket.ts";
import {
  BUCKET_VARIABLES,
  type BucketSettings,
  parseBucketVariables,
} from "../../lib/wire/bucket-settings.ts";
import { startBucket } from "../host/bucket.ts";
import { EXIT, Failure } from "./failure.ts";
import { formatBytes, openProgress, printJson } from "./output.ts";
import { restoreToFile } from "./restore-file.ts";

export interface RestoreOptions {
  readonly to: string;
  readonly from?: string;
  readonly revision?: string;
  readonly output: "text" | "json";
}

/** Without --from it reads the bundled bucket of the data folder, and starts its server if the host is down. */
export async function runRestore(options: RestoreOptions, dataDir: string): Promise<void> {
  const source =
    options.from === undefined
      ? await bundled(dataDir)
      : { settings: settingsFrom(options.from), stop: async () => {} };
  try {
    await restore(source.settings, options);
  } finally {
    await source.stop();
  }
}

async function restore(settings: BucketSettings, options: RestoreOptions): Promise<void> {
  const revision = options.revision === undefined ? undefined : parseRevision(options.revision);
  const progress = openProgress(100);
  const report = await restoreToFile({
    bucket: openS3Bucket(settings),
    to: options.to,
    ...(revision === undefined ? {} : { revision }),
    onProgress: ({ phase, doneBytes, totalBytes }) =>
      progress.to(
        totalBytes === 0 ? 0 : (100 * doneBytes) / totalBytes,
        progressText(phase, doneBytes, totalBytes),
      ),
  });
  progress.end(`${options.to} holds revision ${report.revision}`);
  if (options.output === "json") printJson(report);
}

function progressText(phase: "replaying" | "checking", doneBytes: number, totalBytes: number): string {
  if (phase === "checking") return "checking the whole file";
  return `restoring: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
}

function parseRevision(text: string): number {
  if (!/^\d{1,16}$/.test(text)) throw new Failure(EXIT.usage, "--revision takes a revision, a whole number");
  return Number(text);
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
      prefix: "ledge",
      pathStyle: true,
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
    bucket_prefix: prefix.join("/"),
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
