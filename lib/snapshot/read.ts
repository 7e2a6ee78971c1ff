/**
 * Reading a snapshot back: manifests and the objects they name. Promise: nothing is used before its size and
 * SHA-256 were checked, unpacking stops at the size that was promised, and whatever is missing or wrong is
 * refused with the object's name.
 */

import { type Bucket, damaged, isDamage } from "../bucket/bucket.ts";
import { fromBase64, gunzip, sha256Hex, textOf, toBase64, utf8 } from "../bucket/bytes.ts";
import { parseManifestName } from "./names.ts";
import {
  type Ancestor,
  BaseIndex,
  type BaseObject,
  type BasePart,
  Manifest,
  ManifestSeal,
  PartHeader,
  SegmentHeader,
  type SegmentObject,
} from "./schemas.ts";
import type { Verifier } from "./signature.ts";

/** No manifest is larger. */
export const MANIFEST_BYTES_MAX = 16_777_216;
/** No object that this format can make is larger; what says that it is, is refused before it is fetched. */
export const OBJECT_BYTES_MAX = 268_435_456;

/** Decrypts the bytes of an object; undefined when the key is not at hand or they do not fit it. */
export type OpenObject = (
  name: string,
  keyId: string,
  bytes: Uint8Array<ArrayBuffer>,
) => Uint8Array<ArrayBuffer> | undefined | Promise<Uint8Array<ArrayBuffer> | undefined>;

/** How a reader reads. Without `trust` no signature is asked for, without `open` nothing encrypted is read. */
export interface Reading {
  readonly trust?: Verifier | undefined;
  readonly open?: OpenObject | undefined;
}

/** A manifest that was read, with the hash of its bytes. */
export interface ReadManifest {
  readonly name: string;
  readonly sha256: string;
  readonly manifest: Manifest;
  /** Undefined where the chain begins at revision 0 with nothing. */
  readonly base: BaseObject | undefined;
  readonly segments: readonly { readonly segment: SegmentObject; readonly auth: SegmentObject | undefined }[];
}

/** Reads and checks one manifest. Throws BucketFault `snapshot_damaged` with its name. */
export async function readManifest(
  bucket: Bucket,
  name: string,
  expectedSha256?: string,
  reading: Reading = {},
): Promise<ReadManifest> {
  const bytes = await bucket.get(name, MANIFEST_BYTES_MAX);
  if (bytes === undefined) throw damaged(name, "the manifest is missing");
  const sha256 = await sha256Hex(new Uint8Array(bytes));
  if (expectedSha256 !== undefined && sha256 !== expectedSha256)
    throw damaged(name, "its hash is not the one named");
  const [line, sealLine, end, ...rest] = (textOf(bytes) ?? "").split("\n");
  if (line === undefined || sealLine === undefined || end !== "" || rest.length > 0) {
    throw damaged(name, "a manifest is two lines");
  }
  const sealed = parseJson(sealLine);
  const seal = ManifestSeal.safeParse(sealed);
  // Nothing hashes the seal, so it has one spelling only.
  if (
    !seal.success ||
    JSON.stringify(sealed) !== sealLine ||
    seal.data.sha256 !== (await sha256Hex(utf8(line)))
  ) {
    throw damaged(name, "its content does not fit its hash");
  }
  await requireSignature(name, seal.data, utf8(line), reading);
  const parsed = Manifest.safeParse(parseJson(line));
  if (!parsed.success) throw damaged(name, "it is not a manifest of format 1 or 2");
  const manifest = parsed.data;
  const named = parseManifestName(name);
  if (
    named?.lineage !== manifest.lineage ||
    named.revision !== manifest.revision ||
    named.run !== manifest.run
  ) {
    throw damaged(name, "its name says something else than its content");
  }
  return { name, sha256, manifest, ...chainOf(name, manifest) };
}

/**
 * The manifest, or undefined when it is damaged or gone. For those who want to know what it says of other manifests; a
 * restore must hear of the damage and reads it by readManifest.
 */
