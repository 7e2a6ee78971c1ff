/**
 * The bundled bucket: a real S3 server over a folder, on loopback, for the first run, the tests and small
 * servers. Promise: only who can read the folder can use it: its credentials are random, kept beside the
 * objects with mode 600, and unsigned requests are refused. It is as durable as the folder, no more.
 */

import crypto, { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import S3rver from "@20minutes/s3rver";
import accounts from "@20minutes/s3rver/lib/models/account.js";
import * as z from "zod/mini";
import { keepObjectsWhole } from "./whole-objects.ts";

export interface BucketServer {
  /** `http://127.0.0.1:<port>`. */
  readonly endpoint: string;
  readonly bucketName: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
}

export const BUCKET_NAME = "ledge";
const CREDENTIALS_FILE = "credentials.json";

const Credentials = z.strictObject({
  accessKeyId: z.string().check(z.regex(/^[A-Z0-9]{20}$/)),
  secretAccessKey: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});
type Credentials = z.infer<typeof Credentials>;

/**
 * The server makes its continuation tokens with DES, which OpenSSL 3 no longer has: a list of more than 1,000
 * names was an error 500. Triple DES with one key three times is the same cipher.
 */
const { createCipheriv, createDecipheriv } = crypto;
const thrice = (key: Buffer) => Buffer.concat([key, key, key]);
Object.assign(crypto, {
  createCipheriv: (name: string, key: Buffer, iv: Buffer) =>
    name === "des" ? createCipheriv("des-ede3-cbc", thrice(key), iv) : createCipheriv(name, key, iv),
  createDecipheriv: (name: string, key: Buffer, iv: Buffer) =>
    name === "des" ? createDecipheriv("des-ede3-cbc", thrice(key), iv) : createDecipheriv(name, key, iv),
});

/**
 * Serves `dir` as a bucket; makes folder and credentials when they are missing. A port that somebody else has, and port 0,
 * give a free one.
 */
export async function startBucket({ dir, port = 0 }: { dir: string; port?: number }): Promise<BucketServer> {
  const objects = join(dir, "objects");
  await mkdir(objects, { recursive: true });
  const credentials = await readCredentials(dir);
  accounts.DUMMY_ACCOUNT.revokeAccessKey("S3RVER");
  accounts.DUMMY_ACCOUNT.createKeyPair(credentials.accessKeyId, credentials.secretAccessKey);
  const server = new S3rver({
    address: "127.0.0.1",
    port,
    silent: true,
    directory: objects,
    vhostBuckets: false,
    configureBuckets: [{ name: BUCKET_NAME }],
  });
  keepObjectsWhole(server.store);
  // Without this, a request that carries no signature at all passes.
  server.middleware.unshift(async (context, next) => {
    if (context.headers.authorization === undefined) context.status = 403;
    else await next();
  });
  await server.configureBuckets();
  const http = await listenOn(server, port);
  const address = http.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === "object" ? address?.port : port}`,
    bucketName: BUCKET_NAME,
    ...credentials,
    async stop() {
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await closed;
    },
  };
}

/** The server's own `run` ends the process where a port is taken. Rejects with Node's other errors. */
function listenOn(server: S3rver, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const http = server.listen(port, "127.0.0.1", () => resolve(http));
    http.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" && port !== 0) listenOn(server, 0).then(resolve, reject);
      else reject(error);
    });
  });
}

/** Reads the credentials of a bucket folder, or makes them; two starts at once end with the same pair. */
async function readCredentials(dir: string): Promise<Credentials> {
  const file = join(dir, CREDENTIALS_FILE);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text !== undefined) return Credentials.parse(JSON.parse(text));
  const credentials = {
    accessKeyId: randomBytes(20).toString("hex").toUpperCase().slice(0, 20),
    secretAccessKey: randomBytes(32).toString("hex"),
  };
  const temporary = `${file}.${process.pid}`;
  const handle = await open(temporary, "wx", 0o600);
  await handle.writeFile(`${JSON.stringify(credentials)}\n`);
  await handle.sync();
  await handle.close();
  await rename(temporary, file);
  return credentials;
}
