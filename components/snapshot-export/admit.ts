/** Who may run a backup, and whether there is a bucket to run it to. */
import { allowsEverywhere } from "../../lib/core/grant.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { type Caller, credentialsOf, forbidden, requireCaller } from "../../lib/door/caller.ts";
import type { Target } from "../../lib/door/route.ts";
import { recordBackupError } from "../../lib/store/backup-status.ts";
import { type BucketSettings, parseBucketVariables } from "../../lib/wire/bucket-settings.ts";
import type { World } from "../../lib/world.ts";

/** Takes the settings of an admitted run. */
export type Admit = (settings: BucketSettings) => HttpReply;

/** POST /v1/backup/run, as far as it can be judged without waiting. */
export function admitRun(door: Door, { query }: Target, admit: Admit): Answer {
  const allowed = requireBackup(door, query);
  if (!allowed.ok) return allowed;
  if (door.request.body.length > 0) return refuse("invalid_body", "This route takes no body.");
  const settings = requireBucket(door.world);
  return settings.ok ? admit(settings.value) : settings;
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

/** The bucket's settings. Variables that are set but malformed are named, here and in the status. */
export function requireBucket({ db, nowMs, variable }: World): Outcome<BucketSettings, "bucket_not_set"> {
  const parsed = parseBucketVariables(variable);
  if (parsed.kind === "set") return accept(parsed.settings);
  if (parsed.kind === "not_set") {
    return refuse(
      "bucket_not_set",
      "Nothing is backed up. Set the variables bucket_endpoint, bucket_name, bucket_access_key_id and bucket_secret_access_key.",
    );
  }
  const detail = `These variables are missing or malformed: ${parsed.variables.join(", ")}.`;
  recordBackupError(db, { nowMs: nowMs(), code: "bucket_not_set", detail });
  return refuse("bucket_not_set", detail);
}
