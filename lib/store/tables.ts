/**
 * The tables described once for drizzle: row types, and SQL text for the plain statements. The migrations make
 * them; a test holds the two together.
 */
import { blob, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Statements of ours hand bytes over as the driver has them, whatever drizzle would make of them. */
const bytes = (name: string) => blob(name).$type<Uint8Array>();

export const store = sqliteTable("store", {
  id: integer("id").primaryKey(),
  lineage: text("lineage").notNull(),
  epoch: integer("epoch").notNull(),
  firstRevision: integer("first_revision").notNull(),
  revision: integer("revision").notNull(),
  state: text("state", { enum: ["open", "restoring", "stopped"] }).notNull(),
  format: integer("format").notNull(),
  pendingLineage: text("pending_lineage"),
  pendingEpoch: integer("pending_epoch"),
  pendingFirst: integer("pending_first"),
});

export const lineageTable = sqliteTable("lineage", {
  epoch: integer("epoch").primaryKey(),
  lineage: text("lineage").notNull(),
  firstRevision: integer("first_revision").notNull(),
  parent: text("parent"),
  parentRevision: integer("parent_revision"),
});

export const commits = sqliteTable("commits", {
  revision: integer("revision").primaryKey(),
  id: text("id").notNull(),
  timeMs: integer("time_ms").notNull(),
  actor: text("actor").notNull(),
  author: text("author"),
  requestId: text("request_id"),
  message: text("message"),
  meta: text("meta"),
  trace: text("trace"),
  changes: integer("changes").notNull(),
  rest: text("rest"),
});

export const change = sqliteTable("change", {
  namespace: text("namespace").notNull(),
  key: text("key").notNull(),
  revision: integer("revision").notNull(),
  op: text("op", { enum: ["put", "delete", "erase"] }).notNull(),
  mediaType: text("media_type"),
  text: integer("text").notNull(),
  value: bytes("value"),
});

export const entry = sqliteTable("entry", {
  namespace: text("namespace").notNull(),
  key: text("key").notNull(),
  revision: integer("revision").notNull(),
  createdRevision: integer("created_revision").notNull(),
  version: integer("version").notNull(),
  mediaType: text("media_type").notNull(),
  text: integer("text").notNull(),
  size: integer("size").notNull(),
  value: bytes("value").notNull(),
});

export const usage = sqliteTable("usage", {
  namespace: text("namespace").primaryKey(),
  keys: integer("keys").notNull(),
  bytes: integer("bytes").notNull(),
  compacted: integer("compacted").notNull(),
});
