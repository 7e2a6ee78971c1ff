/**
 * The bucket's settings, as they come from Spin variables or from a command line. Promise: a bucket is
 * either set completely or not at all; what is missing or malformed is named, and no value that could be a
 * secret is repeated.
 */
import * as z from "zod/mini";
import { areCredentialsGiven, CREDENTIALS_VARIABLE } from "./credentials.ts";
import { INTEGRITIES } from "./integrity.ts";

export const BucketSettings = z.strictObject({
  /** Scheme, host and port. */
  endpoint: z.string().check(z.maxLength(500), z.regex(/^https?:\/\/[^/?#@\s]+$/)),
  bucketName: z.string().check(z.maxLength(255), z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)),
  region: z.string().check(z.minLength(1), z.maxLength(100)),
  accessKeyId: z.string().check(z.minLength(1), z.maxLength(500)),
  secretAccessKey: z.string().check(z.minLength(1), z.maxLength(1000)),
  sessionToken: z.optional(z.string().check(z.minLength(1), z.maxLength(8000))),
  /**
   * What stands before every name, without a slash at either end and without a segment of dots. Never empty: an
   * empty one is a variable that was lost on its way, and has put one customer's backups among another's elsewhere.
   */
  prefix: z
    .string()
    .check(z.maxLength(500), z.regex(/^(?!\.+(\/|$))[A-Za-z0-9._-]+(\/(?!\.+(\/|$))[A-Za-z0-9._-]+)*$/)),
  /**
   * True: endpoint/bucket/name. False: bucket.endpoint/name; an endpoint whose host begins with the bucket's name
   * and a dot is the bucket's own host already.
   */
  pathStyle: z.boolean(),
  /** What each PUT says of its bytes. */
  integrity: z.enum(INTEGRITIES),
});
export type BucketSettings = z.infer<typeof BucketSettings>;

/** Whether an endpoint as it is typed is scheme, host and port; one slash may end it. */
export function isEndpoint(text: string): boolean {
  return BucketSettings.shape.endpoint.safeParse(bareEndpoint(text)).success;
}

function bareEndpoint(text: string): string {
  return text.trim().replace(/\/$/, "");
}

/** The variable behind each setting. */
export const BUCKET_VARIABLES = {
  endpoint: "bucket_endpoint",
  bucketName: "bucket_name",
  region: "bucket_region",
  accessKeyId: "bucket_access_key_id",
  secretAccessKey: "bucket_secret_access_key",
  sessionToken: "bucket_session_token",
  prefix: "bucket_prefix",
  pathStyle: "bucket_path_style",
  integrity: "bucket_integrity",
} as const;

/** Where no prefix is told at all. One that is told and blank is refused. */
export const DEFAULT_PREFIX = "ledge";

/** What the manifest's default says when nothing is set: Spin refuses to start on an empty outbound host. */
export const NO_ENDPOINT = "https://bucket.invalid";

export type BucketSettingsOutcome =
  | { readonly kind: "set"; readonly settings: BucketSettings }
  | { readonly kind: "not_set" }
  | { readonly kind: "invalid"; readonly variables: readonly string[] };

/** Reads the settings from variables; `not_set` when there is no endpoint or no bucket name. */
export function parseBucketVariables(variable: (name: string) => string | undefined): BucketSettingsOutcome {
  const read = (name: string): string => (variable(name) ?? "").trim();
  const endpoint = bareEndpoint(read(BUCKET_VARIABLES.endpoint));
  const bucketName = read(BUCKET_VARIABLES.bucketName);
  if (endpoint === "" || endpoint === NO_ENDPOINT || bucketName === "") return { kind: "not_set" };
  if (!areCredentialsGiven(variable)) return { kind: "invalid", variables: [CREDENTIALS_VARIABLE] };
  const pathStyle = read(BUCKET_VARIABLES.pathStyle);
  const sessionToken = read(BUCKET_VARIABLES.sessionToken);
  const parsed = BucketSettings.safeParse({
    endpoint,
    bucketName,
    region: read(BUCKET_VARIABLES.region) || "us-east-1",
    accessKeyId: read(BUCKET_VARIABLES.accessKeyId),
    secretAccessKey: read(BUCKET_VARIABLES.secretAccessKey),
    ...(sessionToken === "" ? {} : { sessionToken }),
    prefix: (variable(BUCKET_VARIABLES.prefix) ?? DEFAULT_PREFIX).trim(),
    pathStyle: pathStyle === "" || pathStyle === "true" ? true : pathStyle === "false" ? false : pathStyle,
    integrity: read(BUCKET_VARIABLES.integrity) || "none",
  });
  if (parsed.success) return { kind: "set", settings: parsed.data };
  const named = new Map<string, string>(Object.entries(BUCKET_VARIABLES));
  const variables = parsed.error.issues.map(
    (issue) => named.get(String(issue.path[0])) ?? String(issue.path[0]),
  );
  return { kind: "invalid", variables: [...new Set(variables)] };
}
