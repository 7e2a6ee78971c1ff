/**
 * GET /metrics: gauges for Prometheus, read from the store, since instances share nothing else. Moments are
 * published as moments, not as ages.
 */
import { VARY } from "../../lib/core/http.ts";
import { VERSION } from "../../lib/core/version.ts";
import type { Context } from "../../lib/http/context.ts";
import { isBucketSet } from "../../lib/http/looked.ts";
import type { Result } from "../../lib/http/result.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";
import { readQuotaUse, readSize, readStatus } from "../../lib/store/documents/settings.ts";
import { countRollouts } from "../../lib/store/fleet/rollouts.ts";
import { summarizeWithLag } from "../../lib/store/fleet/summary.ts";

type Gauge = readonly [name: string, help: string, value: number | null];

export function getMetrics(_input: object, { world, view, nowMs }: Context): Result {
  const { db } = world;
  const { summary: fleet, lacksSinceMs } = summarizeWithLag(db, view, { namespace: null, nowMs });
  const rollouts = countRollouts(db, nowMs);
  const store = readStatus(db);
  const backup = readBackupStatus(db, world.nowMs(), isBucketSet(world));
  const seconds = (time: string | null) => (time === null ? null : Date.parse(time) / 1000);
  const gauges: Gauge[] = [
    ["ledge_revision", "Newest revision.", store.head],
    ["ledge_epoch", "Lives between restores.", store.epoch],
    ["ledge_namespaces", "Namespaces.", store.namespaces],
    ["ledge_documents", "Current documents, settings included.", store.keys],
    ["ledge_value_bytes", "Bytes of current values.", store.valueBytes],
    ["ledge_store_bytes", "Bytes of the database.", readSize(db)],
    [
      "ledge_quota_used_max_ratio",
      "Share of its quota that the fullest namespace uses (1 is all of it).",
      readQuotaUse(db),
    ],
    ["ledge_read_only", "1 in read-only mode.", store.mode === "read_only" ? 1 : 0],
    [
      "ledge_last_commit_timestamp_seconds",
      "When the newest commit was made.",
      store.newestMs === null ? null : store.newestMs / 1000,
    ],
    ["ledge_backup_exported_revision", "Newest revision in the bucket.", backup.exportedRevision],
    ["ledge_backup_exported_timestamp_seconds", "When it was exported.", seconds(backup.exportedAt)],
    ["ledge_backup_proven_revision", "Newest revision replayed from the bucket.", backup.provenRevision],
    ["ledge_backup_proven_timestamp_seconds", "When it was replayed.", seconds(backup.provenAt)],
    [
      "ledge_backup_replayed_revision",
      "Newest revision whose whole chain was read.",
      backup.replayedRevision,
    ],
    ["ledge_backup_replayed_timestamp_seconds", "When it was read.", seconds(backup.replayedAt)],
    [
      "ledge_backup_oldest_read_timestamp_seconds",
      "When the object of the newest snapshot was read that has not been for longest.",
      seconds(backup.oldestReadAt),
    ],
    ["ledge_backup_restore_points", "Restore points in the bucket.", backup.points],
    ["ledge_backup_doomed_objects", "Objects that wait for their removal.", backup.doomedObjects],
    ["ledge_backup_open_purges", "Purged values that may still lie in the bucket.", backup.openPurges],
    [
      "ledge_store_faults",
      "Rows of the live store that disagree with its history.",
      backup.scrub?.faults ?? null,
    ],
    [
      "ledge_history_faults",
      "Exported objects that the live store's history disagrees with.",
      backup.history?.faults ?? null,
    ],
    [
      "ledge_store_stopped",
      "1 where a fork or a seal has stopped the store.",
      store.state === "stopped" ? 1 : 0,
    ],
    ["ledge_backup_behind_revisions", "Commits that the bucket does not have.", backup.behindRevisions],
    ["ledge_fleet_edges", "Edges that have reported in the last 30 days.", fleet.edges],
    ["ledge_fleet_replicas", "Namespaces at edges.", fleet.replicas],
    ["ledge_fleet_silent", "Of them, not heard for five minutes.", fleet.silent],
    ["ledge_fleet_behind", "Heard, and not at the revision that they are to read.", fleet.behind],
    ["ledge_fleet_refusing", "They refuse a revision.", fleet.refusing],
    [
      "ledge_fleet_estranged",
      "Heard, and ahead of this store, or at a revision that is no part of its history.",
      fleet.ahead + fleet.lost + fleet.foreign,
    ],
    [
      "ledge_fleet_lacks_since_timestamp_seconds",
      "When the oldest commit was made that a replica lacks which is heard.",
      lacksSinceMs === null ? null : lacksSinceMs / 1000,
    ],
    ["ledge_rollouts_overdue", "Running, and nobody looked when their step was over.", rollouts.overdue],
  ];
  const lines = gauges.flatMap(([name, help, value]) =>
    value === null ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`],
  );
  lines.push(
    "# HELP ledge_backup_state 1 for the state that backups are in.",
    "# TYPE ledge_backup_state gauge",
    `ledge_backup_state{state="${backup.state}"} 1`,
    "# HELP ledge_rollouts Channels by the state of their newest rollout.",
    "# TYPE ledge_rollouts gauge",
    ...[...rollouts.states].map(([state, count]) => `ledge_rollouts{state="${state}"} ${count}`),
    "# HELP ledge_build_info What runs.",
    "# TYPE ledge_build_info gauge",
    `ledge_build_info{version="${VERSION}",sqlite="${store.sqlite}"} 1`,
  );
  return {
    status: 200,
    headers: [
      ["content-type", "text/plain; version=0.0.4; charset=utf-8"],
      ["cache-control", "no-store"],
      ["vary", VARY],
      ["x-content-type-options", "nosniff"],
    ],
    body: `${lines.join("\n")}\n`,
  };
}
