/**
 * What went wrong with a request to a bucket: whether asking again can help, and the sentence for people.
 * Promise: only names, statuses and what the settings say besides secrets get into it; an error's message and
 * cause repeat what was sent, credentials included, and are dropped.
 */
import { BucketFault } from "./bucket.ts";
import type { Integrity } from "./integrity.ts";

/** An answer that broke off, did not come in time, or did not come from a bucket. */
export class BrokenAnswer extends Error {
  readonly retryable: boolean;
  /** Where the bucket lies, as far as the answer's head says it. */
  readonly region: string | undefined;
  constructor(message: string, options: { retryable: boolean; region?: string | undefined }) {
    super(message);
    this.name = "BrokenAnswer";
    this.retryable = options.retryable;
    this.region = options.region;
  }
}

/** In the head of answers that send a client to another region. */
const REGION_HEADER = "x-amz-bucket-region";

/** What of the settings a sentence may say. */
export interface BucketPlace {
  readonly bucketName: string;
  readonly region: string;
  readonly integrity: Integrity;
}

/** All that a guest's fetch says of a server that it does not reach. */
const GUEST_WORD = "TypeError";
/** Node's words for a certificate that it does not take. */
const UNTRUSTED = /CERT|ALTNAME/;
export const NO_ANSWER = "no answer came in time";
const ABSENT = "NoSuchKey";
const SKEWED = new Set(["RequestTimeTooSkewed", "RequestExpired"]);
const ELSEWHERE = new Set([
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
  "PermanentRedirect",
  "TemporaryRedirect",
]);
/** What a bucket's policy calls each request. */
const RIGHTS: ReadonlyMap<string, string> = new Map([
  ["LIST", "s3:ListBucket"],
  ["GET", "s3:GetObject, and s3:ListBucket to learn that an object is absent"],
  ["PUT", "s3:PutObject"],
  ["DELETE", "s3:DeleteObject"],
]);
const DENIED = new Set([
  "AccessDenied",
  "AccountProblem",
  "AllAccessDisabled",
  "CredentialsProviderError",
  "ExpiredToken",
  "Forbidden",
  "InvalidAccessKeyId",
  "InvalidToken",
  "SignatureDoesNotMatch",
]);
const PASSING = new Set([
  "BadDigest",
  "InternalError",
  "OperationAborted",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
]);

/** The bucket itself says that there is no such object; any other 404 is somebody else's. */
export function saysAbsent(error: unknown): boolean {
  return nameOf(error) === ABSENT;
}

/** True where the same request may well succeed a moment later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof BucketFault) return false;
  if (error instanceof BrokenAnswer) return error.retryable;
  // The SDK has seen the bucket's clock, and signs by that from now on.
  if (metadataOf(error).clockSkewCorrected === true) return true;
  const status = statusOf(error);
  if (status === undefined) return !DENIED.has(nameOf(error)) && !UNTRUSTED.test(networkWord(error));
  return status >= 500 ? status !== 501 : status === 408 || status === 429 || PASSING.has(nameOf(error));
}

/** The fault for status and people. `what` is the request, `object` what it was about. */
export function faultOf(what: string, object: string, error: unknown, place: BucketPlace): BucketFault {
  if (error instanceof BucketFault) return error;
  if (error instanceof BrokenAnswer) {
    if (error.region !== undefined)
      return new BucketFault(
        "bucket_denied",
        object,
        `${what} was refused: ${elsewhere(place, error.region)}`,
      );
    return new BucketFault("bucket_unavailable", object, `${what} failed: ${error.message}`);
  }
  const name = nameOf(error);
  const status = statusOf(error);
  const reason = denialOf(what, error, place) ?? integrityDenial(error, place);
  if (reason !== undefined || status === 401 || status === 403) {
    const why = reason === undefined ? name : `${reason} (${name})`;
    return new BucketFault("bucket_denied", object, `${what} was refused: ${why}`);
  }
  const shown = status === undefined ? networkWord(error) : `${name}, status ${status}`;
  return new BucketFault("bucket_unavailable", object, `${what} failed: ${shown}`);
}

/** A bucket that wants a checksum, or not this one. Its message alone tells: the codes are those of other faults. */
function integrityDenial(error: unknown, { integrity }: BucketPlace): string | undefined {
  const status = statusOf(error);
  const isAbout = error instanceof Error && /content-?md5|checksum/i.test(`${error.name} ${error.message}`);
  if (!isAbout || (status !== 400 && status !== 411 && status !== 501)) return undefined;
  return integrity === "none"
    ? "the bucket wants a checksum with each object: set bucket_integrity to md5 or sha256"
    : `the bucket does not take bucket_integrity ${integrity}`;
}

function elsewhere({ region }: BucketPlace, other: string | undefined): string {
  const where =
    other === undefined
      ? ""
      : `; the bucket names ${other}: set bucket_region, and an endpoint of that region`;
  return `the bucket is not in region ${region}${where}`;
}

/** A 301 says it in its head alone. */
function regionOfHeaders(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("$response" in error)) return undefined;
  const { $response: response } = error;
  if (typeof response !== "object" || response === null || !("headers" in response)) return undefined;
  return regionIn(response.headers);
}

/** The region that an answer's headers name. */
export function regionIn(headers: unknown): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === REGION_HEADER)?.[1];
  return typeof found === "string" && /^[a-z0-9-]{1,60}$/.test(found) ? found : undefined;
}

function denialOf(what: string, error: unknown, place: BucketPlace): string | undefined {
  const name = nameOf(error);
  if (SKEWED.has(name)) return "the clock of this machine and the bucket's differ";
  if (name === "NoSuchBucket") return `there is no bucket named ${place.bucketName}`;
  if (ELSEWHERE.has(name)) {
    const other = textMember(error, "Region") ?? textMember(error, "region") ?? regionOfHeaders(error);
    return elsewhere(place, other);
  }
  if (name !== "AccessDenied")
    return DENIED.has(name) ? "the bucket does not accept these credentials" : undefined;
  // The credentials are good, and may not do this.
  const [request = what] = what.split(" ");
  const right = RIGHTS.get(request);
  return `the bucket does not allow ${request} to these credentials${right === undefined ? "" : ` (they need ${right})`}`;
}

/** Errors of sockets and TLS carry their word in `code`: ECONNREFUSED, SELF_SIGNED_CERT_IN_CHAIN. */
function networkWord(error: unknown): string {
  // Nobody but our own deadline aborts a request.
  if (nameOf(error) === "AbortError") return NO_ANSWER;
  const word = textMember(error, "code") ?? nameOf(error);
  return word === GUEST_WORD ? "no connection to the bucket's server" : word;
}

/** An error's name comes from the answer, so only what looks like a code of S3 is repeated. */
function nameOf(error: unknown): string {
  return textMember(error, "name") ?? "unknown";
}

function textMember(value: unknown, member: "name" | "code" | "region" | "Region"): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found = Object.entries(value).find(([key]) => key === member)?.[1];
  const text: unknown = found ?? (member === "name" && value instanceof Error ? value.name : undefined);
  return typeof text === "string" && /^[A-Za-z0-9_.-]{1,60}$/.test(text) ? text : undefined;
}

function statusOf(error: unknown): number | undefined {
  const { httpStatusCode } = metadataOf(error);
  return typeof httpStatusCode === "number" ? httpStatusCode : undefined;
}

function metadataOf(error: unknown): { httpStatusCode?: unknown; clockSkewCorrected?: unknown } {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return {};
  const metadata = error.$metadata;
  return typeof metadata === "object" && metadata !== null ? metadata : {};
}
