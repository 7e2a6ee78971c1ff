/**
 * From a manifest and its variables to what each component may reach: database files, variables, outbound hosts.
 * Everything is settled before the host listens.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import Database from "better-sqlite3";
import { HOST_PARKS_VARIABLE } from "../../../lib/core/waiting.ts";
import { openLibsqlDb } from "../../../lib/store/sqlite/driver-libsql.ts";
import { makeFolders } from "../../../lib/store/sqlite/folders.ts";
import { firstStatement, splitSql } from "../../../lib/store/sqlite/sql-text.ts";
import type { HostOptions } from "../options.ts";
import type { DatabaseAddress } from "./databases.ts";
import type { ComponentSpec, SpinManifest } from "./manifest.ts";
import { parseOutbound } from "./outbound.ts";
import type { ComponentReach } from "./reach.ts";
import { readRuntimeConfig } from "./runtime-config.ts";
import { fillTemplate, type VariableValues } from "./variables.ts";

/** The default label is a file of our own name; Spin's lies in its state folder as sqlite_db.db. */
export function databaseAddresses(
  options: HostOptions,
  manifest: SpinManifest,
): Record<string, DatabaseAddress> {
  makeFolders(options.stateDir);
  const addresses = {
    default: join(resolve(options.stateDir), "ledge.db"),
    ...options.databases,
    ...(options.runtimeConfigFile === undefined ? {} : readRuntimeConfig(options.runtimeConfigFile)),
  };
  for (const { name, databases } of manifest.components) {
    const unknown = databases.filter((label) => !Object.hasOwn(addresses, label));
    if (unknown.length > 0)
      throw new Error(`component ${name} uses databases that are not defined: ${unknown.join(", ")}`);
  }
  return addresses;
}

/** What a component may reach, settled. Throws, naming the component, on what Spin would refuse. */
export function reachOf(
  spec: ComponentSpec,
  values: VariableValues,
  addresses: Readonly<Record<string, DatabaseAddress>>,
): ComponentReach {
  try {
    const outbound = spec.outboundHosts.map((template) => {
      const entry = fillTemplate(template, values);
      if (entry === null)
        throw new Error(`allowed_outbound_hosts: '${template}' needs a variable without a value`);
      return parseOutbound(entry);
    });
    const variables = Object.entries(spec.variables).map(([name, text]) => [
      name,
      // Whatever the manifest's default for other hosts is: this one takes waits over.
      name === HOST_PARKS_VARIABLE ? "true" : fillTemplate(text, values),
    ]);
    const databases = spec.databases.map((label) => [label, addresses[label] ?? ""]);
    return {
      name: spec.name,
      databases: Object.fromEntries(databases),
      variables: Object.fromEntries(variables),
      outbound,
    };
  } catch (cause) {
    throw new Error(`component ${spec.name}: ${String(cause).replace(/^Error: /, "")}`, { cause });
  }
}

/** `spin up --sqlite`: `@FILE` whole, other text its first statement. */
export function runStartSql(batches: readonly string[], address: DatabaseAddress, threadFile: string): void {
  if (batches.length === 0) return;
  const texts = batches.map((batch) =>
    batch.startsWith("@") ? readFileSync(batch.slice(1), "utf8") : (firstStatement(batch) ?? ""),
  );
  if (typeof address === "string") {
    const db = new Database(address);
    try {
      for (const text of texts) db.exec(text);
    } finally {
      db.close();
    }
    return;
  }
  const db = openLibsqlDb({ ...address, threadFile });
  try {
    for (const statement of texts.flatMap(splitSql)) db.all(statement);
  } finally {
    db.close();
  }
}
