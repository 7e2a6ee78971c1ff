/** What the bucket does when it is asked and well: objects in, objects out, lists, and conditions on PUTs. */
import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Fault } from "./faults.ts";
import { type ListDialect, listDocument } from "./listing.ts";
import type { HeldObject, ObjectVersions } from "./objects.ts";
import { ChaosRefusal } from "./refusals.ts";
import type { BucketRequest } from "./request.ts";
import type { ChaosAnswer } from "./writing.ts";

/** What the server makes of If-Match and If-None-Match: `racy` judges first and writes later. */
export type Preconditions = "enforced" | "ignored" | "racy" | "refused";

interface Held {
  readonly objects: ObjectVersions;
  readonly now: Date;
  readonly preconditions: Preconditions;
  readonly lists: ListDialect;
  readonly wantsIntegrity: boolean;
}

const NOTHING = new Uint8Array(0);

/** Does what a signed request asks. Throws a Refusal with S3's code. */
export async function answerTo(
  request: BucketRequest,
  fault: Fault | undefined,
  held: Held,
): Promise<ChaosAnswer> {
  const ago = fault?.kind === "stale" ? fault.operations : 0;
  switch (request.method) {
    case "LIST":
      return list(request, held, ago);
    case "PUT":
      return put(request, fault, held);
    case "DELETE":
      held.objects.remove(request.key, held.now);
      return { status: 204, headers: {}, body: NOTHING, effect: { kind: "remove" } };
    default:
      return get(request, held.objects.find(request.key, ago));
  }
}

function list({ bucket, query }: BucketRequest, { objects, lists }: Held, ago: number): ChaosAnswer {
  const body = Buffer.from(listDocument(objects, { bucket, query, ago, dialect: lists }));
  return { status: 200, headers: { "content-type": "application/xml" }, body, effect: { kind: "none" } };
}

function get({ method }: BucketRequest, found: HeldObject | undefined): ChaosAnswer {
  if (found === undefined && method === "HEAD")
    return { status: 404, headers: {}, body: NOTHING, effect: { kind: "none" }, code: "NotFound" };
  if (found === undefined) throw new ChaosRefusal(404, "NoSuchKey");
  const headers = {
    "content-type": found.contentType,
    etag: etagOf(found.bytes),
    "last-modified": found.modified.toUTCString(),
    "accept-ranges": "bytes",
  };
  return { status: 200, headers, body: found.bytes, effect: { kind: "none" } };
}

async function put(request: BucketRequest, fault: Fault | undefined, held: Held): Promise<ChaosAnswer> {
  const { key, headers, received } = request;
  requireIntegrity(request, held);
  await requirePreconditions(request, held);
  const bytes = fault?.kind === "torn" ? received.slice(0, Math.floor(received.length / 2)) : received;
  held.objects.put(key, bytes, headers["content-type"] ?? "binary/octet-stream", held.now);
  return { status: 200, headers: { etag: etagOf(received) }, body: NOTHING, effect: { kind: "put", bytes } };
}

/** What is told of the bytes is true; with Object Lock something has to be told. */
function requireIntegrity({ headers, received }: BucketRequest, { wantsIntegrity }: Held): void {
  const told = { md5: headers["content-md5"], sha256: headers["x-amz-checksum-sha256"] };
  if (wantsIntegrity && told.md5 === undefined && told.sha256 === undefined) {
    const Message =
      "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters";
    throw new ChaosRefusal(400, "InvalidRequest", { Message });
  }
  for (const [name, digest] of Object.entries(told))
    if (digest !== undefined && digest !== createHash(name).update(received).digest("base64"))
      throw new ChaosRefusal(400, "BadDigest");
}

async function requirePreconditions({ key, headers }: BucketRequest, held: Held): Promise<void> {
  const [match, noneMatch] = [headers["if-match"], headers["if-none-match"]];
  if (match === undefined && noneMatch === undefined) return;
  if (held.preconditions === "ignored") return;
  if (held.preconditions === "refused") throw new ChaosRefusal(501, "NotImplemented");
  const found = held.objects.find(key);
  const etag = found === undefined ? undefined : etagOf(found.bytes);
  if (match !== undefined && etag !== match) throw new ChaosRefusal(412, "PreconditionFailed");
  if (noneMatch !== undefined && etag !== undefined && (noneMatch === "*" || noneMatch === etag))
    throw new ChaosRefusal(412, "PreconditionFailed");
  // Whoever else asks in this time finds the same state, and wins as well.
  if (held.preconditions === "racy") await wait(20);
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}
