/** Who may work on backups, and whether there is a bucket to work on. */

import { type BackupPolicy, parseBackupPolicy } from "../../lib/backup/policy.ts";
import { type BucketSettings, parseBucketVariables } from "../../lib/bucket/settings.ts";
import { allowsEverywhere } from "../../lib/core/grant.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, type Refusal, refuse } from "../../lib/core/refusal.ts";
import { type Headers, pickHeaders } from "../../lib/core/request-headers.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { credentialsOf, forbidden, requireCaller } from "../../lib/http/caller.ts";
import type { Target } from "../../lib/http/route.ts";
import type { World } from "../../lib/http/world.ts";
import { type BackupKeys, parseBackupKeys } from "../../lib/snapshot/keys.ts";
import { recordBackupError } from "../../lib/store/catalogue/status.ts";

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

/** A route without parameters or body whose work waits for the bucket: judged as far as that goes without waiting. */
export function admitWork(
  door: Door,
  { query }: Target,
  { admit, work }: { admit: Admit; work: Work },
): Answer {
  const asked = requireBackup(door, query);
  if (!asked.ok) return asked;
  return requireNoBody(door) ?? admitBucket(door, { admit, work });
}

/** Admits the work where there is a bucket to work on. */
export function admitBucket(door: Door, { admit, work }: { admit: Admit; work: Work }): Answer {
  const settings = requireBucket(door.world);
  return settings.ok ? admit(settings.value, work) : settings;
}

export function requireNoBody({ request }: Door): Refusal | undefined {
  return request.body.length > 0 ? refuse("invalid_body", "This route takes no body.") : undefined;
}

export interface Asked {
  readonly parameters: ReadonlyMap<string, string>;
  readonly headers: Headers;
}

/** A caller with the verb `backup` on every namespace; gives what it sent of the parameters and headers named. */
export function requireBackup(
  door: Door,
  query: string,
  { parameters = [], headers = [] }: { parameters?: readonly string[]; headers?: readonly string[] } = {},
): Outcome<Asked> {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const { caller } = found.value;
  if (!allowsEverywhere(caller.grants, "backup")) return forbidden(caller, "backup", "every namespace");
  const picked = pickHeaders(door.request, headers);
  if (!picked.ok) return picked;
  const parsed = parseQuery(query, parameters);
  return parsed.ok ? accept({ parameters: parsed.value, headers: picked.value }) : parsed;
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
