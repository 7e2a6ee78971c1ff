/**
 * How backups are kept, as it comes from Spin variables. Promise: a value that is not understood is refused by
 * its variable's name, and nothing is deleted by a guess.
 */
import { DAY_MS, parseDuration } from "../core/duration.ts";
import { parseRetention, type Retention } from "../core/retention.ts";

export interface BackupPolicy {
  readonly retention: Retention;
  /** How long what is no longer needed still lies in the bucket. */
  readonly graceMs: number;
  /** How often the whole chain is read back, though nothing was written. */
  readonly proofIntervalMs: number;
  /** Other stores, of other histories, may back up to the same prefix. */
  readonly shared: boolean;
  /** How long the store keeps the past of a namespace that does not say it itself; null: for ever. */
  readonly historyKeepMs: number | null;
}

/**
 * An exporter that sleeps past its lease (two minutes) may wake and write a manifest; what that names must still lie
 * there until it notices and takes it back.
 */
export const GRACE_MIN_MS = 600_000;

/** A repeated request is known by its key for so long. */
const HISTORY_MIN_MS = DAY_MS;

export const POLICY_DEFAULTS = {
  backup_retention: "all 2d, hourly 14d, daily 90d, weekly 52w",
  backup_grace: "24h",
  backup_proof_interval: "24h",
  bucket_shared: "false",
  history_keep: "forever",
} as const;

export type BackupPolicyOutcome =
  | { readonly kind: "set"; readonly policy: BackupPolicy }
  | { readonly kind: "invalid"; readonly variables: readonly string[] };

/** A variable of the policy as it is set, or its default. */
export function readPolicyVariable(
  variable: (name: string) => string | undefined,
  name: keyof typeof POLICY_DEFAULTS,
): string {
  return (variable(name) ?? "").trim() || POLICY_DEFAULTS[name];
}

/** Reads the policy; a variable that is not set has its default. */
export function parseBackupPolicy(variable: (name: string) => string | undefined): BackupPolicyOutcome {
  const read = (name: keyof typeof POLICY_DEFAULTS) => readPolicyVariable(variable, name);
  const retention = parseRetention(read("backup_retention"));
  const graceMs = parseDuration(read("backup_grace"));
  const proofIntervalMs = parseDuration(read("backup_proof_interval"));
  const shared = read("bucket_shared");
  const historyKeepMs = read("history_keep") === "forever" ? null : parseDuration(read("history_keep"));
  const invalid = [
    ...(retention === undefined ? ["backup_retention"] : []),
    ...(graceMs === undefined || graceMs < GRACE_MIN_MS ? ["backup_grace"] : []),
    ...(proofIntervalMs === undefined || proofIntervalMs === 0 ? ["backup_proof_interval"] : []),
    ...(shared === "true" || shared === "false" ? [] : ["bucket_shared"]),
    ...(historyKeepMs === undefined || (historyKeepMs ?? HISTORY_MIN_MS) < HISTORY_MIN_MS
      ? ["history_keep"]
      : []),
  ];
  if (
    retention === undefined ||
    graceMs === undefined ||
    proofIntervalMs === undefined ||
    historyKeepMs === undefined ||
    invalid.length > 0
  ) {
    return { kind: "invalid", variables: invalid };
  }
  const policy = { retention, graceMs, proofIntervalMs, shared: shared === "true", historyKeepMs };
  return { kind: "set", policy };
}

/** The policy where no variable is set. */
export const DEFAULT_POLICY: BackupPolicy = defaultPolicy();

function defaultPolicy(): BackupPolicy {
  const parsed = parseBackupPolicy(() => undefined);
  if (parsed.kind === "invalid") throw new Error(`defaults that are none: ${parsed.variables.join(", ")}`);
  return parsed.policy;
}
