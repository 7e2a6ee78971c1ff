/**
 * The shape of `expected.json.gz`: what a release that made a folder of test/fixtures answered about its stores.
 * Promise: a folder that was made once is read for ever, so what later makers add here is optional. Knows no
 * table and no line of a snapshot: only HTTP, the names of objects and their hashes.
 */
import * as z from "zod";

/** A name in `values`, where each value stands once: the first 16 hex digits of its SHA-256. */
const ValueId = z.string().regex(/^[0-9a-f]{16}$/);

/** An answer of which later code may say more. */
const JsonObject = z.record(z.string(), z.unknown());
export type JsonObject = z.infer<typeof JsonObject>;

const ExpectedDocument = z.strictObject({
  namespace: z.string(),
  key: z.string(),
  etag: z.string(),
  mediaType: z.string(),
  modified: z.string(),
  value: ValueId,
});
export type ExpectedDocument = z.infer<typeof ExpectedDocument>;

const FixtureAsk = z.strictObject({
  name: z.string(),
  method: z.string(),
  path: z.string(),
  /** A name in `tokens`; null for none. */
  token: z.string().nullable(),
  headers: z.record(z.string(), z.string()).optional(),
  json: z.unknown().optional(),
  base64: z.string().optional(),
});
export type FixtureAsk = z.infer<typeof FixtureAsk>;

/** Of a problem document only what is interface; of headers those that a reader keeps. */
const ExpectedAnswer = z.strictObject({
  status: z.number(),
  headers: z.record(z.string(), z.string()),
  json: z.unknown().optional(),
  text: z.string().optional(),
});
export type ExpectedAnswer = z.infer<typeof ExpectedAnswer>;

const Exchange = z.strictObject({ ask: FixtureAsk, answer: ExpectedAnswer });
export type Exchange = z.infer<typeof Exchange>;

/** What follows behind a cursor, page by page to the end, without the cursors of those pages. */
const Paging = z.strictObject({ ask: FixtureAsk, answer: ExpectedAnswer, pages: z.array(JsonObject) });
export type Paging = z.infer<typeof Paging>;

const PastState = z.strictObject({
  revision: z.number(),
  time: z.string(),
  documents: z.array(ExpectedDocument),
});
export type PastState = z.infer<typeof PastState>;

const Purged = z.strictObject({
  namespace: z.string(),
  key: z.string(),
  value: z.strictObject({ base64: z.string() }),
  /** The bucket of the fixture still holds it: the next backups take it away. */
  open: z.boolean(),
});
export type Purged = z.infer<typeof Purged>;

const ExpectedStore = z.strictObject({
  name: z.string(),
  kind: z.enum(["open", "pending", "fork", "sealed"]),
  /** Below the folder: the gzip'd database, and the folder of the bundled bucket. */
  file: z.string(),
  bucket: z.string(),
  /** Where the bucket was served on loopback: the store knows its restore points by that address. */
  port: z.number(),
  /** Settings that it was run with. */
  variables: z.record(z.string(), z.string()),
  /** What `restore --trust` takes, where manifests are signed. */
  trust: z.string().optional(),
  head: z.number(),
  lineage: z.string(),
  epoch: z.number(),
  documents: z.array(ExpectedDocument),
  states: z.array(PastState),
  /** Each commit as GET /v1/commits/{revision} shows it, oldest first. */
  commits: z.array(z.looseObject({ revision: z.number() })),
  namespaces: z.array(JsonObject),
  tokens: z.array(JsonObject),
  listCursors: z.array(Paging),
  feedCursors: z.array(Paging),
  repeats: z.array(Exchange),
  answers: z.array(Exchange),
  backup: JsonObject,
  snapshots: z.array(JsonObject),
  purged: z.array(Purged),
  /** The state digest (docs/snapshot-format.md) of the newest snapshot; null where that is another store's. */
  digest: z.strictObject({ revision: z.number(), sha256: z.string() }).nullable(),
  /** Names below the prefix, with the SHA-256 of their bytes. */
  objects: z.record(z.string(), z.string()),
});
export type ExpectedStore = z.infer<typeof ExpectedStore>;

export const ExpectedFixture = z.strictObject({
  /** The folder's name, and when it was made. */
  made: z.strictObject({ name: z.string(), at: z.iso.datetime() }),
  tokens: z.record(z.string(), z.string()),
  values: z.record(ValueId, z.string()),
  stores: z.array(ExpectedStore),
});
export type ExpectedFixture = z.infer<typeof ExpectedFixture>;

/** The environment in which `ledge` reads a store's bucket: its keys, and whose signature it trusts. */
export function keysFor({
  variables,
  trust = "",
}: {
  readonly variables: ExpectedStore["variables"];
  readonly trust?: string | undefined;
}): Record<string, string> {
  return { SPIN_VARIABLE_BACKUP_ENCRYPTION_KEYS: variables.backup_encryption_keys ?? "", LEDGE_TRUST: trust };
}
