/**
 * A process to be killed: opens a store file, speaks to a bucket, performs one operation, and says on its last
 * line how that went. Bundled by testkit/crash/run.ts; told what to do by its one argument.
 */
import { writeSync } from "node:fs";
import { openS3Bucket } from "../../lib/bucket/s3.ts";
import type { BucketSettings } from "../../lib/bucket/settings.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { namedBucket, namedDb, type Side } from "./named-calls.ts";
import { type Ordered, perform } from "./operations.ts";

/** Where the process acts upon itself, besides what is done to it from outside. */
export type At =
  | { readonly kind: "nowhere" }
  /** Kills itself at the k-th call (from 1) of that name. */
  | { readonly kind: "kill"; readonly name: string; readonly side: Side; readonly k: number }
  /** Stops at the k-th moment (from 1) at which no transaction is open. */
  | { readonly kind: "stop"; readonly k: number };

export interface ChildOrder {
  readonly file: string;
  readonly settings: BucketSettings;
  readonly ordered: Ordered;
  readonly at: At;
}

export interface ChildReport {
  readonly error: string | null;
  /** How often each name was called. */
  readonly seen: Readonly<Record<string, number>>;
  /** Each moment at which no transaction was open: the name and the side. */
  readonly moments: readonly string[];
}

const order: ChildOrder = JSON.parse(process.argv[2] ?? "");
const { at } = order;
const seen: Record<string, number> = {};
const moments: string[] = [];

const db = openNodeDb(order.file, { mustExist: true });
const hook = (name: string, side: Side) => {
  if (side === "before") seen[name] = (seen[name] ?? 0) + 1;
  if (!db.raw.inTransaction) {
    moments.push(`${side} ${name}`);
    if (at.kind === "stop" && at.k === moments.length) process.kill(process.pid, "SIGSTOP");
  }
  if (at.kind === "kill" && at.name === name && at.side === side && at.k === seen[name])
    process.kill(process.pid, "SIGKILL");
};

let error: string | null = null;
try {
  const bucket = openS3Bucket(order.settings, { attempts: 3, timeoutMs: 20_000, pauseMs: 2 });
  await perform(namedDb(db, hook), namedBucket(bucket, hook), order.ordered);
} catch (thrown) {
  error = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
const report: ChildReport = { error, seen, moments };
writeSync(1, `${JSON.stringify(report)}\n`);
// The bucket's connections are kept open for a while; nobody waits for that here.
process.exit(0);
