/** Our client against a bucket that misbehaves: what it does again, what it gives up, and what it says. */
import { describe, expect, test } from "vitest";
import { utf8 } from "../../lib/bucket/bytes.ts";
import { openS3Bucket } from "../../lib/bucket/s3.ts";
import { bucketSettingsOf } from "../../testkit/bucket-settings.ts";
import type { Fault, FaultRule } from "../../testkit/chaos/faults.ts";
import type { ChaosServer } from "../../testkit/chaos/server.ts";
import { chaosBucket, openChaos } from "../../testkit/chaos.ts";

const ONCE = { attempts: 1, timeoutMs: 300 };
const HTML = "<html><body>Please log in</body></html>";
const page = (status: number, type: string, body: string): Fault => ({ kind: "page", status, type, body });

/** A server with one object in it. */
async function holding(bytes = utf8("x".repeat(1000)), name = "a.json") {
  const server = await openChaos();
  await chaosBucket(server).put(name, bytes);
  server.journal.entries.length = 0;
  return server;
}

const asked = ({ journal }: ChaosServer) => journal.entries.length;
const times = (count: number, fault: Fault): FaultRule => ({ fault, times: count });

describe("a request that fails for a moment", () => {
  const passing: Record<string, Fault> = {
    "an error 500": { kind: "error", status: 500, code: "InternalError" },
    "an error 503": { kind: "error", status: 503, code: "SlowDown" },
    "an error 429": { kind: "error", status: 429, code: "TooManyRequests" },
    "a cut connection": { kind: "reset" },
    "a lost answer": { kind: "lost" },
    "a page with 502": page(502, "text/html", HTML),
    "a page with 200": page(200, "text/html", HTML),
  };
  for (const [name, fault] of Object.entries(passing)) {
    test(`is made again after ${name}`, async () => {
      const server = await holding();
      const bucket = chaosBucket(server);
      server.faults.set(times(2, fault));
      expect((await bucket.get("a.json", 2000))?.length).toBe(1000);
      expect(asked(server)).toBe(3);
      server.faults.set(times(2, fault));
      expect(await bucket.list("")).toEqual(["a.json"]);
    });
  }

  test("is made again after silence, but not for ever", async () => {
    const server = await holding();
    const bucket = chaosBucket(server, {}, { attempts: 9, timeoutMs: 300, pauseMs: 2 });
    server.faults.set(times(1, { kind: "silence" }));
    expect((await bucket.get("a.json", 2000))?.length).toBe(1000);
    server.journal.entries.length = 0;
    server.faults.set({ fault: { kind: "silence" } });
    const fault = { code: "bucket_unavailable", detail: "GET a.json failed: no answer came in time" };
    await expect(bucket.get("a.json", 2000)).rejects.toMatchObject(fault);
    expect(asked(server)).toBeLessThan(4);
  });

  test("is made so often and no more", async () => {
    const server = await holding();
    server.faults.set({ fault: { kind: "error", status: 503, code: "SlowDown" } });
    const bucket = chaosBucket(server);
    await expect(bucket.get("a.json", 2000)).rejects.toMatchObject({ code: "bucket_unavailable" });
    expect(asked(server)).toBe(3);
  });

  test("is made again in the long run for half of all requests", async () => {
    const server = await holding();
    server.faults.set({ fault: { kind: "error", status: 503, code: "SlowDown" } });
    const bucket = chaosBucket(server);
    for (let n = 0; n < 20; n += 1) await bucket.list("").catch(() => {});
    // Ten in advance; nothing succeeds, so nothing is given back.
    expect(asked(server)).toBe(30);
  });

  test("is not made again where that cannot help", async () => {
    const server = await holding();
    const bucket = chaosBucket(server);
    for (const [status, code] of [
      [403, "AccessDenied"],
      [400, "InvalidArgument"],
      [501, "NotImplemented"],
    ] as const) {
      server.faults.set({ fault: { kind: "error", status, code } });
      server.journal.entries.length = 0;
      await expect(bucket.get("a.json", 2000)).rejects.toMatchObject({ name: "BucketFault" });
      expect([code, asked(server)]).toEqual([code, 1]);
    }
  });
});