export async function readableManifest(
  bucket: Bucket,
  name: string,
  reading: Reading = {},
  expectedSha256?: string,
): Promise<ReadManifest | undefined> {
  try {
    return await readManifest(bucket, name, expectedSha256, reading);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** Once keys are trusted, a manifest without the signature of one of them is as good as a damaged one. */
async function requireSignature(
  name: string,
  { keyId, signature }: ManifestSeal,
  bytes: Uint8Array<ArrayBuffer>,
  { trust }: Reading,
): Promise<void> {
  if (trust === undefined) return;
  if (keyId === undefined || signature === undefined)
    throw damaged(name, `it is not signed, and only the keys ${trust.keyIds.join(", ")} are trusted`);
  const canonical = fromBase64(signature);
  if (canonical === undefined || toBase64(canonical) !== signature)
    throw damaged(name, `its signature by ${keyId} is not base64`);
  if (!(await trust.verify(keyId, signature, bytes)))
    throw damaged(name, `its signature by ${keyId} is not one of the keys ${trust.keyIds.join(", ")}`);
}

/** Splits the objects and checks that they hold one history without a gap, ending where the manifest says. */
function chainOf(name: string, manifest: Manifest): Pick<ReadManifest, "base" | "segments"> {
  const [first, ...others] = manifest.objects;
  const base = first?.kind === "base" ? first : undefined;
  const segments: { segment: SegmentObject; auth: SegmentObject | undefined }[] = [];
  let reached = base?.revision ?? 0;
  let previous: string | undefined;
  let auth: SegmentObject | undefined;
  for (const object of base === undefined ? manifest.objects : others) {
    if (object.kind === "base") throw damaged(name, "it names two bases");
    if (object.after !== reached || object.revision <= object.after)
      throw damaged(name, "its objects leave a gap");
    if (object.kind === "auth") {
      if (auth !== undefined) throw damaged(name, "its objects are out of order");
      auth = object;
      continue;
    }
    if (auth !== undefined && auth.revision !== object.revision)
      throw damaged(name, "its objects are out of order");
    if (previous !== undefined && object.previous !== previous)
      throw damaged(name, "its segments are not a chain");
    segments.push({ segment: object, auth });
    auth = undefined;
    reached = object.revision;
    previous = object.sha256;
  }
  if (auth !== undefined || reached !== manifest.revision)
    throw damaged(name, "its objects do not reach its revision");
  const own = manifest.ancestry.at(-1);
  if (own?.lineage !== manifest.lineage || own.epoch !== manifest.epoch)
    throw damaged(name, "its ancestry is another's");
  if (base === undefined && manifest.epoch !== 0) throw damaged(name, "a later epoch begins with a base");
  return { base, segments };
}

/** The index of a snapshot's base; undefined where the chain has none. Throws BucketFault. */
export async function readIndex(
  bucket: Bucket,
  { base, manifest }: ReadManifest,
  reading: Reading = {},
): Promise<BaseIndex | undefined> {
  return base === undefined ? undefined : readBaseIndex(bucket, base, manifest.ancestry, reading);
}

/** Reads a base's index. */
export async function readBaseIndex(
  bucket: Bucket,
  base: BaseObject,
  ancestry: readonly Ancestor[],
  reading: Reading = {},
): Promise<BaseIndex> {
  const bytes = await opened(base, await readChecked(bucket, base), reading);
  const parsed = BaseIndex.safeParse(parseJson(textOf(bytes) ?? ""));
  if (!parsed.success) throw damaged(base.name, "it is not the index of a base of format 1 or 2");
  const index = parsed.data;
  if (index.revision !== base.revision || JSON.stringify(index.ancestry) !== JSON.stringify(ancestry)) {
    throw damaged(base.name, "it belongs to another manifest");
  }
  return index;
}

/** The lines of a part, its header checked and left out. */
export async function readPart(
  bucket: Bucket,
  index: BaseIndex,
  part: BasePart,
  number: number,
  reading: Reading = {},
): Promise<string[]> {
  const [first = "", ...lines] = await readLines(bucket, part, reading);
  const header = PartHeader.safeParse(parseJson(first));
  const fits =
    header.success &&
    header.data.part === part.kind &&
    header.data.lineage === index.lineage &&
    header.data.revision === index.revision &&
    header.data.number === number;
  if (!fits || lines.length !== part.lines)
    throw damaged(part.name, "it is another part than the index names");
  return lines;
}

/** The lines of a segment or of its tokens; `auth` is the hash of the tokens' object where there is one. */
export async function readSegment(...asked: Parameters<typeof readWholeSegment>): Promise<string[]> {
  return (await readWholeSegment(...asked)).lines;
}

/** The same with the header. */
export async function readWholeSegment(
  bucket: Bucket,
  lineage: string,
  object: SegmentObject,
  auth: string | null,
  reading: Reading = {},
): Promise<{ header: SegmentHeader; lines: string[] }> {
  const [first = "", ...lines] = await readLines(bucket, object, reading);
  const header = SegmentHeader.safeParse(parseJson(first));
  const fits =
    header.success &&
    header.data.kind === object.kind &&
    header.data.lineage === lineage &&
    header.data.after === object.after &&
    header.data.revision === object.revision &&
    header.data.previous === object.previous &&
    header.data.auth === auth;
  if (!fits) throw damaged(object.name, "it is another segment than the manifest names");
  return { header: header.data, lines };
}

/** Throws when a line could not be read, with the object and the line's number (the header is line 1). */
export function required<T>(value: T | undefined, object: string, index: number): T {
  if (value === undefined) throw damaged(object, `line ${index + 2} is not what this format holds`);
  return value;
}

interface Packed {
  readonly name: string;
  readonly sizeBytes: number;
  readonly rawBytes: number;
  readonly sha256: string;
  readonly keyId?: string | undefined;
}

async function readLines(bucket: Bucket, object: Packed, reading: Reading): Promise<string[]> {
  if (object.rawBytes > OBJECT_BYTES_MAX)
    throw damaged(object.name, "it says that it is larger than any object");
  const packed = await opened(object, await readChecked(bucket, object), reading);
  const raw = await gunzip(packed, object.rawBytes);
  if (raw === undefined || raw.length !== object.rawBytes)
    throw damaged(object.name, "it does not unpack to its size");
  const text = textOf(raw);
  if (text === undefined || !text.endsWith("\n")) throw damaged(object.name, "it is not lines of text");
  return text.slice(0, -1).split("\n");
}

/** The object's bytes, once size and hash fit. */
async function readChecked(
  bucket: Bucket,
  { name, sizeBytes, sha256 }: { name: string; sizeBytes: number; sha256: string },
): Promise<Uint8Array<ArrayBuffer>> {
  if (sizeBytes > OBJECT_BYTES_MAX) throw damaged(name, "it says that it is larger than any object");
  const bytes = await bucket.get(name, sizeBytes);
  if (bytes === undefined) throw damaged(name, "the object is missing");
  if (bytes.length !== sizeBytes)
    throw damaged(name, `it is ${bytes.length} bytes long instead of ${sizeBytes}`);
  const own = new Uint8Array(bytes);
  if ((await sha256Hex(own)) !== sha256) throw damaged(name, "its bytes do not fit its hash");
  return own;
}

/** The bytes as they were before encryption, where the manifest says that they are encrypted. */
async function opened(
  { name, keyId }: { name: string; keyId?: string | undefined },
  bytes: Uint8Array<ArrayBuffer>,
  { open }: Reading,
): Promise<Uint8Array<ArrayBuffer>> {
  if (keyId === undefined) return bytes;
  if (open === undefined) throw damaged(name, `it is encrypted with the key ${keyId}, which was not given`);
  const plain = await open(name, keyId, bytes);
  if (plain === undefined) throw damaged(name, `it cannot be decrypted with the key ${keyId}`);
  return plain;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
