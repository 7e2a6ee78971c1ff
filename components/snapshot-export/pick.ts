/**
 * POST /v1/backup/pick and /adopt: what a person decides about a fork. `this` goes on as a history of its own, or
 * lets the others be where nothing of ours is in doubt; another lineage makes this store give way.
 */
import type { Picked } from "../../lib/api/backup-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { adopt } from "../../lib/backup/histories/fork.ts";
import { targetOf } from "../../lib/bucket/s3.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Answer, Reply } from "../../lib/http/result.ts";
import { ignoreLineages, readExportedStore } from "../../lib/store/catalogue/catalogue.ts";
import { stopStore } from "../../lib/store/catalogue/epoch.ts";
import { acquireLease, LEASE_MS, releaseLease } from "../../lib/store/catalogue/lease.ts";
import { clearFinding, readBackupStatus } from "../../lib/store/catalogue/status.ts";
import type { Exporting } from "./with-bucket.ts";

export function pickBranch(exporting: Exporting, { body }: Input<"pickBranch">): Promise<Answer<Picked>> {
  return underLease(exporting, () => pickLineage(exporting, body.lineage));
}

/** The store goes on under a new lineage, whatever the bucket shows. */
export function adoptStore(exporting: Exporting): Promise<Answer<Picked>> {
  return underLease(exporting, async () => {
    const { db, nowMs } = exporting.world;
    const { finding } = readBackupStatus(db, nowMs(), true);
    return adoptNow(exporting, finding?.lineages ?? []);
  });
}

/** Under the exporter's lease: nothing is exported while it is decided who this store is. */
async function underLease(
  { world: { db, nowMs } }: Exporting,
  work: () => Promise<Answer<Picked>>,
): Promise<Answer<Picked>> {
  const takenMs = nowMs();
  const lease = acquireLease(db, { nowMs: takenMs, untilMs: takenMs + LEASE_MS });
  if (lease === undefined) return refuse("busy", "A backup is running. Ask again in a moment.");
  try {
    return await work();
  } finally {
    releaseLease(db, lease);
  }
}

async function pickLineage(exporting: Exporting, wanted: string): Promise<Answer<Picked>> {
  const { db, nowMs } = exporting.world;
  const { finding } = readBackupStatus(db, nowMs(), true);
  if (finding === null)
    return refuse("not_found", "There is no fork to decide about; run a backup to look again.");
  const store = readExportedStore(db);
  if (wanted === "this" || store.lineage.startsWith(wanted)) {
    // Somebody else writes under our very name: only another name ends that.
    if (finding.cause === "same_lineage" || finding.cause === "ahead")
      return adoptNow(exporting, finding.lineages);
    const target = await targetOf(exporting.settings.bucket);
    ignoreLineages(db, { target, lineage: store.lineage, others: finding.lineages });
    clearFinding(db);
    return jsonReply(200, { state: "let_be", ...NONE, lineage: store.lineage });
  }
  const other = finding.lineages.find((lineage) => wanted === "other" || lineage.startsWith(wanted));
  if (other === undefined) {
    return refuse(
      "not_found",
      `The fork is about ${[store.lineage, ...finding.lineages].join(", ")}; name one of these.`,
    );
  }
  stopStore(db);
  return jsonReply(200, { state: "gave_way", ...NONE, lineage: other });
}

const NONE = { epoch: null, firstRevision: null, sharedRevision: null };

async function adoptNow(
  { world, settings, bucket }: Exporting,
  others: readonly string[],
): Promise<Reply<Picked>> {
  const { db, randomBytes } = world;
  const target = await targetOf(settings.bucket);
  const made = await adopt({ db, bucket, target, randomBytes }, others);
  world.log("backup.adopted", { ...made });
  return jsonReply(200, { state: "adopted", ...made });
}
