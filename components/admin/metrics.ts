/**
 * GET /metrics: gauges read from the store, in Prometheus' text format. Moments are published, not ages, and
 * nothing is counted in memory, because instances share none.
 */
import type { Answer, Door } from "../../lib/door/answer.ts";
import type { Target } from "../../lib/door/route.ts";
import { readFacts, readUsage } from "../../lib/store/admin.ts";
import { readBackupStatus } from "../../lib/store/backup-status.ts";
import { isBucketSet, requireStatus } from "./status.ts";
import { VERSION } from "./version.ts";

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

const BACKUP_STATES = ["ok", "not_set", "behind", "failing", "fork", "foreign"];

export function getMetrics(door: Door, { query }: Target): Answer {
  const allowed = requireStatus(door, query);
  if (!allowed.ok) return allowed;
  const { db, nowMs, variable } = door.world;
  const facts = readFacts(db);
  const usage = readUsage(db);
  const backup = readBackupStatus(db, nowMs(), isBucketSet(variable));
  const families = [
    gauge("ledge_build_info", "The version that answers.", [[{ version: VERSION, sqlite: facts.sqlite }, 1]]),
    gauge("ledge_revision", "The newest revision.", [[{}, facts.head]]),
    gauge("ledge_epoch", "The life between two restores.", [[{}, facts.epoch]]),
    gauge("ledge_read_only", "1 while commits are refused.", [
      [{}, facts.mode === "open" && facts.state === "open" ? 0 : 1],
    ]),
    gauge("ledge_store_bytes", "Size of the database.", [[{}, facts.fileBytes]]),
    gauge("ledge_tokens", "Tokens that are not revoked.", [[{}, facts.liveTokens]]),
    gauge(
      "ledge_last_commit_timestamp_seconds",
      "When the newest commit was made.",
      facts.newestMs === null ? [] : [[{}, facts.newestMs / 1000]],
    ),
    gauge(
      "ledge_namespace_keys",
      "Documents of a namespace.",
      usage.map((one) => [{ namespace: one.namespace }, one.keys]),
    ),
    gauge(
      "ledge_namespace_bytes",
      "Bytes of values of a namespace.",
      usage.map((one) => [{ namespace: one.namespace }, one.bytes]),
    ),
    gauge(
      "ledge_quota_bytes",
      "The quota of a namespace that has one.",
      usage.flatMap((one) =>
        one.quotaBytes === null ? [] : [[{ namespace: one.namespace }, one.quotaBytes] as const],
      ),
    ),
    gauge(
      "ledge_backup_state",
      "1 for the state that backups are in.",
      BACKUP_STATES.map((state) => [{ state }, state === backup.state ? 1 : 0]),
    ),
    gauge(
      "ledge_backup_exported_revision",
      "The newest revision in the bucket.",
      present(backup.exportedRevision),
    ),
    gauge("ledge_backup_exported_timestamp_seconds", "When it was written there.", moment(backup.exportedAt)),
    gauge(
      "ledge_backup_proven_revision",
      "The newest revision that was replayed from the bucket.",
      present(backup.provenRevision),
    ),
    gauge("ledge_backup_proven_timestamp_seconds", "When it was replayed.", moment(backup.provenAt)),
    gauge("ledge_backup_behind_revisions", "Commits that the bucket does not have yet.", [
      [{}, backup.behindRevisions],
    ]),
  ];
  const headers = [
    ["content-type", "text/plain; version=0.0.4; charset=utf-8"],
    ["cache-control", "no-store"],
    ["x-content-type-options", "nosniff"],
  ] as const;
  return { status: 200, headers, body: families.join("") };
}

function present(value: number | null): Sample[] {
  return value === null ? [] : [[{}, value]];
}

function moment(time: string | null): Sample[] {
  return time === null ? [] : [[{}, Date.parse(time) / 1000]];
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return lines.length === 0 ? "" : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
