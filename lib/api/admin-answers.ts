/** What administration and probes answer with, and the document of every refusal; used as document-answers.ts is. */
import * as z from "zod/mini";
import type { RefusalCode } from "../core/refusal.ts";
import { REFUSALS } from "../core/refusal-table.ts";
import { NamespaceBody } from "./admin-bodies.ts";
import { BackupStatus } from "./backup-answers.ts";
import { ShownGrant } from "./document-answers.ts";
import { accessor, count, day, etag, lineage, moment, revision } from "./shapes.ts";

export const Namespace = z.object({
  ...NamespaceBody.shape,
  name: z.string(),
  keys: count,
  bytes: count,
  revision,
  etag,
  modified: moment,
});
export const NamespacesPage = z.object({
  namespaces: z.array(Namespace),
  next: z.optional(z.string()),
});

export const SchemaEntry = z.object({
  namespace: z.string(),
  scope: z.string(),
  size: count,
  revision,
  etag,
  modified: moment,
});
export const SchemasPage = z.object({
  schemas: z.array(SchemaEntry),
  next: z.optional(z.string()),
});

/** Everything about a token but its digest. */
export const Token = z.object({
  accessor,
  name: z.string(),
  grants: z.array(ShownGrant),
  creator: z.string(),
  created: moment,
  expires: z.optional(moment),
  revoked: z.optional(moment),
  revision,
  /** The day (UTC) on which it was last used, where a host notes that. */
  lastUsed: z.optional(day),
  /** In the answer to its revocation: how many living tokens it, and tokens that come from it, had made. */
  children: z.optional(count),
});
export const TokensPage = z.object({ tokens: z.array(Token), next: z.optional(z.string()) });

export const ModeAnswer = z.object({ mode: z.enum(["open", "read_only"]) });

export const PurgeAnswer = z.object({
  revision: count,
  firstRevision: count,
  /** The value is kept as the present document, under this revision. */
  currentRevision: z.nullable(count),
  /** The file was written again, so that no freed page holds the value. */
  vacuumed: z.boolean(),
  bucket: z.enum(["pending", "not_set"]),
  /** Lineages before this one that held it too: their objects are not ours to delete. */
  ancestors: z.array(lineage),
});

export const Status = z.object({
  version: z.string(),
  lineage,
  epoch: count,
  head: count,
  mode: z.enum(["open", "read_only", "stopped"]),
  clockSuspect: z.boolean(),
  limits: z.object({
    valueBytes: count,
    commitChanges: count,
    commitValueBytes: count,
    commitEncodedBytes: count,
    pageItems: count,
    pageBytes: count,
    keyBytes: count,
    messageBytes: count,
    uriBytes: count,
    jsonDepth: count,
    waitSeconds: count,
    /** Commits of one token; 0 for any number. */
    writesPerSecond: count,
  }),
  store: z.object({
    sqlite: z.string(),
    journal: z.string(),
    synchronous: z.string(),
    libsqlServer: z.boolean(),
    weakAccepted: z.boolean(),
    format: count,
    bytes: count,
    namespaces: count,
    documents: count,
    valueBytes: count,
  }),
  /** Whether the recovery secret may make a root token; `too_short` opens nothing. */
  recovery: z.enum(["off", "on", "too_short"]),
  backup: BackupStatus,
});

export const Health = z.object({ ok: z.literal(true) });
export const Ready = z.object({ ready: z.literal(true) });

const code = z.enum(codes());

/** One cause of a refusal. `namespace`, `key` and `revision` are there for keys that the request does not name. */
export const RefusalCause = z.object({
  pointer: z.string(),
  code,
  detail: z.string(),
  etag: z.optional(z.nullable(etag)),
  namespace: z.optional(z.string()),
  key: z.optional(z.string()),
  revision: z.optional(count),
});

/** Members that go with one code only (`head`, `limit`, `size`, `oldest`, `sharedRevision`) are not closed. */
export const Problem = z.looseObject({
  type: z.string().check(z.regex(/^\/problems\/[a-z_]+$/)),
  title: z.string(),
  status: z.int(),
  code,
  detail: z.string(),
  // Absent where the host answers before any component does.
  instance: z.optional(z.string()),
  retryable: z.boolean(),
  errors: z.optional(z.array(RefusalCause)),
});

export type NamespacesPage = z.infer<typeof NamespacesPage>;
export type SchemaEntry = z.infer<typeof SchemaEntry>;
export type SchemasPage = z.infer<typeof SchemasPage>;
export type TokensPage = z.infer<typeof TokensPage>;
export type Health = z.infer<typeof Health>;
export type Ready = z.infer<typeof Ready>;
export type Namespace = z.infer<typeof Namespace>;
export type Token = z.infer<typeof Token>;
export type ModeAnswer = z.infer<typeof ModeAnswer>;
export type PurgeAnswer = z.infer<typeof PurgeAnswer>;
export type Status = z.infer<typeof Status>;

function codes(): [RefusalCode, ...RefusalCode[]] {
  const [first = "internal", ...rest] = Object.keys(REFUSALS).filter((name): name is RefusalCode =>
    Object.hasOwn(REFUSALS, name),
  );
  return [first, ...rest];
}
