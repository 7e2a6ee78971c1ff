/**
 * A request to the bucket, read from Node's: which object or list, in path style or virtual-host style.
 * Refuses what S3 would and what no client of ours may send, by S3's codes.
 */
import type { IncomingMessage } from "node:http";
import type { ChaosMethod } from "./faults.ts";
import { ChaosRefusal } from "./refusals.ts";

export interface BucketRequest {
  readonly method: ChaosMethod;
  /** As it came: GET, PUT … */
  readonly verb: string;
  /** As it came, escaped. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly bucket: string;
  /** The object's name; empty for the bucket itself. */
  readonly key: string;
  /** Undefined when the connection ended before it was whole. */
  readonly body: Uint8Array | undefined;
  /** What had come until then, or all of it. */
  readonly received: Uint8Array;
}

/** Reads the whole request. `bucketName` tells a virtual host from a plain one. */
export async function readRequest(message: IncomingMessage, bucketName: string): Promise<BucketRequest> {
  const [path = "/", search = ""] = (message.url ?? "/").split("?");
  const query = Object.fromEntries(new URLSearchParams(search));
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, String(value)]),
  );
  const { body, received } = await readBody(message);
  const verb = message.method ?? "";
  const { bucket, key } = addressed(path, headers.host ?? "", bucketName);
  return { method: methodOf(verb, key), verb, path, query, headers, bucket, key, body, received };
}

function addressed(path: string, host: string, bucketName: string): { bucket: string; key: string } {
  const plain = decodeURIComponent(path.slice(1));
  if (host.startsWith(`${bucketName}.`)) return { bucket: bucketName, key: plain };
  const slash = plain.indexOf("/");
  return slash < 0
    ? { bucket: plain, key: "" }
    : { bucket: plain.slice(0, slash), key: plain.slice(slash + 1) };
}

function methodOf(verb: string, key: string): ChaosMethod {
  if (verb === "GET") return key === "" ? "LIST" : "GET";
  return key !== "" && (verb === "PUT" || verb === "HEAD" || verb === "DELETE") ? verb : "OTHER";
}

async function readBody(message: IncomingMessage): Promise<Pick<BucketRequest, "body" | "received">> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk);
  } catch {
    // The client is gone; what came of its body still counts, for torn objects.
    return { body: undefined, received: new Uint8Array(Buffer.concat(chunks)) };
  }
  const received = new Uint8Array(Buffer.concat(chunks));
  return { body: message.complete ? received : undefined, received };
}

/** Throws what the strictest of the real servers would. One that wants a checksum takes that, and nothing else beside it. */
export function requirePlain({ method, headers }: BucketRequest, wantsIntegrity: boolean): void {
  if (method === "OTHER") throw new ChaosRefusal(405, "MethodNotAllowed");
  if (method !== "PUT") return;
  if (headers["content-length"] === undefined) throw new ChaosRefusal(411, "MissingContentLength");
  if (headers["content-encoding"]?.includes("aws-chunked") === true)
    throw new ChaosRefusal(501, "NotImplemented");
  if (headers["x-amz-content-sha256"]?.startsWith("STREAMING-") === true)
    throw new ChaosRefusal(501, "NotImplemented");
  const more = Object.keys(headers).filter((name) => /^x-amz-(checksum|sdk-checksum|trailer)/.test(name));
  if (more.some((name) => !wantsIntegrity || name !== "x-amz-checksum-sha256"))
    throw new ChaosRefusal(400, "InvalidRequest");
}
