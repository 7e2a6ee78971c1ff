/** Where a schema lies in `_system`: `schema/<namespace>/<scope>`, under the scope that it is for. */
import { isNamespaceName } from "./namespace.ts";
import { judgeScope } from "./scope.ts";

export const SCHEMA = "schema/";
/** A schema's text. */
export const SCHEMA_BYTES_MAX = 131_072;

export interface SchemaPlace {
  readonly namespace: string;
  readonly scope: string;
}

export function schemaKey({ namespace, scope }: SchemaPlace): string {
  return `${SCHEMA}${namespace}/${scope}`;
}

/** Undefined where the key is none of a schema. */
export function placeOfSchema(key: string): SchemaPlace | undefined {
  const [, namespace = ""] = key.split("/", 2);
  const scope = key.slice(SCHEMA.length + namespace.length + 1);
  const fits = key === schemaKey({ namespace, scope }) && isNamespaceName(namespace) && judgeScope(scope).ok;
  return fits ? { namespace, scope } : undefined;
}

/** Whether a text may stand there. That it is one to judge by was seen before it was proposed. */
export function isSchemaText(json: string): boolean {
  if (json.length > SCHEMA_BYTES_MAX) return false;
  try {
    const value: unknown = JSON.parse(json);
    return (
      typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value))
    );
  } catch {
    // Not JSON.
    return false;
  }
}
