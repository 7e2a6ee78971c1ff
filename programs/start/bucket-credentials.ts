/**
 * Credentials of the bucket that stand in no variable: in a file that is read again with each request, or wherever the
 * usual chain of AWS finds them (environment, profile, container, instance). Promise: they are as fresh as the request
 * that uses them; when there are none, the reason is told in their place, and nothing secret with it.
 */
import { GIVEN_BY_HOST, NOT_GIVEN, readCredentialsMode } from "../../lib/bucket/credentials.ts";
import { BUCKET_VARIABLES } from "../../lib/bucket/settings.ts";

/** Gives the variables that carry the credentials. Never rejects. */
export type RenewCredentials = () => Promise<Readonly<Record<string, string>>>;

interface Found {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}
type Provider = () => Promise<Found>;

/** Where there are none, looking again may take seconds; whoever asks meanwhile gets the same answer. */
const LOOK_AGAIN_MS = 10_000;

/** Undefined where the credentials are variables of their own, and where the mode is unknown: the exporter names it. */
export function openCredentials(
  variable: (name: string) => string | undefined,
): RenewCredentials | undefined {
  const mode = readCredentialsMode(variable);
  if (mode === "file") return renewing(fileProvider((variable("bucket_credentials_file") ?? "").trim()));
  return mode === "chain" ? renewing(chainProvider()) : undefined;
}

/** AWS's own format: a profile (`default`, or what AWS_PROFILE names) with its keys. */
function fileProvider(filepath: string): Provider {
  if (filepath === "") return () => Promise.reject(new Error("bucket_credentials_file names no file"));
  return loading(async () => {
    const { fromIni } = await import("@aws-sdk/credential-provider-ini");
    return fromIni({ filepath, configFilepath: filepath, ignoreCache: true });
  });
}

function chainProvider(): Provider {
  return loading(async () => (await import("@aws-sdk/credential-provider-node")).defaultProvider());
}

/** The SDK's ways of looking are loaded with the first look: most servers have their keys in variables. */
function loading(load: () => Promise<Provider>): Provider {
  let loaded: Promise<Provider> | undefined;
  return async () => {
    loaded ??= load();
    return (await loaded)();
  };
}

function renewing(provider: Provider): RenewCredentials {
  let failed: { readonly atMs: number; readonly variables: Readonly<Record<string, string>> } | undefined;
  let going: Promise<Readonly<Record<string, string>>> | undefined;
  const look = async () => {
    try {
      failed = undefined;
      return variablesOf(await provider(), GIVEN_BY_HOST);
    } catch (error) {
      const variables = variablesOf(NONE, `${NOT_GIVEN}${reasonOf(error)}`);
      failed = { atMs: performance.now(), variables };
      return variables;
    } finally {
      going = undefined;
    }
  };
  return async () => {
    if (failed !== undefined && performance.now() - failed.atMs < LOOK_AGAIN_MS) return failed.variables;
    going ??= look();
    return going;
  };
}

const NONE: Found = { accessKeyId: "", secretAccessKey: "" };

function variablesOf({ accessKeyId, secretAccessKey, sessionToken = "" }: Found, said: string) {
  return {
    [BUCKET_VARIABLES.accessKeyId]: accessKeyId,
    [BUCKET_VARIABLES.secretAccessKey]: secretAccessKey,
    [BUCKET_VARIABLES.sessionToken]: sessionToken,
    host_credentials: said,
  };
}

/** The SDK's own words name places and profiles, and no values. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : "they could not be looked for";
  return text.replace(/\s+/g, " ").slice(0, 200);
}
