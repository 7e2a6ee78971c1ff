/**
 * Which bucket the last start on a data folder used, for commands that run without a server. Nothing secret is kept:
 * credentials come from where the server has them.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { CREDENTIALS_VARIABLE } from "../../lib/bucket/credentials.ts";
import { BUCKET_VARIABLES } from "../../lib/bucket/settings.ts";

type Variables = Readonly<Record<string, string>>;

const SECRET: readonly string[] = [
  BUCKET_VARIABLES.accessKeyId,
  BUCKET_VARIABLES.secretAccessKey,
  BUCKET_VARIABLES.sessionToken,
];
const KEPT = [...Object.values(BUCKET_VARIABLES), CREDENTIALS_VARIABLE, "bucket_credentials_file"].filter(
  (name) => !SECRET.includes(name),
);
const Kept = z.record(z.string(), z.string());

/** Writes them down; none for the bundled bucket, which is found without. */
export function keepBucket(
  dataDir: string,
  variable: ((name: string) => string | undefined) | undefined,
): void {
  const file = keptFile(dataDir);
  if (variable === undefined) {
    rmSync(file, { force: true });
    return;
  }
  const set = KEPT.flatMap((name) => {
    const value = variable(name);
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(set), undefined, 1)}\n`, { mode: 0o600 });
}

/** By the names of the server's variables; undefined when the last start used the bundled bucket, or there was none. */
export function keptBucket(dataDir: string): Variables | undefined {
  const file = keptFile(dataDir);
  return existsSync(file) ? Kept.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
}

function keptFile(dataDir: string): string {
  return join(dataDir, "bucket-settings.json");
}