describe("an answer that is not whole", () => {
  const broken: Record<string, Fault> = {
    "is cut before its announced length": { kind: "cut", length: true },
    "stalls in the middle": { kind: "stall" },
    "never begins": { kind: "silence" },
  };
  for (const [name, fault] of Object.entries(broken)) {
    test(`is a fault when it ${name}, of an object and of a list`, async () => {
      const server = await holding();
      const bucket = chaosBucket(server, {}, ONCE);
      server.faults.set({ fault });
      await expect(bucket.get("a.json", 2000)).rejects.toMatchObject({ code: "bucket_unavailable" });
      await expect(bucket.list("")).rejects.toMatchObject({ code: "bucket_unavailable" });
      await expect(bucket.folders()).rejects.toMatchObject({ code: "bucket_unavailable" });
    });
  }

  test("is a fault when a list ends in the middle and no length was announced", async () => {
    const server = await holding();
    server.faults.set({ fault: page(200, "application/xml", "<ListBucketResult><Name>ledge</Name>") });
    await expect(chaosBucket(server, {}, ONCE).list("")).rejects.toMatchObject({
      code: "bucket_unavailable",
    });
  });

  test("comes whole when it comes slowly", async () => {
    const server = await holding();
    server.faults.set({ fault: { kind: "drip", chunkBytes: 50, everyMs: 5 } });
    expect(
      (await chaosBucket(server, {}, { attempts: 1, timeoutMs: 5000 }).get("a.json", 2000))?.length,
    ).toBe(1000);
  });

  test("is refused, and no more of it fetched, when it is larger than was asked for", async () => {
    const server = await holding(new Uint8Array(3_000_000));
    const bucket = chaosBucket(server);
    await expect(bucket.get("a.json", 1000)).rejects.toMatchObject({ code: "snapshot_damaged" });
    expect(asked(server)).toBe(1);
    expect((await bucket.get("a.json", 3_000_000))?.length).toBe(3_000_000);
  });
});

describe("an answer that is not a bucket's", () => {
  const pages: Record<string, Fault> = {
    "a page with 200": page(200, "text/html; charset=utf-8", HTML),
    "XML of something else": page(200, "application/xml", "<?xml version='1.0'?><Login/>"),
    "a page with 404": page(404, "text/html", HTML),
    "an empty 404": page(404, "text/plain", ""),
    "a page with 403": page(403, "text/html", HTML),
    "broken XML with 500": page(500, "application/xml", "<Oops"),
  };
  for (const [name, fault] of Object.entries(pages)) {
    test(`is a fault and neither an object, an absence nor a list: ${name}`, async () => {
      const server = await holding();
      const bucket = chaosBucket(server, {}, ONCE);
      server.faults.set({ fault });
      await expect(bucket.get("a.json", 2000)).rejects.toMatchObject({ code: "bucket_unavailable" });
      await expect(bucket.list("")).rejects.toMatchObject({ code: "bucket_unavailable" });
    });
  }
});

