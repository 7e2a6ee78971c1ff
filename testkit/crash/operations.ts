/**
 * What a crash test kills: one operation on a store and its bucket, as plain data, so that a process of its own
 * can be told to do it and the test can do it again afterwards. Knows nothing of tests or of processes.
 */
import { webcrypto } from "node:crypto";
import type { Limits } from "../../lib/backup/export/limits.ts";
import { runTick, type Tick } from "../../lib/backup/export/tick.ts";
import { adopt } from "../../lib/backup/histories/fork.ts";
import type { BackupPolicy } from "../../lib/backup/policy.ts";
import type { Bucket } from "../../lib/bucket/bucket.ts";
import { countOpenPurges } from "../../lib/store/catalogue/purge.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { propose } from "../proposals.ts";
import { purgeValue } from "../purge.ts";

export const CRASH_OPERATIONS = [
  "first",
  "export",
  "prove",
  "prune",
  "upkeep",
  "leak",
  "purge",
  "adopt",
] as const;
export type CrashOperation = (typeof CRASH_OPERATIONS)[number];

export const SECRET = "hunter2-do-not-keep";
export const SECRET_KEY = "secret";
const TICKS_MAX = 6;

export interface Ordered {
  readonly operation: CrashOperation;
  readonly target: string;
  readonly nowMs: number;
  readonly limits: Limits;
  readonly policy: BackupPolicy;
}

/** Does it to its end. Throws what the store or the bucket throws, and when it does not come to an end. */
export async function perform(db: Db, bucket: Bucket, ordered: Ordered): Promise<void> {
  const tick = (asked?: Tick["asked"]) => tickOnce(db, bucket, ordered, asked);
  if (["first", "export", "upkeep", "leak"].includes(ordered.operation)) return tick();
  if (ordered.operation === "prove") return tick({ replay: true });
  if (ordered.operation === "prune") return tick({ prune: true });
  if (ordered.operation === "adopt") {
    const { target, nowMs } = ordered;
    const others = readBackupStatus(db, nowMs, true).finding?.lineages ?? [];
    await adopt({ db, bucket, target, randomBytes }, others);
    // Never twice the same: a put that changes nothing makes no commit, and only a commit opens the new epoch.
    commitOne(db, "adopted", randomBytes(8));
    return tick();
  }
  purge(db, ordered);
  await tick();
  for (let ticks = 1; countOpenPurges(db) > 0; ticks += 1) {
    if (ticks === TICKS_MAX) throw new Error(`the purge is open after ${TICKS_MAX} ticks`);
    await tick();
  }
}

async function tickOnce(
  db: Db,
  bucket: Bucket,
  { target, nowMs, limits, policy }: Ordered,
  asked?: Tick["asked"],
): Promise<void> {
  const outcome = await runTick({
    db,
    bucket,
    target,
    limits,
    policy,
    randomBytes,
    nowMs: () => nowMs,
    ...(asked === undefined ? {} : { asked }),
  });
  if (outcome.state === "stopped") throw new Error(`the tick stopped: ${outcome.finding.detail}`);
}

/** Under one Idempotency-Key: asked again after a crash, it is the same purge. */
function purge(db: Db, { nowMs }: Ordered): void {
  const made = purgeValue(db, { nowMs, key: SECRET_KEY, requestId: "purge-0001" });
  if (!made.ok) throw new Error(`the purge was refused: ${made.code}`);
}

/** Commits a document and gives the revision. */
export function commitOne(db: Db, key: string, value: string | Uint8Array): number {
  const made = propose(db, [{ op: "put", ns: "shop", key, value, if: -1 }]);
  if (!made.ok) throw new Error(`the commit was refused: ${made.code}`);
  return made.revision;
}

export function randomBytes(length: number): Uint8Array {
  return webcrypto.getRandomValues(new Uint8Array(length));
}
