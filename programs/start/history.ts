/**
 * A store without a history beside a bucket: whether a history begins, is restored, or a person has to say which. Promise:
 * none begins beside backups, or beside a bucket that does not answer, unless somebody said `--fresh`.
 */
import { randomBytes } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { holdsSnapshots } from "../../lib/backup/histories/branches.ts";
import { OnlyOlder } from "../../lib/backup/histories/choose-branch.ts";
import type { RestoreReport } from "../../lib/backup/restore/restore.ts";
import { BucketFault } from "../../lib/bucket/bucket.ts";
import { credentialsTrouble } from "../../lib/bucket/credentials.ts";
import { openS3Bucket } from "../../lib/bucket/s3.ts";
import type { BucketSettings } from "../../lib/bucket/settings.ts";
import { parseBackupKeys } from "../../lib/snapshot/keys.ts";
import type { Reading } from "../../lib/snapshot/read.ts";
import { ledgeOn, shellWord } from "../cli/called.ts";
import { type DatabaseAddress, shownAddress } from "../host/spin/databases.ts";
import type { BucketUse } from "./bucket.ts";
import { setBucketAside } from "./bucket-check.ts";
import type { StartOptions } from "./options.ts";
import { shownPath } from "./places.ts";
import { restoreAtStart } from "./self-restore.ts";
import { Stopped } from "./stopped.ts";
import type { Traces } from "./traces.ts";
import { bucketSettingsOf, type Variable } from "./variables.ts";
import { answerOf, tellWait } from "./waiting.ts";

/** Leaves the bundled bucket behind, for a history that begins on purpose. */
export async function leaveBucket(options: StartOptions, traces: Traces): Promise<void> {
  const aside = await setBucketAside(options.dataDir);
  if (aside === undefined) return;
  traces.add(() => renameSync(aside, join(options.dataDir, "bucket")));
  console.log(`A new history begins. The former bucket is kept in ${shownPath(aside)}.`);
}

/**
 * Before a history begins: undefined for an empty bucket, or what was restored. Throws Stopped where a person has to say
 * which.
 */
export async function settleHistory(
  options: StartOptions,
  store: DatabaseAddress,
  bucket: BucketUse,
  variable: Variable,
): Promise<RestoreReport | "by the exporter" | undefined> {
  const parsed = bucketSettingsOf(bucket, variable);
  if (parsed.kind === "invalid") {
    const trouble = credentialsTrouble((name) => bucket.variables[name] ?? variable(name));
    throw new Stopped(trouble ?? `These variables are missing or malformed: ${parsed.variables.join(", ")}.`);
  }
  if (parsed.kind === "not_set") return undefined;
  if (!(await holdsBackups(options, parsed.settings))) return undefined;
  // Step by step, as on Spin: one long transaction would be taken from us by whoever else waits for the server.
  if (typeof store !== "string") return restoresItself(options, store, variable);
  const file = store;
  const keys = parseBackupKeys(variable, randomBytes);
  if (keys.kind === "invalid")
    throw new Stopped(`These variables are malformed: ${keys.variables.join(", ")}.`);
  const over = existsSync(file) ? " --replace" : "";
  const { endpoint, bucketName, prefix } = parsed.settings;
  const from = bucket.bundled ? "" : ` --from ${shellWord(`${endpoint}/${bucketName}/${prefix}`)}`;
  const command = `${ledgeOn(options.dataDir)} restore --to ${shellWord(shownPath(file))}${over}${from}`;
  if (variable("restore_on_start") === "true")
    return restoreItself(file, parsed.settings, keys.keys.reading, command);
  throw new Stopped(
    `There is no database with a history in ${shownPath(options.dataDir)}, but the bucket holds backups.
If the database was lost, restore it:   ${command}
To have a start do it by itself:        ${options.again} --variable restore_on_start=true
To begin a new history on purpose:      ${options.again} --fresh
Nothing was changed.`,
  );
}

function restoresItself(
  options: StartOptions,
  store: DatabaseAddress,
  variable: Variable,
): "by the exporter" {
  if (variable("restore_on_start") === "true") return "by the exporter";
  throw new Stopped(
    `There is no store with a history on ${shownAddress(store)}, but the bucket holds backups.
To have it restored from them:          ${options.again} --variable restore_on_start=true
To begin a new history on purpose:      ${options.again} --fresh
(each with the same --runtime-config-file). Nothing was changed.`,
  );
}

/** Whether the bucket holds backups. Without its answer no history begins: there might be one. */
async function holdsBackups(options: StartOptions, settings: BucketSettings): Promise<boolean> {
  try {
    const bucket = openS3Bucket(settings, { attempts: 2, timeoutMs: 5000 });
    return await tellWait(answerOf(settings), holdsSnapshots(bucket));
  } catch (error) {
    if (!(error instanceof BucketFault)) throw error;
    throw new Stopped(
      `There is no database with a history in ${shownPath(options.dataDir)}, and the bucket does not say whether it holds backups:
${error.detail} (${settings.endpoint}, bucket ${settings.bucketName}).
Mend that and start again. A private certificate authority is trusted with NODE_EXTRA_CA_CERTS=FILE.
To begin a new history without asking:  ${options.again} --fresh
Nothing was changed.`,
    );
  }
}

/** What a person may do instead; a start takes no older state by itself. */
function olderWords(error: unknown, command: string): string {
  const fault = error instanceof Error && error.cause instanceof OnlyOlder ? error.cause : error;
  if (!(fault instanceof OnlyOlder)) return "";
  const { branch, revision } = fault.older;
  return `
To restore revision ${revision}, without what came after it:   ${command} --branch ${branch}`;
}

/** `command` restores by hand. */
async function restoreItself(
  file: string,
  settings: BucketSettings,
  reading: Reading,
  command: string,
): Promise<RestoreReport> {
  try {
    const report = await tellWait(
      `the restore from the bucket ${settings.bucketName} at ${settings.endpoint}`,
      restoreAtStart(openS3Bucket(settings), file, reading),
    );
    console.log(
      `Restored revision ${report.revision} (${report.check}, ${report.documents} documents) from the bucket into ${shownPath(file)}.`,
    );
    for (const name of report.damaged ?? [])
      console.log(`${name} is damaged: another snapshot of the same revision was taken.`);
    return report;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Stopped(
      `The bucket holds backups, and restoring them failed: ${said}${olderWords(error, command)}`,
    );
  }
}
