/**
 * A bucket over S3, with the AWS SDK. Promise: plain signed single PUTs with Content-Length, no checksum
 * headers and no conditional requests, so that Ceph, MinIO and the small providers all work; a few retries
 * with jitter, then a fault that says whether the bucket was silent or refused. Only the export component
 * and Node programs import this file: the SDK is megabytes.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import type { BucketSettings } from "../wire/bucket-settings.ts";
import { type Bucket, BucketFault, damaged } from "./bucket.ts";
import { sha256Hex, utf8 } from "./bytes.ts";

export interface S3BucketOptions {
  readonly attempts?: number;
  /** Gives up on a request after this long. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const DENIED = new Set([
  "AccessDenied",
  "AllAccessDisabled",
  "AuthorizationHeaderMalformed",
  "CredentialsProviderError",
  "ExpiredToken",
  "Forbidden",
  "InvalidAccessKeyId",
  "InvalidToken",
  "NoSuchBucket",
  "PermanentRedirect",
  "SignatureDoesNotMatch",
]);

/** Opens the bucket; asks it nothing yet. */
export function openS3Bucket(settings: BucketSettings, options: S3BucketOptions = {}): Bucket {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const client = openClient(settings, options.attempts ?? 3);
  const Bucket = settings.bucketName;
  const root = settings.prefix === "" ? "" : `${settings.prefix}/`;
  const abort = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });
  return {
    async put(name, bytes) {
      const command = new PutObjectCommand({
        Bucket,
        Key: root + name,
        Body: bytes,
        ContentLength: bytes.length,
        ContentType: name.endsWith(".json") ? "application/json" : "application/gzip",
      });
      await asking(`PUT ${name}`, name, () => client.send(command, abort()));
    },
    async get(name, maxBytes) {
      return asking(`GET ${name}`, name, async () => {
        try {
          const { Body, ContentLength } = await client.send(
            new GetObjectCommand({ Bucket, Key: root + name }),
            abort(),
          );
          if ((ContentLength ?? 0) > maxBytes) throw damaged(name, `it is larger than ${maxBytes} bytes`);
          const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
          if (bytes.length > maxBytes) throw damaged(name, `it is larger than ${maxBytes} bytes`);
          return bytes;
        } catch (error) {
          if (nameOf(error) === "NoSuchKey" || nameOf(error) === "NotFound") return undefined;
          throw error;
        }
      });
    },
    async list(prefix, after) {
      const page = await asking(`LIST ${prefix}`, prefix, () =>
        client.send(
          new ListObjectsV2Command({
            Bucket,
            Prefix: root + prefix,
            ...(after === undefined ? {} : { StartAfter: root + after }),
          }),
          abort(),
        ),
      );
      const names: string[] = [];
      for (const { Key } of page.Contents ?? [])
        if (Key?.startsWith(root)) names.push(Key.slice(root.length));
      return { names, more: page.IsTruncated ?? false };
    },
    async remove(name) {
      const command = new DeleteObjectCommand({ Bucket, Key: root + name });
      await asking(`DELETE ${name}`, name, () => client.send(command, abort()));
    },
    async folders() {
      const names: string[] = [];
      for (let token: string | undefined; ; ) {
        const page = await asking("LIST of the prefix", root, () =>
          client.send(
            new ListObjectsV2Command({
              Bucket,
              Prefix: root,
              Delimiter: "/",
              ...(token === undefined ? {} : { ContinuationToken: token }),
            }),
            abort(),
          ),
        );
        for (const { Prefix } of page.CommonPrefixes ?? []) {
          if (Prefix !== undefined) names.push(Prefix.slice(root.length, -1));
        }
        token = page.NextContinuationToken;
        if (!page.IsTruncated || token === undefined) return names;
      }
    },
  };
}

/** What the catalogue knows a bucket by: a digest, so that no address or key stands in the store. */
export function targetOf({ endpoint, bucketName, prefix }: BucketSettings): Promise<string> {
  return sha256Hex(utf8(JSON.stringify([endpoint, bucketName, prefix])));
}

/**
 * The client. A bucket itself is asked for as `/name`, not `/name/` as the SDK has it: both mean the same, and
 * small servers (the bundled one among them) check the signature of the first only.
 */
function openClient(settings: BucketSettings, maxAttempts: number): S3Client {
  const client = new S3Client(clientConfig(settings, maxAttempts));
  client.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (hasPath(request) && /^\/[^/]+\/$/.test(request.path)) request.path = request.path.slice(0, -1);
      return next(args);
    },
    { step: "build", name: "bucketWithoutSlash" },
  );
  return client;
}

function hasPath(request: unknown): request is { path: string } {
  return (
    typeof request === "object" && request !== null && "path" in request && typeof request.path === "string"
  );
}

function clientConfig(settings: BucketSettings, maxAttempts: number): S3ClientConfig {
  const { endpoint, region, pathStyle, accessKeyId, secretAccessKey, sessionToken } = settings;
  return {
    endpoint,
    region,
    forcePathStyle: pathStyle,
    maxAttempts,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  };
}

async function asking<T>(what: string, object: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw faultOf(what, object, error);
  }
}

/** Only the error's name and status are kept: message and cause repeat what was sent, credentials included. */
function faultOf(what: string, object: string, error: unknown): BucketFault {
  if (error instanceof BucketFault) return error;
  const name = nameOf(error);
  const status = statusOf(error);
  if (DENIED.has(name) || status === 401 || status === 403) {
    return new BucketFault("bucket_denied", object, `${what} was refused: ${name}`);
  }
  const shown = status === undefined ? name : `${name}, status ${status}`;
  return new BucketFault("bucket_unavailable", object, `${what} failed: ${shown}`);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
