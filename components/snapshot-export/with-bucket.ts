/** Work on the bucket for whoever may ask for it: the settings, the bucket opened by them, and its faults as answers. */

import type { BackupPolicy } from "../../lib/backup/policy.ts";
import { parseBackupPolicy } from "../../lib/backup/policy.ts";
import { type Bucket, BucketFault } from "../../lib/bucket/bucket.ts";
import { credentialsTrouble } from "../../lib/bucket/credentials.ts";
import { type BucketSettings, parseBucketVariables } from "../../lib/bucket/settings.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import type { Trigger } from "../../lib/engines/starling/serve.ts";
import type { Context } from "../../lib/http/context.ts";
import type { Answer } from "../../lib/http/result.ts";
import type { World } from "../../lib/http/world.ts";
import { type BackupKeys, parseBackupKeys } from "../../lib/snapshot/keys.ts";
import { recordBackupError } from "../../lib/store/catalogue/status.ts";
import { raiseDurability } from "../../lib/store/sqlite/durability.ts";

/** A bucket and how backups are kept in it. */
export interface BackupSettings {
  readonly bucket: BucketSettings;
  readonly policy: BackupPolicy;
  readonly keys: BackupKeys;
}

/** What work on the bucket is given. */
export interface Exporting {
  readonly world: World;
  readonly settings: BackupSettings;
  readonly bucket: Bucket;
  readonly trigger: Trigger["kind"];
}

/** A handler from work on the bucket. Where none is set, that is the answer. */
export function withBucket<Input, Body>(
  openBucket: (settings: BucketSettings) => Bucket,
  work: (exporting: Exporting, input: Input) => Promise<Answer<Body>>,
): (input: Input, context: Context) => Promise<Answer<Body>> {
  return async (input, { world }) => {
    const exporting = openExporting(world, openBucket, "http");
    return exporting.ok ? answered(exporting.value, (open) => work(open, input)) : exporting;
  };
}

/** Refuses `bucket_not_set`. From here on nothing that the bucket is told is forgotten by the store. */
export function openExporting(
  world: World,
  openBucket: (settings: BucketSettings) => Bucket,
  trigger: Trigger["kind"],
): Outcome<Exporting, "bucket_not_set"> {
  const settings = requireBucket(world);
  if (!settings.ok) return settings;
  raiseDurability(world.db);
  return accept({ world, settings: settings.value, bucket: openBucket(settings.value.bucket), trigger });
}

/** The answer of work; a fault of the bucket is one. Throws what else the work throws. */
export async function answered<Body>(
  exporting: Exporting,
  work: (exporting: Exporting) => Promise<Answer<Body>>,
): Promise<Answer<Body>> {
  try {
    return await work(exporting);
  } catch (error) {
    if (!(error instanceof BucketFault)) throw error;
    const { code, object, detail } = error;
    exporting.world.log("backup.failed", { code, object, detail });
    return refuse(code, detail);
  }
}

/** The settings of backups. Variables that are set but malformed are named, here and in the status. */
function requireBucket({
  db,
  nowMs,
  randomBytes,
  variable,
}: World): Outcome<BackupSettings, "bucket_not_set"> {
  const bucket = parseBucketVariables(variable);
  if (bucket.kind === "not_set") {
    return refuse(
      "bucket_not_set",
      "Nothing is backed up. Set the variables bucket_endpoint, bucket_name, bucket_access_key_id and bucket_secret_access_key.",
    );
  }
  const policy = parseBackupPolicy(variable);
  const keys = parseBackupKeys(variable, randomBytes);
  if (bucket.kind === "set" && policy.kind === "set" && keys.kind === "set")
    return accept({ bucket: bucket.settings, policy: policy.policy, keys: keys.keys });
  const named = [bucket, policy, keys].flatMap((one) => (one.kind === "invalid" ? one.variables : []));
  const detail =
    credentialsTrouble(variable) ?? `These variables are missing or malformed: ${named.join(", ")}.`;
  recordBackupError(db, { nowMs: nowMs(), code: "bucket_not_set", detail });
  return refuse("bucket_not_set", detail);
}
