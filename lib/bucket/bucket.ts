/**
 * What a backup needs of a bucket: five requests, names relative to the prefix, whole objects in memory.
 * Promise: a fault says which object it was about and whether the bucket was silent or refused, and never
 * carries credentials. Knows nothing of S3; s3.ts speaks it.
 */

export interface Bucket {
  /** `sha256` is that of the bytes, in hex, where it is known: it spares a hash of them. */
  put(name: string, bytes: Uint8Array, sha256?: string): Promise<void>;
  /** The object's bytes; undefined when there is none of that name. Never more than `maxBytes`. */
  get(name: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /**
   * Every name that begins with `prefix`, in ascending order of bytes. Some buckets list nothing but folders: ours ask
   * by a prefix that ends in a slash.
   */
  list(prefix: string): Promise<readonly string[]>;
  /** Takes an object away; one that is not there is taken away too. */
  remove(name: string): Promise<void>;
  /** First segments of names, without their slash. A hint: some servers leave folders out. */
  folders(): Promise<readonly string[]>;
}

export type BucketFaultCode = "bucket_unavailable" | "bucket_denied" | "snapshot_damaged";

/** The bucket failed, refused, or returned something else than was written. */
export class BucketFault extends Error {
  readonly code: BucketFaultCode;
  /** The object or prefix that it was about. */
  readonly object: string;
  /** A sentence for status and people; no secrets in it. */
  readonly detail: string;
  constructor(code: BucketFaultCode, object: string, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.name = "BucketFault";
    this.code = code;
    this.object = object;
    this.detail = detail;
  }
}

/** An object that is missing, cut, changed, or not what its name says. */
export function damaged(object: string, what: string): BucketFault {
  return new BucketFault("snapshot_damaged", object, `${object}: ${what}`);
}

/** The bucket answers, and an object in it is missing or wrong. */
export function isDamage(error: unknown): error is BucketFault {
  return error instanceof BucketFault && error.code === "snapshot_damaged";
}
