/**
 * The chaos server as a bucket without faults, with what a bench asks of its journal: how many requests there were,
 * how much was written, and when an export was complete.
 */
import { gunzipSync } from "node:zlib";
import type { BucketSettings } from "../lib/bucket/settings.ts";
import { bucketSettingsOf, variablesOf } from "../testkit/bucket-settings.ts";
import type { JournalEntry } from "../testkit/chaos/journal.ts";
import { type ChaosServer, startChaos } from "../testkit/chaos/server.ts";

export interface Traffic {
  readonly requests: number;
  readonly written: number;
  readonly writtenBytes: number;
  /** When the last head was put, which ends an export: what comes after is proof. `performance.now()`. */
  readonly headMs: number;
}

export interface CountedBucket {
  readonly server: ChaosServer;
  readonly settings: BucketSettings;
  /** `ENDPOINT/BUCKET/PREFIX`, as `ledge restore --from` takes it. */
  readonly address: string;
  /** What came since the last call. */
  traffic(): Traffic;
  /** Bytes of NDJSON in the objects of a folder, or in all. */
  rawBytes(folder?: string): number;
  /** The variables of spin.toml that name it. */
  readonly variables: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startCountedBucket(): Promise<CountedBucket> {
  const server = await startChaos();
  const { endpoint, bucketName, journal } = server;
  let headMs = 0;
  const add = journal.add;
  journal.add = (entry) => {
    add(entry);
    if (entry.method === "PUT" && entry.name.includes("/heads/")) headMs = performance.now();
  };
  return {
    server,
    settings: bucketSettingsOf(server),
    address: `${endpoint}/${bucketName}/ledge`,
    variables: variablesOf(server),
    traffic() {
      const entries = journal.entries.splice(0);
      const written = entries.filter(({ method }) => method === "PUT");
      const writtenBytes = written.reduce((sum, { sent }: JournalEntry) => sum + (sent?.sizeBytes ?? 0), 0);
      return { requests: entries.length, written: written.length, writtenBytes, headMs };
    },
    rawBytes(folder = "") {
      let bytes = 0;
      for (const [name, object] of server.objects.state())
        if (name.endsWith(".gz") && name.includes(folder)) bytes += gunzipSync(object).length;
      return bytes;
    },
    stop: () => server.stop(),
  };
}
