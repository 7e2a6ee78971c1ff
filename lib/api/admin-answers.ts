/**
 * What administration, probes and backup answer with, and the document of every refusal. For the description of
 * the interface and the tests, as document-answers.ts.
 */
import * as z from "zod/mini";
import { REFUSALS, type RefusalCode } from "../core/refusal.ts";
import { NamespaceBody } from "./admin-bodies.ts";
import { accessor, count, etag, Grant, lineage, moment, revision } from "./document-answers.ts";

export const Namespace = z.extend(NamespaceBody, {
  name: z.string(),
  keys: count,
  bytes: count,
  revision,
  etag,
  modified: moment,
});
export const NamespacesPage = z.strictObject({
  namespaces: z.array(Namespace),
  next: z.optional(z.string()),
});

/** Everything about a token but its digest. */
export const Token = z.strictObject({
  accessor,
  name: z.string(),
  grants: z.array(Grant),
  creator: z.string(),
  created: moment,
  expires: z.optional(moment),
  revoked: z.optional(moment),
  revision,
});
export const TokensPage = z.strictObject({ tokens: z.array(Token), next: z.optional(z.string()) });

export const Mode = z.strictObject({ mode: z.enum(["open", "read_only"]) });

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));

export const BackupStatus = z.strictObject({
  state: z.enum(["ok", "not_set", "behind", "failing", "fork", "foreign"]),
  exportedRevision: z.nullable(count),
  exportedAt: z.nullable(moment),
  provenRevision: z.nullable(count),
  provenAt: z.nullable(moment),
  replayedRevision: z.nullable(count),
  replayedAt: z.nullable(moment),
  oldestReadAt: z.nullable(moment),
  behindRevisions: count,
  behindSeconds: count,
  points: count,
  doomedObjects: count,
  openPurges: count,
  scrub: z.nullable(z.strictObject({ at: moment, faults: count })),
  sealedRevision: z.nullable(count),
  finding: z.nullable(z.strictObject({ cause: z.string(), lineages: z.array(z.string()) })),
  lastError: z.nullable(z.strictObject({ code: z.string(), detail: z.string(), at: moment })),
});

const Removed = z.strictObject({ points: count, objects: count, bytes: count });

export const BackupRun = z.strictObject({
  state: z.enum(["exported", "nothing_new", "skipped"]),
  from: z.nullable(count),
  to: z.nullable(count),
  objects: count,
  bytes: count,
  manifest: z.nullable(z.string()),
  more: z.boolean(),
  provenRevision: z.nullable(count),
  pruned: Removed,
});

/** `proving`: the chain is long, and the next tick goes on. */
export const BackupProof = z.strictObject({
  state: z.enum(["proven", "proving", "nothing", "skipped"]),
  revision: z.nullable(count),
  at: z.nullable(moment),
});

export const RestorePoint = z.strictObject({
  revision: count,
  made: moment,
  lineage,
  run: z.string(),
  manifest: z.string(),
  baseRevision: z.nullable(count),
  proof: z.nullable(z.enum(["replay", "continued"])),
  removableFrom: z.nullable(moment),
});

export const PrunePlan = z.strictObject({
  state: z.enum(["plan", "pruned", "skipped"]),
  retention: z.string(),
  kept: count,
  points: z.array(RestorePoint),
  objects: count,
  bytes: count,
  heldBy: z.nullable(z.string()),
  pruned: Removed,
});

/** How another history in the bucket is related to this one. */
export const Branch = z.strictObject({
  lineage,
  epoch: count,
  revision: count,
  written: moment,
  relation: z.enum(["this", "ancestor", "beside", "foreign", "unreadable"]),
  ignored: z.boolean(),
});

export const Snapshots = z.strictObject({
  lineage,
  snapshots: z.array(RestorePoint),
  branches: z.array(Branch),
  next: z.optional(z.string()),
});

/** After `adopt` and `pick`: what the next commit opens, or that this store has given way. */
export const Picked = z.strictObject({
  state: z.enum(["adopted", "let_be", "gave_way"]),
  lineage: z.nullable(lineage),
  epoch: z.nullable(count),
  firstRevision: z.nullable(count),
  sharedRevision: z.nullable(count),
});

export const Sealed = z.strictObject({
  state: z.enum(["sealed", "sealing", "skipped"]),
  revision: z.nullable(count),
  provenRevision: z.nullable(count),
  manifest: z.nullable(z.string()),
  sha256: z.nullable(sha256),
});

export const PurgeAnswer = z.strictObject({
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

export const Status = z.strictObject({
  version: z.string(),
  lineage,
  epoch: count,
  head: count,
  mode: z.enum(["open", "read_only", "stopped"]),
  clockSuspect: z.boolean(),
  limits: z.strictObject({
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
  }),
  store: z.strictObject({
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
  backup: BackupStatus,
});

export const Health = z.strictObject({ ok: z.literal(true) });
export const Ready = z.strictObject({ ready: z.literal(true) });

const code = z.enum(codes());

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
  errors: z.optional(
    z.array(
      z.strictObject({ pointer: z.string(), code, detail: z.string(), etag: z.optional(z.nullable(etag)) }),
    ),
  ),
});

function codes(): [RefusalCode, ...RefusalCode[]] {
  const [first = "internal", ...rest] = Object.keys(REFUSALS).filter((name): name is RefusalCode =>
    Object.hasOwn(REFUSALS, name),
  );
  return [first, ...rest];
}
