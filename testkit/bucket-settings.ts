/** How a test's bucket is told to Ledge: as the client's settings, as variables, as flags and as environment. */
import type { BucketSettings } from "../lib/bucket/settings.ts";

interface Access {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A server of a bucket: the bundled one, or the chaos server. */
type ServedBucket = {
  readonly endpoint: string;
  readonly bucketName: string;
  readonly region?: string;
} & (Access | { readonly access: Access });

export type Variables = Readonly<Record<string, string>>;

/** What the S3 client takes. */
export function bucketSettingsOf(
  server: ServedBucket,
  changes: Partial<BucketSettings> = {},
): BucketSettings {
  const { endpoint, bucketName, region = "us-east-1" } = server;
  const place = { endpoint, bucketName, region, prefix: "ledge", pathStyle: true };
  return { ...place, ...accessOf(server), integrity: "none", ...changes };
}

/** The manifest's variables. */
export function variablesOf(server: ServedBucket): Record<string, string> {
  return { ...placeVariablesOf(server), ...accessVariablesOf(server) };
}

/** Only those that say where it is. */
export function placeVariablesOf({ endpoint, bucketName }: ServedBucket): Record<string, string> {
  return { bucket_endpoint: endpoint, bucket_name: bucketName };
}

/** Only those that hold its keys. */
export function accessVariablesOf(server: ServedBucket): Record<string, string> {
  const { accessKeyId, secretAccessKey } = accessOf(server);
  return { bucket_access_key_id: accessKeyId, bucket_secret_access_key: secretAccessKey };
}

/** `--variable name=value`, as `npm start` takes it. */
export function flagsOf(variables: Variables): string[] {
  return Object.entries(variables).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
}

/** `SPIN_VARIABLE_NAME`, as the server and the command read it. */
export function environmentOf(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`SPIN_VARIABLE_${name.toUpperCase()}`, value]),
  );
}

function accessOf(server: ServedBucket): Access {
  const { accessKeyId, secretAccessKey, sessionToken } = "access" in server ? server.access : server;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
