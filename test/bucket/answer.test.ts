/** Bodies as each engine gives them, below HTTP, where nobody else counts their bytes. */
import { Readable } from "node:stream";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { watchAnswer } from "../../lib/bucket/answer.ts";
import { ACCESS } from "../../testkit/chaos/server.ts";

interface Given {
  readonly statusCode?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

function clientGiven({ statusCode = 200, headers = {}, body }: Given): S3Client {
  const handle = async () => ({ response: { statusCode, headers, body, reason: "" } });
  const credentials = { accessKeyId: ACCESS.accessKeyId, secretAccessKey: ACCESS.secretAccessKey };
  return new S3Client({ region: "us-east-1", credentials, maxAttempts: 1, requestHandler: { handle } });
}

/** A body that stops is waited for this long; one that comes has a minute, however slow the machine is. */
const SHORT_MS = 200;

async function get(
  given: Given,
  { maxBytes = 100, timeoutMs = 60_000 } = {},
): Promise<Uint8Array | undefined> {
  const command = new GetObjectCommand({ Bucket: "b", Key: "k" });
  const watched = watchAnswer(command, { timeoutMs, maxBytes });
  await clientGiven(given).send(command, watched);
  return watched.body();
}

const chunk = new Uint8Array(5);
/** The same body as Node and as the web gives it. */
const bodies: Record<string, (...chunks: Uint8Array[]) => unknown> = {
  "Node's": (...chunks) => Readable.from(chunks),
  "the web's": (...chunks) => ReadableStream.from(chunks),
};

describe.each(Object.entries(bodies))("a body of %s kind", (_name, bodyOf) => {
  test("is read to its end", async () => {
    expect(await get({ body: bodyOf(chunk, chunk) })).toEqual(new Uint8Array(10));
    expect(await get({ body: bodyOf(chunk), headers: { "Content-Length": "5" } })).toEqual(chunk);
    expect(await get({ body: bodyOf() })).toEqual(new Uint8Array(0));
  });

  test("is refused when it is shorter than was announced", async () => {
    const short = { body: bodyOf(chunk), headers: { "content-length": "6" } };
    await expect(get(short)).rejects.toMatchObject({ message: "the body has 5 of 6 bytes", retryable: true });
  });

  test("is no body when it is larger than was asked for, announced or not", async () => {
    expect(await get({ body: bodyOf(chunk, chunk) }, { maxBytes: 9 })).toBe(undefined);
    expect(await get({ body: bodyOf(chunk, chunk) }, { maxBytes: 10 })).toEqual(new Uint8Array(10));
    expect(await get({ body: bodyOf(chunk), headers: { "content-length": "101" } })).toBe(undefined);
  });
});

describe("a body that stops", () => {
  test("is given up, and Node's is let go of", async () => {
    const body = new Readable({ read() {} });
    body.push(chunk);
    await expect(get({ body }, { timeoutMs: SHORT_MS })).rejects.toMatchObject({
      message: "the body stopped before its end",
    });
    expect(body.destroyed).toBe(true);
  });

  test("is given up in the web's kind as well, of a list and of an error too", async () => {
    const stalled = () => new ReadableStream({ start: (controller) => controller.enqueue(chunk) });
    const fault = { message: "the body stopped before its end" };
    await expect(get({ body: stalled() }, { timeoutMs: SHORT_MS })).rejects.toMatchObject(fault);
    await expect(get({ body: stalled(), statusCode: 500 }, { timeoutMs: SHORT_MS })).rejects.toMatchObject(
      fault,
    );
    const list = new ListObjectsV2Command({ Bucket: "b" });
    const watched = watchAnswer(list, { timeoutMs: SHORT_MS, isList: true });
    await expect(clientGiven({ body: stalled() }).send(list, watched)).rejects.toMatchObject(fault);
  });
});
