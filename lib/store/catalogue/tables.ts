/**
 * The tables of backups described for drizzle, as tables.ts describes the store's: row types, and SQL text for
 * plain statements. The migrations make them; the same test holds the two together.
 */
import { blob, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

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

/** Names and JSON values; rows.ts has both. */
export const operation = sqliteTable("operation", {
  name: text("name").primaryKey(),
  value: text("value").notNull(),
  block: blob("block").$type<Uint8Array>(),
});
