/**
 * Buckets for tests: one in memory that can be broken, and the bundled server over a folder.
 */
import { onTestFinished } from "vitest";
import { type Bucket, BucketFault } from "../lib/bucket/bucket.ts";
import { openS3Bucket } from "../lib/bucket/s3.ts";
import { type BucketServer, startBucket } from "../programs/start/bundled-bucket.ts";
import { bucketSettingsOf } from "./bucket-settings.ts";
import { temporaryFolder } from "./processes.ts";

export interface MemoryBucket extends Bucket {
  readonly objects: Map<string, Uint8Array>;
  /** Requests made so far, as "put name". */
  readonly calls: string[];
  /** Called before each request; throw to break it. */
  before: (call: string) => void;
}

export class Cut extends Error {}

/** A bucket with nothing but a map behind it. */
export function memoryBucket(objects: ReadonlyMap<string, Uint8Array> = new Map()): MemoryBucket {
  const held = new Map(objects);
  const bucket: MemoryBucket = {
    objects: held,
    calls: [],
    before: () => {},
    async put(name, bytes) {
      note(`put ${name}`);
      held.set(name, new Uint8Array(bytes));
    },
    async get(name, maxBytes) {
      note(`get ${name}`);
      const bytes = held.get(name);
      if (bytes !== undefined && bytes.length > maxBytes) {
        throw new BucketFault("snapshot_damaged", name, `${name}: it is larger than ${maxBytes} bytes`);
      }
      return bytes === undefined ? undefined : new Uint8Array(bytes);
    },
    async list(prefix) {
      note(`list ${prefix}`);
      return [...held.keys()].filter((name) => name.startsWith(prefix)).sort();
    },
    async remove(name) {
      note(`remove ${name}`);
      held.delete(name);
    },
    async folders() {
      note("folders");
      return [
        ...new Set(
          [...held.keys()].flatMap((name) => (name.includes("/") ? [name.split("/")[0] ?? ""] : [])),
        ),
      ];
    },
  };
  const note = (call: string) => {
    bucket.calls.push(call);
    bucket.before(call);
  };
  return bucket;
}

/** Breaks the request with that number (from 1), before or after it took effect, and all that follow. */
export function cutAt(bucket: MemoryBucket, call: number): Bucket {
  let made = 0;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    made += 1;
    if (made > call) throw new Cut("the process has ended");
    const result = await work();
    if (made === call) throw new Cut("the process ends here");
    return result;
  };
  return {
    put: (name, bytes) => step(() => bucket.put(name, bytes)),
    get: (name, maxBytes) => step(() => bucket.get(name, maxBytes)),
    list: (prefix) => step(() => bucket.list(prefix)),
    remove: (name) => step(() => bucket.remove(name)),
    folders: () => step(() => bucket.folders()),
  };
}

/** The bundled bucket over a folder of its own, stopped and removed after the test. */
export async function openServedBucket(): Promise<{ server: BucketServer; bucket: Bucket; dir: string }> {
  const folder = temporaryFolder("bucket");
  const server = await startBucket({ dir: folder.path });
  onTestFinished(async () => {
    await server.stop();
    folder.remove();
  });
  return { server, bucket: openS3Bucket(bucketSettingsOf(server)), dir: folder.path };
}
