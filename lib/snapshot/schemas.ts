/**
 * The JSON objects of a bucket: manifest, base index, head, claim, and the first lines of segments and
 * parts. Promise: what passes is complete, bounded and has no member that this version does not know.
 * docs/snapshot-format.md says what each means; a test holds page and code together.
 */
import * as z from "zod/mini";

/** What is written. Format 1 is read as well, for ever, and both may stand in one chain: its commits have no `rest`. */
export const SNAPSHOT_FORMAT = 2;

const format = z.literal([1, SNAPSHOT_FORMAT]);
const hex = (length: number) => z.string().check(z.regex(new RegExp(`^[0-9a-f]{${length}}$`)));
const lineage = hex(32);
const run = hex(16);
const tip = hex(16);
const sha256 = hex(64);
const count = z.int().check(z.minimum(0));
const revision = count;
const name = z.string().check(z.minLength(1), z.maxLength(400), z.regex(/^[0-9a-zA-Z/._-]+$/));
const moment = z.string().check(z.maxLength(30));
const namespace = z.string().check(z.minLength(1), z.maxLength(63));
/** Which key encrypted the object's bytes; absent where they are plain. */
const keyId = z.optional(z.string().check(z.regex(/^[a-z0-9-]{1,16}$/)));
const namespaces = z.array(namespace).check(z.maxLength(100_000));

/** One epoch of the history, oldest first in an ancestry; the last is the lineage itself. */
export const Ancestor = z.strictObject({
  epoch: count,
  lineage,
  firstRevision: revision,
  parent: z.nullable(lineage),
  parentRevision: z.nullable(revision),
});
export type Ancestor = z.infer<typeof Ancestor>;
const ancestry = z.array(Ancestor).check(z.minLength(1), z.maxLength(10_000));

/** `after` (exclusive) to `revision` (inclusive): what a segment, and its tokens apart, hold. */
export const SegmentObject = z.strictObject({
  kind: z.enum(["segment", "auth"]),
  name,
  sizeBytes: count,
  rawBytes: count,
  sha256,
  after: revision,
  revision,
  commits: count,
  /** SHA-256 of the segment before this one, as in its header; null for the first, and for tokens. */
  previous: z.nullable(sha256),
  namespaces,
  keyId,
});
export type SegmentObject = z.infer<typeof SegmentObject>;

export const BaseObject = z.strictObject({
  kind: z.literal("base"),
  name,
  sizeBytes: count,
  sha256,
  revision,
  /** Of all its parts together, unpacked. */
  rawBytes: count,
  keyId,
});
export type BaseObject = z.infer<typeof BaseObject>;

export const ManifestObject = z.discriminatedUnion("kind", [SegmentObject, BaseObject]);
export type ManifestObject = z.infer<typeof ManifestObject>;

export const OBJECTS_MAX = 100;
export const ManifestObjects = z.array(ManifestObject).check(z.maxLength(OBJECTS_MAX));

export const Digest = z.strictObject({ revision, sha256 });
export type Digest = z.infer<typeof Digest>;

export const Manifest = z.strictObject({
  format,
  kind: z.literal("manifest"),
  lineage,
  epoch: count,
  ancestry,
  run,
  created: moment,
  revision,
  tip,
  parent: z.nullable(z.strictObject({ name, sha256 })),
  objects: ManifestObjects,
  digest: z.nullable(Digest),
  /**
   * After a purge: every object of this lineage whose revision lies from one to the other, and which this manifest
   * does not name, is replaced by what it names.
   */
  supersedes: z
    .array(z.strictObject({ from: revision, to: revision, why: z.string().check(z.maxLength(1024)) }))
    .check(z.maxLength(1000)),
  /** Written by a planned move: the store that wrote it writes nothing after it. */
  sealed: z.boolean(),
});
export type Manifest = z.infer<typeof Manifest>;

