/**
 * POST /v1/backup/pick and /adopt: what a person decides about a fork. `this` goes on as a history of its own, or
 * lets the others be where nothing of ours is in doubt; another lineage makes this store give way.
 */

import { PickBody } from "../../lib/api/admin-bodies.ts";
import { type Adopted, adopt } from "../../lib/backup/histories/fork.ts";
import { targetOf } from "../../lib/bucket/s3.ts";
import { refuse } from "../../lib/core/refusal.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/http/body.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { ignoreLineages, readExportedStore } from "../../lib/store/catalogue/catalogue.ts";
import { stopStore } from "../../lib/store/catalogue/epoch.ts";
import { acquireLease, LEASE_MS, releaseLease } from "../../lib/store/catalogue/lease.ts";
import { clearFinding, readBackupStatus } from "../../lib/store/catalogue/status.ts";
import { type Admit, admitBucket, type BackupSettings, requireBackup, type Work } from "./admit.ts";
import type { Export } from "./export.ts";

const BODY_BYTES_MAX = 1024;

export function postPick(
  door: Door,
  { query }: Target,
  { exporting, admit }: { exporting: Export; admit: Admit },
): Answer {
  const asked = requireBackup(door, query, { headers: ["content-type", "content-encoding"] });
  if (!asked.ok) return asked;
  const { headers } = asked.value;
  const type = judgeJsonHeaders(headers["content-type"], headers["content-encoding"]);
  if (!type.ok) return type;
  const body = parseJsonBody(door.world.db, door.request, { schema: PickBody, bytesMax: BODY_BYTES_MAX });
  if (!body.ok) return body;
  return admitBucket(door, { admit, work: pickLineage(exporting, body.value.lineage) });
}

/** Under the exporter's lease: nothing is exported while it is decided who this store is. */
function underLease(exporting: Export, work: (settings: BackupSettings) => Promise<() => Answer>): Work {
  return async (settings) => {
    const { db, nowMs } = exporting.world;
    const lease = acquireLease(db, { nowMs: nowMs(), untilMs: nowMs() + LEASE_MS });
    if (lease === undefined) return () => refuse("busy", "A backup is running. Ask again in a moment.");
    try {
      return await work(settings);
    } finally {
      releaseLease(db, lease);
    }
  };
}

function pickLineage(exporting: Export, wanted: string): Work {
  return underLease(exporting, async (settings) => {
    const { db, nowMs } = exporting.world;
    const { finding } = readBackupStatus(db, nowMs(), true);
    if (finding === null)
      return () => refuse("not_found", "There is no fork to decide about; run a backup to look again.");
    const store = readExportedStore(db);
    if (wanted === "this" || store.lineage.startsWith(wanted)) {
      // Somebody else writes under our very name: only another name ends that.
      if (finding.cause === "same_lineage" || finding.cause === "ahead")
        return adopted(await adoptNow(exporting, settings, finding.lineages));
      const target = await targetOf(settings.bucket);
      ignoreLineages(db, { target, lineage: store.lineage, others: finding.lineages });
      clearFinding(db);
      return () => jsonReply(200, { state: "let_be", ...NONE, lineage: store.lineage });
    }
    const other = finding.lineages.find((lineage) => wanted === "other" || lineage.startsWith(wanted));
    if (other === undefined) {
      return () =>
        refuse(
          "not_found",
          `The fork is about ${[store.lineage, ...finding.lineages].join(", ")}; name one of these.`,
        );
    }
    stopStore(db);
    return () => jsonReply(200, { state: "gave_way", ...NONE, lineage: other });
  });
}

/** The store goes on under a new lineage, whatever the bucket shows. */
export function adoptStore(exporting: Export): Work {
  return underLease(exporting, async (settings) => {
    const { db, nowMs } = exporting.world;
    const { finding } = readBackupStatus(db, nowMs(), true);
    return adopted(await adoptNow(exporting, settings, finding?.lineages ?? []));
  });
}

const NONE = { epoch: null, firstRevision: null, sharedRevision: null };

async function adoptNow(
  { world, openBucket }: Export,
  { bucket }: BackupSettings,
  others: readonly string[],
): Promise<Adopted> {
  const { db, randomBytes } = world;
  const made = await adopt(
    { db, bucket: openBucket(bucket), target: await targetOf(bucket), randomBytes },
    others,
  );
  world.log("backup.adopted", { ...made });
  return made;
}

function adopted(made: Adopted): () => Answer {
  return () => jsonReply(200, { state: "adopted", ...made });
}
