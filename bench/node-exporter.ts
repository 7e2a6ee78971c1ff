/** The exporter without a guest: the same tick in a plain thread of Node, which sends how long it took. */
import { randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { runTick } from "../lib/backup/export/tick.ts";
import { openS3Bucket, targetOf } from "../lib/bucket/s3.ts";
import type { BucketSettings } from "../lib/bucket/settings.ts";
import { openNodeDb } from "../lib/store/sqlite/driver-node.ts";

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