/** The second line of a manifest. `signature` is Ed25519 over the first line without its newline, in base64. */
export const ManifestSeal = z.strictObject({
  sha256,
  keyId: z.optional(z.string().check(z.maxLength(64))),
  signature: z.optional(z.string().check(z.maxLength(128))),
});
export type ManifestSeal = z.infer<typeof ManifestSeal>;

const place = z.tuple([namespace, z.string().check(z.maxLength(1024))]);

export const BasePart = z.strictObject({
  kind: z.enum(["commits", "documents", "auth"]),
  name,
  sizeBytes: count,
  rawBytes: count,
  sha256,
  lines: count,
  namespaces,
  /** Namespace and key of the first and last line; null for a part with commits. */
  first: z.nullable(place),
  last: z.nullable(place),
  keyId,
});
export type BasePart = z.infer<typeof BasePart>;
export const BaseParts = z.array(BasePart).check(z.maxLength(100_000));

export const NamespaceUsage = z.strictObject({ namespace, keys: count, bytes: count, compacted: revision });
export type NamespaceUsage = z.infer<typeof NamespaceUsage>;

export const BaseIndex = z.strictObject({
  format,
  kind: z.literal("base"),
  lineage,
  epoch: count,
  run,
  created: moment,
  revision,
  tip,
  ancestry,
  usage: z.array(NamespaceUsage).check(z.maxLength(100_000)),
  parts: BaseParts,
  digest: sha256,
});
export type BaseIndex = z.infer<typeof BaseIndex>;

/** First line of a segment. `previous` and `auth` are SHA-256 of the objects as stored. */
export const SegmentHeader = z.strictObject({
  format,
  kind: z.enum(["segment", "auth"]),
  lineage,
  run,
  after: revision,
  revision,
  previous: z.nullable(sha256),
  auth: z.nullable(sha256),
});
export type SegmentHeader = z.infer<typeof SegmentHeader>;

/** First line of a part of a base. */
export const PartHeader = z.strictObject({
  format,
  kind: z.literal("part"),
  part: z.enum(["commits", "documents", "auth"]),
  lineage,
  run,
  revision,
  number: count,
});
export type PartHeader = z.infer<typeof PartHeader>;

export const Head = z.strictObject({
  format,
  kind: z.literal("head"),
  lineage,
  epoch: count,
  ancestry,
  run,
  revision,
  tip,
  manifest: z.strictObject({ name, sha256 }),
  written: moment,
});
export type Head = z.infer<typeof Head>;

/** Nothing in it changes from try to try, so that writing it again writes the same. */
export const Claim = z.strictObject({
  format,
  kind: z.literal("epoch"),
  epoch: count,
  lineage,
  firstRevision: revision,
  parent: z.nullable(lineage),
  parentRevision: z.nullable(revision),
});
export type Claim = z.infer<typeof Claim>;

/**
 * A proof: what its manifest names was read back from the bucket. A `replay` folded all of it and found the live
 * store's digest; a `continued` one read what is new and found the live store's lines, on top of `rests`.
 */
export const Proof = z.strictObject({
  format,
  kind: z.literal("proof"),
  lineage,
  run,
  how: z.enum(["replay", "continued"]),
  manifest: z.strictObject({ name, sha256 }),
  revision,
  digest: z.nullable(sha256),
  rests: z.nullable(z.strictObject({ name, sha256 })),
  proven: moment,
});
export type Proof = z.infer<typeof Proof>;

/** How far the bucket is and what the newest manifest names: the catalogue's own, kept with an unfinished run. */
export const ExportPosition = z.strictObject({
  target: z.string().check(z.maxLength(64)),
  lineage,
  revision,
  tip,
  exportedMs: count,
  manifest: name,
  manifestSha256: sha256,
  objects: z.readonly(ManifestObjects),
  segmentSha256: z.nullable(sha256),
  digestRevision: z.nullable(revision),
});
export type ExportPosition = z.infer<typeof ExportPosition>;