describe("the words of a fault", () => {
  const detailOf = async (work: Promise<unknown>): Promise<string> => {
    const [error] = await Promise.all([
      work.then(
        () => undefined,
        (caught: unknown) => caught,
      ),
    ]);
    expect(error).toMatchObject({ name: "BucketFault" });
    return JSON.stringify([String(error), error]);
  };

  test("name the clock, when the bucket does not show its own", async () => {
    const server = await holding();
    server.clockSkewMs = 3_600_000;
    server.showsDate = false;
    const detail = await detailOf(chaosBucket(server).list(""));
    expect(detail).toContain("bucket_denied");
    expect(detail).toContain("the clock of this machine and the bucket's differ (RequestTimeTooSkewed)");
  });

  test("are not needed when the bucket shows its clock: requests are signed by that", async () => {
    for (const hours of [-1, 1, 24 * 365]) {
      const server = await holding();
      server.clockSkewMs = hours * 3_600_000;
      expect(await chaosBucket(server).list("")).toEqual(["a.json"]);
    }
  });

  test("name another region, and the one that the bucket names", async () => {
    const server = await holding();
    const detail = await detailOf(chaosBucket(server, { region: "eu-west-1" }).list(""));
    expect(detail).toContain("bucket_denied");
    expect(detail).toContain("not in region eu-west-1; the bucket names us-east-1");
  });

  test("name the region that only the header of a 301 has, with a body and without", async () => {
    const headers = { "x-amz-bucket-region": "ap-south-7" };
    const moved =
      "<Error><Code>PermanentRedirect</Code><Message>Look elsewhere.</Message><Bucket>ledge</Bucket></Error>";
    for (const body of [moved, ""]) {
      const server = await holding();
      server.faults.set({ fault: { kind: "page", status: 301, type: "application/xml", body, headers } });
      const detail = await detailOf(chaosBucket(server).get("a.json", 2000));
      expect(detail).toContain("bucket_denied");
      expect(detail).toContain("the bucket names ap-south-7");
    }
  });

  test("name the right that is missing, where the credentials are good", async () => {
    const server = await holding();
    const bucket = chaosBucket(server);
    server.faults.set({ fault: { kind: "error", status: 403, code: "AccessDenied" } });
    const list = await detailOf(bucket.list(""));
    expect(list).toContain("does not allow LIST to these credentials (they need s3:ListBucket)");
    expect(list).not.toContain("does not accept these credentials");
    expect(await detailOf(bucket.put("a.json", utf8("x")))).toContain("s3:PutObject");
    expect(await detailOf(bucket.remove("a.json"))).toContain("s3:DeleteObject");
    server.faults.set({ fault: { kind: "error", status: 403, code: "InvalidAccessKeyId" } });
    expect(await detailOf(bucket.list(""))).toContain("does not accept these credentials");
  });

  test("name a bucket that is not there", async () => {
    const server = await holding();
    const detail = await detailOf(chaosBucket(server, { bucketName: "other" }).get("a.json", 10));
    expect(detail).toContain("bucket_denied");
    expect(detail).toContain("there is no bucket named other (NoSuchBucket)");
  });

  test("name what the socket said, where nobody answers", async () => {
    const server = await holding();
    const detail = await detailOf(chaosBucket(server, { endpoint: "http://127.0.0.1:1" }, ONCE).list(""));
    expect(detail).toContain("bucket_unavailable");
    expect(detail).toContain("ECONNREFUSED");
  });

  test("carry nothing secret, whatever fails", async () => {
    const access = {
      accessKeyId: "AKIASHOWNTONOBODY",
      secretAccessKey: "SECRET-SHOWN-TO-NOBODY",
      sessionToken: "TOKEN-SHOWN-TO-NOBODY",
    };
    const server = await openChaos({ access });
    const wrongs = [
      { accessKeyId: "AKIAOTHER" },
      { secretAccessKey: "OTHER-SHOWN-TO-NOBODY" },
      { sessionToken: "OTHER-SHOWN-TO-NOBODY" },
    ];
    for (const wrong of wrongs) {
      const detail = await detailOf(chaosBucket(server, wrong).put("a.json", utf8("x")));
      expect(detail).toContain("bucket_denied");
      expect(detail).not.toMatch(/SHOWN-?TO-?NOBODY|AKIA/);
    }
    const echo = `<Error><Code>${access.secretAccessKey} echoed</Code><Message>${access.sessionToken}</Message></Error>`;
    server.faults.set({ fault: page(403, "application/xml", echo) });
    expect(await detailOf(chaosBucket(server).list(""))).not.toMatch(/SHOWN-?TO-?NOBODY|AKIA/);
  });

  test("end when the keys are rotated on both sides", async () => {
    const server = await holding();
    const before = openS3Bucket(bucketSettingsOf(server));
    server.access = { accessKeyId: "ROTATED", secretAccessKey: "r".repeat(40) };
    await expect(before.list("")).rejects.toMatchObject({ code: "bucket_denied" });
    expect(await chaosBucket(server).list("")).toEqual(["a.json"]);
  });
});
