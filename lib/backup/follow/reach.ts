/**
 * The bucket as one walk through a snapshot uses it. Promise: it can be stopped between requests, it writes nothing, and
 * it keeps some of what it fetched, since the objects of a base are read twice. What it keeps is as it came: readers
 * check every object anew, and a walk that has met damage is over.
 */
import type { Bucket } from "../../bucket/bucket.ts";

export interface Reach {
  readonly bucket: Bucket;
  /** Lets no further request through. */
  stop(reason: unknown): void;
}

/** Objects are kept gzip'd: this is ten times as much of documents. */
const KEPT_BYTES = 8_388_608;

export function openReach(bucket: Bucket, keptBytes = KEPT_BYTES): Reach {
  const kept = new Map<string, Uint8Array>();
  let room = keptBytes;
  let stopped: { readonly reason: unknown } | undefined;
  const goesOn = () => {
    if (stopped !== undefined) throw stopped.reason;
  };
  const writes = () => Promise.reject(new Error("whoever follows a bucket writes nothing to it"));
  return {
    stop(reason) {
      stopped = { reason };
    },
    bucket: {
      async get(name, maxBytes) {
        goesOn();
        const known = kept.get(name);
        if (known !== undefined && known.length <= maxBytes) return known;
        const bytes = await bucket.get(name, maxBytes);
        if (bytes !== undefined && bytes.length <= room) {
          kept.set(name, bytes);
          room -= bytes.length;
        }
        return bytes;
      },
      async list(prefix) {
        goesOn();
        return bucket.list(prefix);
      },
      async folders() {
        goesOn();
        return bucket.folders();
      },
      put: writes,
      remove: writes,
    },
  };
}

/** The work's outcome, unless the signal comes first: then `stop` is called, and it rejects with the signal's reason. */
export async function unlessAborted<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  stop: (reason: unknown) => void = () => {},
): Promise<T> {
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      stop(signal.reason);
      reject(signal.reason);
    };
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
