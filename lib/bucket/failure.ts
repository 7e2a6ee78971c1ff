/**
 * What went wrong with a request to a bucket: whether asking again can help, and the sentence for people.
 * Promise: only names, statuses and what the settings say besides secrets get into it; an error's message and
 * cause repeat what was sent, credentials included, and are dropped.
 */
import { BucketFault } from "./bucket.ts";

/** An answer that broke off, did not come in time, or did not come from a bucket. */
export class BrokenAnswer extends Error {
  readonly retryable: boolean;
  constructor(message: string, options: { retryable: boolean }) {
    super(message);
    this.name = "BrokenAnswer";
    this.retryable = options.retryable;
  }
}

/** What of the settings a sentence may say. */
export interface BucketPlace {
  readonly bucketName: string;
  readonly region: string;
}

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
    return new BucketFault("bucket_unavailable", object, `${what} failed: ${error.message}`);
  }
  const name = nameOf(error);
  const status = statusOf(error);
  const reason = denialOf(error, name, place);
  if (reason !== undefined || status === 401 || status === 403) {
    const why = reason === undefined ? name : `${reason} (${name})`;
    return new BucketFault("bucket_denied", object, `${what} was refused: ${why}`);
  }
  const shown = status === undefined ? networkWord(error) : `${name}, status ${status}`;
  return new BucketFault("bucket_unavailable", object, `${what} failed: ${shown}`);
}

function denialOf(error: unknown, name: string, { bucketName, region }: BucketPlace): string | undefined {
  if (SKEWED.has(name)) return "the clock of this machine and the bucket's differ";
  if (name === "NoSuchBucket") return `there is no bucket named ${bucketName}`;
  if (ELSEWHERE.has(name)) {
    const other = textMember(error, "Region") ?? textMember(error, "region");
    const where = other === undefined ? "" : `; the bucket names ${other}`;
    return `the bucket is not in region ${region}${where}`;
  }
  return DENIED.has(name) ? "the bucket does not accept these credentials" : undefined;
}

/** Errors of sockets and TLS carry their word in `code`: ECONNREFUSED, SELF_SIGNED_CERT_IN_CHAIN. */
function networkWord(error: unknown): string {
  // Nobody but our own deadline aborts a request.
  if (nameOf(error) === "AbortError") return NO_ANSWER;
  return textMember(error, "code") ?? nameOf(error);
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
