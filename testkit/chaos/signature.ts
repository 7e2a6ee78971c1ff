/**
 * Who is asking: a request's SigV4 signature, made again with the SDK's own signing package and compared.
 * Promise: every part that S3 judges is judged, with S3's codes: presence, key, region, clock, token, body.
 */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { ChaosRefusal } from "./refusals.ts";
import type { BucketRequest } from "./request.ts";

export interface Access {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Judge {
  readonly access: Access;
  readonly region: string;
  /** The server's clock. */
  readonly nowMs: number;
}

const SKEW_MS = 900_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/** Throws a Refusal unless the request is signed as it must be. */
export async function requireSigned(request: BucketRequest, { access, region, nowMs }: Judge): Promise<void> {
  const { headers } = request;
  if (headers.authorization === undefined) throw new ChaosRefusal(403, "AccessDenied");
  const [, keyId, , signedRegion, names = ""] = AUTHORIZATION.exec(headers.authorization) ?? [];
  if (keyId === undefined) throw new ChaosRefusal(400, "AuthorizationHeaderMalformed");
  if (keyId !== access.accessKeyId) throw new ChaosRefusal(403, "InvalidAccessKeyId");
  if (headers["x-amz-security-token"] !== access.sessionToken) throw new ChaosRefusal(400, "InvalidToken");
  if (signedRegion !== region)
    throw new ChaosRefusal(400, "AuthorizationHeaderMalformed", { Region: region });
  const signedMs = parseAmzDate(headers["x-amz-date"]);
  if (!(Math.abs(signedMs - nowMs) <= SKEW_MS)) throw new ChaosRefusal(403, "RequestTimeTooSkewed");
  const signed = names.split(";");
  if (!signed.includes("host") || !Object.keys(headers).every((name) => mayStayUnsigned(name, signed)))
    throw new ChaosRefusal(403, "AccessDenied");
  const expected = await signAgain(request, signed, { access, region, signedMs });
  if (expected !== headers.authorization) throw new ChaosRefusal(403, "SignatureDoesNotMatch");
  requireBodyHash(request);
}

/** S3 refuses `x-amz-` headers that stand outside the signature. */
function mayStayUnsigned(name: string, signed: readonly string[]): boolean {
  return !name.startsWith("x-amz-") || signed.includes(name);
}

function requireBodyHash({ headers, received, body }: BucketRequest): void {
  const claimed = headers["x-amz-content-sha256"];
  if (claimed === undefined) throw new ChaosRefusal(400, "InvalidRequest");
  if (claimed === "UNSIGNED-PAYLOAD" || body === undefined) return;
  if (createHash("sha256").update(received).digest("hex") !== claimed)
    throw new ChaosRefusal(400, "XAmzContentSHA256Mismatch");
}

async function signAgain(
  { verb, path, query, headers, received }: BucketRequest,
  signed: readonly string[],
  { access, region, signedMs }: { access: Access; region: string; signedMs: number },
): Promise<string | undefined> {
  const signer = new SignatureV4({
    service: "s3",
    region,
    credentials: access,
    sha256: NodeSha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const kept = signed.map((name) => [name, headers[name] ?? ""]);
  const { headers: made } = await signer.sign(
    {
      method: verb,
      protocol: "http:",
      hostname: headers.host ?? "",
      path,
      query: { ...query },
      headers: Object.fromEntries(kept),
      body: received,
    },
    { signingDate: new Date(signedMs), signableHeaders: new Set(signed) },
  );
  return made.authorization;
}

/** The headers of a request that is signed as a client would; for tests of the server itself. */
export async function signedHeaders(
  { endpoint, access, region }: { endpoint: string; access: Access; region: string },
  {
    method,
    path,
    headers,
    body,
  }: { method: string; path: string; headers: Record<string, string>; body: string },
): Promise<Record<string, string>> {
  const { host } = new URL(endpoint);
  const signer = new SignatureV4({
    service: "s3",
    region,
    credentials: access,
    sha256: NodeSha256,
    uriEscapePath: false,
  });
  const request = {
    method,
    protocol: "http:",
    hostname: host,
    path,
    query: {},
    headers: { ...headers, host },
    body,
  };
  const { host: _made, ...signed } = (await signer.sign(request)).headers;
  return signed;
}

/** `20261125T100318Z`; NaN for anything else. */
function parseAmzDate(text = ""): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hours, minutes, seconds] = match;
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
}

/** The hash that the signer asks for, over Node's. */
class NodeSha256 {
  private hash: Hash | Hmac;
  private readonly secret: Parameters<typeof createHmac>[1] | undefined;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.secret = secret === undefined || typeof secret === "string" ? secret : Buffer.from(viewOf(secret));
    this.hash = this.fresh();
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(typeof data === "string" ? data : viewOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.hash.digest());
  }
  reset(): void {
    this.hash = this.fresh();
  }
  private fresh(): Hash | Hmac {
    return this.secret === undefined ? createHash("sha256") : createHmac("sha256", this.secret);
  }
}

function viewOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
