/**
 * The tables of backups described for drizzle, as tables.ts describes the store's: row types, and SQL text for
 * plain statements. The migrations make them; the same test holds the two together.
 */
import { blob, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const backup = sqliteTable("backup", {
  id: integer("id").primaryKey(),
  generation: integer("generation").notNull(),
  leaseUntilMs: integer("lease_until_ms").notNull(),
  target: text("target"),
  lineage: text("lineage"),
  revision: integer("revision"),
  tip: text("tip"),
  exportedMs: integer("exported_ms"),
  manifest: text("manifest"),
  manifestSha256: text("manifest_sha256"),
  objects: text("objects"),
  segmentSha256: text("segment_sha256"),
  digestRevision: integer("digest_revision"),
  lookedMs: integer("looked_ms").notNull(),
  finding: text("finding", { enum: ["fork", "foreign"] }),
  findingDetail: text("finding_detail"),
  errorCode: text("error_code"),
  errorDetail: text("error_detail"),
  errorMs: integer("error_ms"),
  provenRevision: integer("proven_revision"),
  provenMs: integer("proven_ms"),
  provenManifest: text("proven_manifest"),
  replayedRevision: integer("replayed_revision"),
  replayedMs: integer("replayed_ms"),
  replayedManifest: text("replayed_manifest"),
  replayTriedMs: integer("replay_tried_ms"),
  scrubbedMs: integer("scrubbed_ms"),
  scrubFaults: integer("scrub_faults"),
  findingData: text("finding_data"),
  prunedMs: integer("pruned_ms").notNull(),
  sealedRevision: integer("sealed_revision"),
  sealedManifest: text("sealed_manifest"),
  adoptedLineage: text("adopted_lineage"),
});

export const backupRun = sqliteTable("backup_run", {
  run: text("run").primaryKey(),
  generation: integer("generation").notNull(),
  target: text("target").notNull(),
  lineage: text("lineage").notNull(),
  state: text("state", { enum: ["started", "complete", "abandoned"] }).notNull(),
  startedMs: integer("started_ms").notNull(),
  finishedMs: integer("finished_ms"),
  manifest: text("manifest"),
  manifestSha256: text("manifest_sha256"),
  position: text("position"),
  headSha256: text("head_sha256"),
  revision: integer("revision"),
  baseRevision: integer("base_revision"),
  doomedMs: integer("doomed_ms"),
  removedMs: integer("removed_ms"),
});

export const backupObject = sqliteTable("backup_object", {
  name: text("name").primaryKey(),
  run: text("run").notNull(),
  target: text("target").notNull(),
  lineage: text("lineage").notNull(),
  kind: text("kind").notNull(),
  revision: integer("revision").notNull(),
  sizeBytes: integer("size_bytes").notNull(),
  sha256: text("sha256").notNull(),
  writtenMs: integer("written_ms").notNull(),
  readMs: integer("read_ms"),
  doomedMs: integer("doomed_ms"),
});

export const backupBase = sqliteTable("backup_base", {
  id: integer("id").primaryKey(),
  target: text("target").notNull(),
  lineage: text("lineage").notNull(),
  revision: integer("revision").notNull(),
  phase: text("phase").notNull(),
  cursor: text("cursor").notNull(),
  parts: text("parts").notNull(),
  block: blob("block"),
});

export const backupSeen = sqliteTable("backup_seen", {
  target: text("target").notNull(),
  lineage: text("lineage").notNull(),
  other: text("other").notNull(),
  revision: integer("revision").notNull(),
  tip: text("tip").notNull(),
  ignored: integer("ignored").notNull(),
});

export const backupProof = sqliteTable("backup_proof", {
  id: integer("id").primaryKey(),
  target: text("target").notNull(),
  lineage: text("lineage").notNull(),
  manifest: text("manifest").notNull(),
  manifestSha256: text("manifest_sha256").notNull(),
  startedMs: integer("started_ms").notNull(),
  state: text("state").notNull(),
  block: blob("block", { mode: "buffer" }).notNull(),
});

export const backupPurge = sqliteTable("backup_purge", {
  revision: integer("revision").primaryKey(),
  namespace: text("namespace").notNull(),
  key: text("key").notNull(),
  firstRevision: integer("first_revision").notNull(),
  why: text("why").notNull(),
  askedMs: integer("asked_ms").notNull(),
  manifest: text("manifest"),
  doneMs: integer("done_ms"),
});

export const backupRestore = sqliteTable("backup_restore", {
  id: integer("id").primaryKey(),
  progress: text("progress").notNull(),
  updatedMs: integer("updated_ms").notNull(),
});
