/** Documents against schemas, before anything is written: files of this machine, or what a namespace holds. */
import { readFileSync } from "node:fs";
import { typeOfName } from "../../../lib/core/file-types.ts";
import { scopeCoversKey } from "../../../lib/core/scope.ts";
import { fitOf, TOO_COSTLY_WORDS } from "../../../lib/json-schema/fit.ts";
import type { ReadySchema, Violation } from "../../../lib/json-schema/judge.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { listPages } from "../pages.ts";
import { typeOfBytes } from "../tree/file-types.ts";
import { countingFor, requireSchema, type ScopedSchema, storedSchemas } from "./stored.ts";

export interface Checked {
  readonly checked: number;
  readonly failing: readonly { readonly name: string; readonly violations: readonly Violation[] }[];
}

export interface Checking {
  readonly namespace: string;
  readonly scope: string;
  /** A file with the schema, instead of those in the store. */
  readonly schema?: string | undefined;
}

/** Files, each by the schema that its documents will have: the file's, or the one at the scope in the store. */
export async function checkFiles(
  client: () => Client,
  files: readonly string[],
  { namespace, scope, schema }: Checking,
): Promise<Checked> {
  const ready =
    schema === undefined
      ? schemaAt(await storedSchemas(client(), namespace), { namespace, scope })
      : fileSchema(schema);
  const failing = files.flatMap((file) => {
    const bytes = readWhole(file);
    const mediaType = typeOfName(file)?.mediaType ?? typeOfBytes(bytes);
    return failureOf(file, ready, { mediaType, bytes });
  });
  return { checked: files.length, failing };
}

/** What stands under the scope now, each by the schema that counts for it; what no schema is for is not counted. */
export async function checkStored(client: Client, { namespace, scope, schema }: Checking): Promise<Checked> {
  const stored = await storedSchemas(client, namespace);
  const schemas =
    schema === undefined
      ? stored
      : [...stored.filter((one) => one.scope !== scope), { scope, schema: fileSchema(schema) }];
  const failing: Checked["failing"][number][] = [];
  let checked = 0;
  for await (const { documents } of listPages(client, namespace, { prefix: scope, values: "text" }))
    for (const { key, mediaType, text } of documents) {
      const counts = countingFor(schemas, key);
      if (
        counts === undefined ||
        !scopeCoversKey(scope, key) ||
        (schema !== undefined && counts.scope !== scope)
      )
        continue;
      checked += 1;
      const bytes = text === undefined ? NO_TEXT : new TextEncoder().encode(text);
      failing.push(...failureOf(`${namespace}/${key}`, counts.schema, { mediaType, bytes }));
    }
  return { checked, failing };
}

/** Bytes that are no text. */
const NO_TEXT = new Uint8Array([0xff]);

function failureOf(
  name: string,
  schema: ReadySchema,
  { mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array },
): Checked["failing"] {
  const fit = fitOf(schema, mediaType, bytes);
  if (fit.kind === "fits") return [];
  const violations = fit.kind === "fails" ? fit.violations : [{ path: "", detail: TOO_COSTLY_WORDS }];
  return [{ name, violations }];
}

function schemaAt(
  schemas: readonly ScopedSchema[],
  { namespace, scope }: Pick<Checking, "namespace" | "scope">,
): ReadySchema {
  const found = schemas.find((one) => one.scope === scope);
  if (found !== undefined) return found.schema;
  const scopes = schemas.map((one) => one.scope || "all of it").join(", ");
  throw new Failure(EXIT.absent, `${namespace} has no schema for ${scope || "all of it"}`, {
    hint: scopes === "" ? "name a file with --schema" : `it has some for: ${scopes}; name one with --scope`,
  });
}

export function fileSchema(file: string): ReadySchema {
  return requireSchema(new TextDecoder().decode(readWhole(file)), file);
}

export function readWhole(file: string): Uint8Array {
  try {
    return readFileSync(file === "-" ? 0 : file);
  } catch (cause) {
    throw new Failure(EXIT.usage, `${file} cannot be read`, { cause, hint: String(cause) });
  }
}
