/** Who may work on backups, and whether there is a bucket to work on. */

import { type BackupKeys, parseBackupKeys } from "../../lib/backup/keys.ts";
import { allowsEverywhere } from "../../lib/core/grant.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { type Caller, credentialsOf, forbidden, requireCaller } from "../../lib/door/caller.ts";
import type { Target } from "../../lib/door/route.ts";
import { recordBackupError } from "../../lib/store/backup-status.ts";
import { type BackupPolicy, parseBackupPolicy } from "../../lib/wire/backup-policy.ts";
import { type BucketSettings, parseBucketVariables } from "../../lib/wire/bucket-settings.ts";
import type { World } from "../../lib/world.ts";

/** A bucket and how backups are kept in it. */
export interface BackupSettings {
  readonly bucket: BucketSettings;
  readonly policy: BackupPolicy;
  readonly keys: BackupKeys;
}

/** Work that waits for the network, once it is admitted: what it gives makes the answer or throws. */
export type Work = (settings: BackupSettings) => Promise<() => Answer>;

/** Takes the work of an admitted request. */
export type Admit = (settings: BackupSettings, work: Work) => HttpReply;

/** A route whose work waits for the bucket: judged as far as that goes without waiting. */
export function admitWork(
  door: Door,
  { query }: Target,
  { admit, work }: { admit: Admit; work: Work },
): Answer {
  const allowed = requireBackup(door, query);
  if (!allowed.ok) return allowed;
  if (door.request.body.length > 0) return refuse("invalid_body", "This route takes no body.");
  const settings = requireBucket(door.world);
  return settings.ok ? admit(settings.value, work) : settings;
}

/** A caller with the verb `backup` on every namespace, and a request without parameters. */
export function requireBackup(door: Door, query: string): Outcome<Caller> {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const { caller } = found.value;
  if (!allowsEverywhere(caller.grants, "backup")) return forbidden(caller, "backup", "every namespace");
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, []);
  return parameters.ok ? accept(caller) : parameters;
}

/** The settings of backups. Variables that are set but malformed are named, here and in the status. */
export function requireBucket({
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
  const detail = `These variables are missing or malformed: ${named.join(", ")}.`;
  recordBackupError(db, { nowMs: nowMs(), code: "bucket_not_set", detail });
  return refuse("bucket_not_set", detail);
}
