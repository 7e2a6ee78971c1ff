import { randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { findSnapshot } from "../../../lib/backup/restore/find-snapshot.ts";
import { beginRestore, continueRestore } from "../../../lib/backup/restore/restore.ts";
import { BucketFault } from "../../../lib/bucket/bucket.ts";
import { openS3Bucket } from "../../../lib/bucket/s3.ts";
import { bytes, expectSame, fill, openQuickStore, put, tick } from "../../../testkit/backup.ts";
import { openServedBucket } from "../../../testkit/bucket.ts";
import { bucketSettingsOf } from "../../../testkit/bucket-settings.ts";
import { T0 } from "../../../testkit/proposals.ts";

const BOUNDARY = 65_536;

interface Cutter {
  readonly endpoint: string;
  /** Answers end after so many bytes of body, with the connection; undefined lets them through. */
  after: number | undefined;
}

/** Stands before a bucket and breaks connections in the middle of a body. */
async function openCutter(endpoint: string): Promise<Cutter> {
  const to = new URL(endpoint);
  const server = createServer((asked, answer) => {
    const { method, url, headers } = asked;
    const forwarded = request({ host: to.hostname, port: to.port, method, path: url, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      let left = cutter.after ?? Number.POSITIVE_INFINITY;
      got.on("data", (chunk: Buffer) => {
        answer.write(chunk.subarray(0, Math.max(0, left)), () => {
          if (left <= 0) answer.destroy();
        });
        left -= chunk.length;
      });
      got.on("end", () => answer.end());
    });
    asked.pipe(forwarded);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port }: Pick<AddressInfo, "port"> = Object(server.address());
  const cutter: Cutter = { endpoint: `http://127.0.0.1:${port}`, after: undefined };
  return cutter;
}

describe("a restore whose connection breaks", () => {
  test("at every 64 KiB of an object ends in a typed fault, and goes on from there", async () => {
    const { db: source } = openQuickStore();
    const { server, bucket } = await openServedBucket();
    fill(source);
    put(source, "noise", new Uint8Array(randomBytes(420_000)));
    await tick(source, bucket, { limits: LIMITS });
    const cutter = await openCutter(server.endpoint);
    const through = openS3Bucket(bucketSettingsOf(server, { endpoint: cutter.endpoint }), {
      attempts: 1,
      timeoutMs: 5000,
    });
    const { db } = openQuickStore();
    const found = await findSnapshot(through);
    if (!found.ok) throw new Error(found.code);
    const options = { db, bucket: through, nowMs: () => T0, randomBytes: bytes };
    await beginRestore(options, found.value, { asked: {}, restart: false });
    let cuts = 0;
    for (let after = BOUNDARY; after < 600_000; after += BOUNDARY) {
      cutter.after = after;
      const said: unknown = await continueRestore(options, { ms: 1e9, bytes: 1e12 }).catch(
        (error: unknown) => error,
      );
      if (!(said instanceof Error)) break;
      expect(said).toBeInstanceOf(BucketFault);
      expect(said).toMatchObject({ code: expect.stringMatching(/^bucket_unavailable$|^snapshot_damaged$/) });
      expect(db.all("select state from store")).toEqual([["restoring"]]);
      cuts += 1;
    }
    expect(cuts).toBeGreaterThan(4);
    cutter.after = undefined;
    if (db.all("select state from store")[0]?.[0] === "restoring")
      expect(await continueRestore(options, { ms: 1e9, bytes: 1e12 })).toMatchObject({ kind: "restored" });
    expectSame(db, source);
  });
});
