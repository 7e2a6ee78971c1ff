/** The bundled bucket's objects are whole: whoever reads one while it is written sees the one before or the new one. */
import { readdirSync } from "node:fs";
import { type OutgoingHttpHeaders as Headers, request } from "node:http";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, onTestFinished, test } from "vitest";
import { type BucketServer, startBucket } from "../../programs/start/bundled-bucket.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { temporaryFolder } from "../../testkit/processes.ts";

const BYTES = 400_000;
const filled = (with_: number, length: number) => new Uint8Array(length).fill(with_);

describe("the bundled bucket", () => {
  test("shows an object that is written over whole, however often it is read meanwhile", async () => {
    const { bucket } = await openServedBucket();
    await bucket.put("heads/a.json", filled(0, BYTES));
    let writing = true;
    const writer = (async () => {
      // Each length belongs to one content.
      for (let n = 1; n <= 30; n += 1) await bucket.put("heads/a.json", filled(n, BYTES + (n % 3) * 100_000));
      writing = false;
    })();
    const torn: string[] = [];
    const read = async () => {
      while (writing) {
        const bytes = (await bucket.get("heads/a.json", 2 * BYTES)) ?? new Uint8Array(0);
        const [first = -1] = bytes;
        const whole = Buffer.compare(bytes, filled(first, BYTES + (first % 3) * 100_000)) === 0;
        if (!whole) torn.push(`${bytes.length} bytes, the first ${first}`);
      }
    };
    await Promise.all([writer, read(), read(), read()]);
    expect(torn).toEqual([]);
  });

  test("takes another port where its own is taken by then", async () => {
    const { path, remove } = temporaryFolder("taken");
    onTestFinished(remove);
    const first = await startBucket({ dir: join(path, "first") });
    const second = await startBucket({
      dir: join(path, "second"),
      port: Number(new URL(first.endpoint).port),
    });
    expect(second.endpoint).not.toBe(first.endpoint);
    expect((await fetch(second.endpoint)).status).toBe(403);
    await Promise.all([first.stop(), second.stop()]);
  });

  test("has nothing of an upload that was cut, and leaves no file of it", async () => {
    const { server, bucket, dir } = await openServedBucket();
    await bucket.put("heads/a.json", filled(1, 1000));
    await cutUpload(server, "ledge/heads/b.json");
    expect(await bucket.get("heads/b.json", BYTES)).toBe(undefined);
    expect(await bucket.list("")).toEqual(["heads/a.json"]);
    const files = readdirSync(`${dir}/objects/ledge`, { recursive: true }).map(String);
    expect(files.filter((name) => name.endsWith(".part") || name.includes("b.json"))).toEqual([]);
  });
});

/** A signed PUT whose client goes away in the middle. */
async function cutUpload(server: BucketServer, key: string): Promise<void> {
  const { endpoint, bucketName: Bucket, accessKeyId, secretAccessKey } = server;
  const handle = async ({ path, headers, body }: { path: string; headers: Headers; body: Uint8Array }) => {
    const asked = request(`${endpoint}${path}`, { method: "PUT", headers });
    const ended = new Promise((done) => asked.once("error", done));
    asked.write(body.subarray(0, body.length / 2), () =>
      setTimeout(() => asked.destroy(new Error("cut")), 200),
    );
    throw await ended;
  };
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    credentials: { accessKeyId, secretAccessKey },
    requestHandler: { handle: handle as never },
  });
  const command = new PutObjectCommand({ Bucket, Key: key, Body: filled(2, BYTES) });
  await expect(client.send(command)).rejects.toThrow("cut");
}
