/** The exporter without a guest: the same tick in a plain thread of Node, which sends how long it took. */
import { randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { runTick } from "../lib/backup/export-tick.ts";
import { openS3Bucket, targetOf } from "../lib/backup/s3-bucket.ts";
import { openNodeDb } from "../lib/store/driver-node.ts";
import type { BucketSettings } from "../lib/wire/bucket-settings.ts";

export interface NodeExport {
  readonly file: string;
  readonly settings: BucketSettings;
}

const { file, settings }: NodeExport = workerData;
const db = openNodeDb(file, { mustExist: true });
const outcome = await runTick({
  db,
  bucket: openS3Bucket(settings),
  target: await targetOf(settings),
  nowMs: () => Date.now(),
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
  budget: { bytes: 4_294_967_296, ms: 240_000 },
});
db.close();
parentPort?.postMessage(outcome.state);
