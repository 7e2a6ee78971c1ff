/** The variables of `spin.toml` for whoever starts the host: flags, then the environment, then the manifest's default. */
import { type BucketSettingsOutcome, isEndpoint, parseBucketVariables } from "../../lib/bucket/settings.ts";
import { readSpinManifest } from "../host/spin/manifest.ts";
import { resolveVariables } from "../host/spin/variables.ts";
import type { BucketUse } from "./bucket.ts";
import type { StartOptions } from "./options.ts";
import { manifestFile } from "./places.ts";
import { WrongUse } from "./stopped.ts";

export type Variable = (name: string) => string | undefined;

/** A variable as the host will see it. Throws WrongUse for a flag that names none, and for an endpoint that is none. */
export function variableOf({ variables: given }: StartOptions): Variable {
  const { variables: specs } = readSpinManifest(manifestFile);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(specs, name));
  if (unknown !== undefined) {
    throw new WrongUse(`There is no variable ${unknown}; spin.toml has ${Object.keys(specs).join(", ")}.`);
  }
  const values = resolveVariables(specs, { given, environment: process.env });
  const endpoint = values.bucket_endpoint ?? "";
  // With or without a bucket's name: it is what the exporter may reach.
  if (endpoint !== "" && !isEndpoint(endpoint))
    throw new WrongUse(
      `bucket_endpoint: ${endpoint} is not scheme, host and port, such as https://s3.example.com.`,
    );
  return (name) => values[name] ?? undefined;
}

/** What the variables say of the bucket; those of the bundled one come first. */
export function bucketSettingsOf(bucket: BucketUse, variable: Variable): BucketSettingsOutcome {
  return parseBucketVariables((name) => bucket.variables[name] ?? variable(name));
}
