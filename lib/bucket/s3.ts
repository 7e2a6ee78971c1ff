/**
 * A bucket over S3, with the AWS SDK. Promise: plain signed single PUTs with Content-Length, no checksum
 * headers unless they are set and no conditional requests, so that Ceph, MinIO and the small providers all work; no request hangs,
 * and no answer counts that is cut or not a bucket's; a few retries with jitter, then a fault that says whether
 * the bucket was silent or refused. Only the export component and Node programs import this file: the SDK is
 * megabytes.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { addressBucket } from "./address.ts";
import { watchAnswer } from "./answer.ts";
import { type Bucket, damaged } from "./bucket.ts";
import { sha256Hex, utf8 } from "./bytes.ts";
import { faultOf, saysAbsent } from "./failure.ts";
import { integrityOf } from "./integrity.ts";
import { collectNames, type NamesPage } from "./pages.ts";
import { openRetries } from "./retry.ts";
import type { BucketSettings } from "./settings.ts";
import { signByHash } from "./signed-hash.ts";

export interface S3BucketOptions {
  readonly attempts?: number;
  /** Gives up on an attempt after so long a silence; a body has time for its size besides. */
  readonly timeoutMs?: number;
  /** Before an attempt that is not the first: at first up to so long. */
  readonly pauseMs?: number;
}

const TIMEOUT_MS = 30_000;
const PAUSE_MS = 400;

/** Opens the bucket; asks it nothing yet. */
export function openS3Bucket(settings: BucketSettings, options: S3BucketOptions = {}): Bucket {
  const { attempts = 3, timeoutMs = TIMEOUT_MS, pauseMs = PAUSE_MS } = options;
  const client = openClient(settings);
  const retries = openRetries({ attempts, timeoutMs, pauseMs });
  const Bucket = settings.bucketName;
  const root = settings.prefix === "" ? "" : `${settings.prefix}/`;
  const asking = async <T>(what: string, about: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await retries.run(ask);
    } catch (error) {
      throw faultOf(what, about, error, settings);
    }
  };
  /** Names and common prefixes. */
  const listed = (what: string, object: string, input: Omit<ListObjectsV2CommandInput, "Bucket">) =>
    collectNames(
      async (token) => {
        const page = await asking(what, object, () => {
          const from = token === undefined ? {} : { ContinuationToken: token };
          const command = new ListObjectsV2Command({ Bucket, ...input, ...from });
          return client.send(command, watchAnswer(command, { timeoutMs, isList: true }));
        });
        return pageOf(page);
      },
      { what, object },
    );
  return {
    async put(name, bytes, sha256) {
      const known = sha256 ?? (await sha256Hex(new Uint8Array(bytes)));
      const integrity = integrityOf(bytes, known, settings.integrity);
      await asking(`PUT ${name}`, name, () => {
        const command = new PutObjectCommand({
          Bucket,
          Key: root + name,
          Body: bytes,
          ContentLength: bytes.length,
          ...integrity,
          ContentType: name.endsWith(".json") ? "application/json" : "application/gzip",
        });
        signByHash(command, known);
        return client.send(command, watchAnswer(command, { timeoutMs, sentBytes: bytes.length }));
      });
    },
    async get(name, maxBytes) {
      const body = await asking(`GET ${name}`, name, async () => {
        const command = new GetObjectCommand({ Bucket, Key: root + name });
        const answer = watchAnswer(command, { timeoutMs, maxBytes });
        try {
          await client.send(command, answer);
        } catch (error) {
          if (saysAbsent(error)) return "absent";
          throw error;
        }
        return answer.body();
      });
      if (body === "absent") return undefined;
      if (body === undefined) throw damaged(name, `it is larger than ${maxBytes} bytes`);
      return body;
    },
    async list(prefix) {
      const keys = await listed(`LIST ${prefix}`, prefix, { Prefix: root + prefix });
      return keys.filter((key) => key.startsWith(root + prefix)).map((key) => key.slice(root.length));
    },
    async remove(name) {
      await asking(`DELETE ${name}`, name, () => {
        const command = new DeleteObjectCommand({ Bucket, Key: root + name });
        return client.send(command, watchAnswer(command, { timeoutMs }));
      });
    },
    async folders() {
      const keys = await listed("LIST of the prefix", root, { Prefix: root, Delimiter: "/" });
      const folders = keys.filter((key) => key.startsWith(root) && key.endsWith("/"));
      return folders.map((key) => key.slice(root.length, -1));
    },
  };
}

function pageOf(page: ListObjectsV2CommandOutput): NamesPage {
  const keys = (page.Contents ?? []).flatMap(({ Key }) => Key ?? []);
  const prefixes = (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []);
  const { IsTruncated: more = false, NextContinuationToken: token } = page;
  return { names: [...keys, ...prefixes], more, token };
}

/** What the catalogue knows a bucket by: a digest, so that no address or key stands in the store. */
export function targetOf({ endpoint, bucketName, prefix }: BucketSettings): Promise<string> {
  return sha256Hex(utf8(JSON.stringify([endpoint, bucketName, prefix])));
}

/** The SDK asks once; asking again is s3-retry.ts's, which counts bodies that break off as well. */
function openClient(settings: BucketSettings): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey, sessionToken } = settings;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    maxAttempts: 1,
    expectContinueHeader: false,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
  addressBucket(client, settings);
  return client;
}
