/**
 * Spin's runtime configuration file (`--runtime-config-file`), as far as this host serves it: where the databases are.
 * Promise: read strictly; a table or key that is not served is refused by its name. A path counts from the current
 * directory, as on Spin, not from the file.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "smol-toml";
import * as z from "zod";
import type { DatabaseAddress } from "./databases.ts";

const LABEL = /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/;
/** Tables that Spin knows, and why they are not here. */
const NOT_SERVED: Readonly<Record<string, string>> = {
  state_dir: "is set with --data",
  log_dir: "is not kept: guests write to standard error",
  config_provider: "is not served: variables come from the command line and SPIN_VARIABLE_<NAME>",
  variables_provider: "is not served: variables come from the command line and SPIN_VARIABLE_<NAME>",
  key_value_store: "is not served by this host",
  llm_compute: "is not served by this host",
  outbound_http: "is not served by this host",
  client_tls: "is not served: NODE_EXTRA_CA_CERTS names further authorities",
};

const Url = z
  .string()
  .max(2000)
  .refine(
    (url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol),
    "does not start with 'https://' or 'http://'",
  );
const Database = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("spin"), path: z.string().min(1).max(4096) }),
  z.strictObject({ type: z.literal("libsql"), url: Url, token: z.string().max(10_000) }),
]);
const RuntimeConfig = z.strictObject({
  sqlite_database: z.record(z.string().regex(LABEL, "is not kebab-case or snake_case"), Database).default({}),
});

/** Label → address. Throws an Error whose message names the file and every place that is wrong. */
export function readRuntimeConfig(file: string): Record<string, DatabaseAddress> {
  const path = resolve(file);
  const given = tomlOf(path);
  const foreign = Object.keys(given).filter((name) => name !== "sqlite_database");
  const problems = foreign.map((name) => `  ${name}: ${NOT_SERVED[name] ?? "is not known"}`);
  const known = Object.fromEntries(Object.entries(given).filter(([name]) => name === "sqlite_database"));
  const read = RuntimeConfig.safeParse(known);
  if (!read.success)
    problems.push(...read.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`));
  if (problems.length > 0 || !read.success)
    throw new Error(`${path} is not a runtime configuration that can be used:\n${problems.join("\n")}`);
  const databases = Object.entries(read.data.sqlite_database);
  return Object.fromEntries(
    databases.map(([label, database]) => [
      label,
      database.type === "spin" ? resolve(database.path) : { url: database.url, token: database.token },
    ]),
  );
}

function tomlOf(path: string): Record<string, unknown> {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
