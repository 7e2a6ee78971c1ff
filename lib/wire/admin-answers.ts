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

export const BackupStatus = z.strictObject({
  state: z.enum(["ok", "not_set", "behind", "failing", "fork", "foreign"]),
  exportedRevision: z.nullable(count),
  exportedAt: z.nullable(moment),
  provenRevision: z.nullable(count),
  provenAt: z.nullable(moment),
  behindRevisions: count,
  behindSeconds: count,
  lastError: z.nullable(z.strictObject({ code: z.string(), detail: z.string(), at: moment })),
});

export const BackupRun = z.strictObject({
  state: z.enum(["exported", "nothing_new", "skipped"]),
  from: z.nullable(count),
  to: z.nullable(count),
  objects: count,
  bytes: count,
  manifest: z.nullable(z.string()),
});

export const Status = z.strictObject({
  version: z.string(),
  lineage,
  epoch: count,
  head: count,
  mode: z.enum(["open", "read_only"]),
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
