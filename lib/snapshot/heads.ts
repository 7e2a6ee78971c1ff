/**
 * The small objects that say who is in a bucket: heads, one a lineage, and the claims of epochs. Promise: they can
 * stop an export or a restore and are never data, so one that cannot be read counts as none.
 */

import type { Bucket } from "../bucket/bucket.ts";
import { textOf } from "../bucket/bytes.ts";
import { EPOCHS, HEADS, headName, parseEpochName, parseHeadName } from "./names.ts";
import { Head } from "./schemas.ts";

const HEAD_BYTES_MAX = 4_194_304;

/** The bytes of a lineage's head; undefined when there is none. Throws BucketFault. */
export function readHeadBytes(bucket: Bucket, lineage: string): Promise<Uint8Array | undefined> {
  return bucket.get(headName(lineage), HEAD_BYTES_MAX);
}

/** A lineage's head; undefined when there is none, or none that can be read. Throws BucketFault. */
export async function readLineageHead(bucket: Bucket, lineage: string): Promise<Head | undefined> {
  const bytes = await readHeadBytes(bucket, lineage);
  return bytes === undefined ? undefined : parseHead(bytes);
}

/** Every head that can be read and lies under its own name. Throws BucketFault. */
export async function readHeads(bucket: Bucket): Promise<Head[]> {
  const heads: Head[] = [];
  for (const lineage of await listHeads(bucket)) {
    const head = await readLineageHead(bucket, lineage);
    if (head?.lineage === lineage) heads.push(head);
  }
  return heads;
}

/** Lineages that have a head, whatever is in it. Throws BucketFault. */
export async function listHeads(bucket: Bucket): Promise<string[]> {
  return (await bucket.list(HEADS)).flatMap((name) => parseHeadName(name) ?? []);
}

/** Undefined for anything but a head: a PUT that was cut off, or somebody else's object under our name. */
export function parseHead(bytes: Uint8Array): Head | undefined {
  try {
    const parsed = Head.safeParse(JSON.parse(textOf(bytes) ?? ""));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Which lineages have claimed which epoch; with `epoch` only the claims of that one. Throws BucketFault. */
export async function listClaims(
  bucket: Bucket,
  epoch?: number,
): Promise<{ readonly epoch: number; readonly lineage: string }[]> {
  const claims = (await bucket.list(EPOCHS)).flatMap((name) => parseEpochName(name) ?? []);
  return epoch === undefined ? claims : claims.filter((claim) => claim.epoch === epoch);
}
