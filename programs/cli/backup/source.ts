/**
 * The bucket that a command reads without a server: the one that --from names, else the server's, from the same
 * environment or as the last start on the data folder had it, else the bundled one of that folder, whose server is
 * started when the host is down. What is secret comes from the environment, a file or AWS's chain, as for the server.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Bucket } from "../../../lib/bucket/bucket.ts";
import { credentialsTrouble } from "../../../lib/bucket/credentials.ts";
import { openS3Bucket } from "../../../lib/bucket/s3.ts";
import {
  BUCKET_VARIABLES,
  type BucketSettings,
  DEFAULT_PREFIX,
  parseBucketVariables,
} from "../../../lib/bucket/settings.ts";
import { openCredentials } from "../../start/bucket-credentials.ts";
import { keptBucket } from "../../start/kept-bucket.ts";
import { EXIT, Failure } from "../failure.ts";
import { openRenewedBucket } from "./renewed-bucket.ts";

export interface NamedBucket {
  readonly bucket: Bucket;
  /** The database beside the bundled bucket. */
  readonly storeFile: string | undefined;
  stop(): Promise<void>;
}

/** What a command says of the bucket. */
export interface BucketFlags {
  /** ENDPOINT/BUCKET[/PREFIX], or s3://BUCKET[/PREFIX] with an endpoint or a region. */
  readonly from?: string;
  readonly endpoint?: string;
  readonly region?: string;
  /** As which flag the address was given. Default: --from. */
  readonly flag?: string;
}

/** Opens the bucket. Throws Failure where it is not told completely. */
export async function openNamedBucket(flags: BucketFlags, dataDir: string): Promise<NamedBucket> {
  const storeFile = flags.from === undefined ? join(dataDir, "ledge.db") : undefined;
  const told = flags.from === undefined ? serversOwn(dataDir) : addressed(flags.from, flags);
  if (told !== undefined)
    return { bucket: openS3Bucket(await settingsOf(told)()), storeFile, stop: async () => {} };
  const { settings, stop } = await bundled(dataDir);
  return { bucket: openS3Bucket(settings), storeFile, stop };
}

/**
 * The bucket at an address, for a program that runs for long: where credentials come from a file or from AWS's chain, each
 * request has those of its moment. Throws Failure where it is not told completely.
 */
export async function openAddressedBucket({
  from,
  ...flags
}: BucketFlags & { from: string }): Promise<Bucket> {
  return openRenewedBucket(settingsOf(addressed(from, flags)));
}

type Variables = Readonly<Record<string, string>>;

/** Undefined where the server has the bundled bucket. */
function serversOwn(dataDir: string): Variables | undefined {
  return fromEnvironment(BUCKET_VARIABLES.bucketName) === undefined ? keptBucket(dataDir) : {};
}

function fromEnvironment(name: string): string | undefined {
  return process.env[environmentName(name)] || undefined;
}

function environmentName(variable: string): string {
  return `SPIN_VARIABLE_${variable.toUpperCase()}`;
}

async function bundled(dataDir: string): Promise<{ settings: BucketSettings; stop(): Promise<void> }> {
  const dir = join(dataDir, "bucket");
  if (!existsSync(dir)) {
    throw new Failure(EXIT.absent, `there is no bundled bucket in ${dataDir}`, {
      hint: "name the bucket with --from",
    });
  }
  const { startBucket } = await import("../../start/bundled-bucket.ts");
  const server = await startBucket({ dir });
  const { endpoint, bucketName, accessKeyId, secretAccessKey } = server;
  return {
    settings: {
      endpoint,
      bucketName,
      accessKeyId,
      secretAccessKey,
      region: "us-east-1",
      prefix: DEFAULT_PREFIX,
      pathStyle: true,
      integrity: "none",
    },
    stop: () => server.stop(),
  };
}

/** The address as variables. */
function addressed(from: string, { endpoint, region, flag = "--from" }: BucketFlags): Variables {
  const hint = flag === "--from" ? FORM : FORM_ALONE;
  let url: URL;
  try {
    url = new URL(from);
  } catch (cause) {
    throw new Failure(EXIT.usage, `${flag} ${from} is not an address`, { cause, hint });
  }
  const segments = url.pathname.split("/").filter((part) => part !== "");
  const short = url.protocol === "s3:";
  const [bucketName = "", ...prefix] = short ? [url.hostname, ...segments] : segments;
  const where = region ?? fromEnvironment(BUCKET_VARIABLES.region);
  const server = short
    ? (endpoint ?? fromEnvironment(BUCKET_VARIABLES.endpoint) ?? awsEndpoint(where))
    : url.origin;
  if (server === undefined || bucketName === "")
    throw new Failure(EXIT.usage, `${flag} ${from} does not say which server has the bucket`, { hint });
  return {
    [BUCKET_VARIABLES.endpoint]: server,
    [BUCKET_VARIABLES.bucketName]: bucketName,
    [BUCKET_VARIABLES.prefix]: prefix.length === 0 ? DEFAULT_PREFIX : prefix.join("/"),
    ...(where === undefined ? {} : { [BUCKET_VARIABLES.region]: where }),
  };
}

const FORM = "say ENDPOINT/BUCKET[/PREFIX], or s3://BUCKET[/PREFIX] with --endpoint URL or --region NAME";
/** Of a program that has no flags for the rest. */
const FORM_ALONE = `say ENDPOINT/BUCKET[/PREFIX], or s3://BUCKET[/PREFIX] with ${environmentName(BUCKET_VARIABLES.endpoint)} or ${environmentName(BUCKET_VARIABLES.region)} in the environment`;

function awsEndpoint(region: string | undefined): string | undefined {
  return region === undefined ? undefined : `https://s3.${region}.amazonaws.com`;
}

/** What is told, then the environment, with the credentials that stand now where it says that they are. */
function settingsOf(told: Variables): () => Promise<BucketSettings> {
  const variable = (name: string) => told[name] ?? fromEnvironment(name);
  const renew = openCredentials(variable);
  return async () => settingsWith(variable, (await renew?.()) ?? {});
}

function settingsWith(
  variable: (name: string) => string | undefined,
  credentials: Variables,
): BucketSettings {
  const known = (name: string) => credentials[name] ?? variable(name);
  const parsed = parseBucketVariables(known);
  if (parsed.kind === "set") return parsed.settings;
  const missing = parsed.kind === "invalid" ? parsed.variables : [BUCKET_VARIABLES.bucketName];
  throw new Failure(
    EXIT.usage,
    credentialsTrouble(known) ?? `the bucket is not told completely: ${missing.join(", ")}`,
    {
      hint: `set ${missing.map(environmentName).join(" and ")} in the environment (\`ledge restore --help\`)`,
    },
  );
}
