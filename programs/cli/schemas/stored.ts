/** The schemas of a namespace as the store has them, and which of them counts for a key. */
import { placeOfSchema, schemaKey } from "../../../lib/core/schema-key.ts";
import { scopeCoversKey } from "../../../lib/core/scope.ts";
import { acceptSchema } from "../../../lib/json-schema/accepted.ts";
import type { ReadySchema } from "../../../lib/json-schema/judge.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { listPages } from "../pages.ts";

export interface ScopedSchema {
  readonly scope: string;
  readonly schema: ReadySchema;
}

/** As anybody reads them who may read all of the namespace. */
export async function storedSchemas(client: Client, namespace: string): Promise<ScopedSchema[]> {
  const found: ScopedSchema[] = [];
  const prefix = schemaKey({ namespace, scope: "" });
  for await (const { documents } of listPages(client, "_system", { prefix, values: "text" }))
    for (const { key, text = "" } of documents) {
      const place = placeOfSchema(key);
      if (place !== undefined)
        found.push({ scope: place.scope, schema: requireSchema(text, `the schema of ${key}`) });
    }
  return found;
}

/** The schema of the longest scope that covers a key. */
export function countingFor(schemas: readonly ScopedSchema[], key: string): ScopedSchema | undefined {
  const covering = schemas.filter(({ scope }) => scopeCoversKey(scope, key));
  return covering.reduce<ScopedSchema | undefined>(
    (best, one) => (best === undefined || one.scope.length > best.scope.length ? one : best),
    undefined,
  );
}

/** Ends with exit 6 where it is none, naming each place. */
export function requireSchema(text: string, what: string): ReadySchema {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Failure(EXIT.refused, `${what} is not JSON`, { cause, code: "value_malformed" });
  }
  const accepted = acceptSchema(value);
  if (accepted.ok) return accepted.value;
  const places = (accepted.errors ?? []).map(
    ({ pointer, detail }) => `${pointer || "at the top"}: ${detail}`,
  );
  const said = places.length === 0 ? accepted.detail : places.join("\n");
  throw new Failure(EXIT.refused, `${what} cannot be used\n${said}`, { code: accepted.code });
}
