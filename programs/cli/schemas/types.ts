/**
 * TypeScript types from the schemas of a namespace: a type a scope, and one that gives each key its type. The types are of
 * values as programs have them once they parsed JSON, YAML or TOML.
 */
import { placeOfSchema, schemaKey } from "../../../lib/core/schema-key.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { listPages } from "../pages.ts";
import type { DocumentName } from "../target.ts";
import { freeName, pascalCase, typeOf } from "./type-of.ts";

interface Scoped {
  readonly scope: string;
  readonly schema: unknown;
  readonly name: string;
}

export async function runTypes(client: Client, { namespace, key: prefix }: DocumentName): Promise<void> {
  const { revision, scoped } = await schemasBelow(client, namespace, prefix);
  if (scoped.length === 0)
    throw new Failure(EXIT.absent, `${namespace} has no schema that covers keys below "${prefix}"`, {
      code: "not_found",
      hint: `\`ledge schema ls ${namespace}\` lists those that there are`,
    });
  const types = [];
  for (const { scope, schema, name } of scoped) types.push(await typeOf(schema, { name, scope }));
  const command = `ledge types ${namespace}${prefix === "" ? "" : `/${prefix}`}`;
  const about = `/** Made by \`${command}\` from the schemas at revision ${revision}. Make it anew when they change. */`;
  process.stdout.write(`${[about, ...types, keysType(namespace, scoped)].join("\n\n")}\n`);
}

async function schemasBelow(client: Client, namespace: string, prefix: string) {
  const found: { scope: string; schema: unknown }[] = [];
  let at = 0;
  const stored = listPages(client, "_system", {
    prefix: schemaKey({ namespace, scope: "" }),
    values: "text",
  });
  for await (const { documents, revision } of stored) {
    at = revision;
    for (const { key, text = "null" } of documents) {
      const scope = placeOfSchema(key)?.scope;
      if (scope !== undefined && reaches(scope, prefix)) found.push({ scope, schema: JSON.parse(text) });
    }
  }
  // `limits/api` is LimitsApi, and the namespace's own schema Shop.
  const used = new Set([`${pascalCase(namespace)}Document`]);
  const scoped = found.map(
    (one): Scoped => ({ ...one, name: freeName(pascalCase(one.scope || namespace), used) }),
  );
  return { revision: at, scoped };
}

/** Whether a scope covers some key that begins with the prefix. */
function reaches(scope: string, prefix: string): boolean {
  return scope.startsWith(prefix) || scope === "" || (scope.endsWith("/") && prefix.startsWith(scope));
}

/** The longest scope that covers a key counts, alone: so it is asked first. */
function keysType(namespace: string, scoped: readonly Scoped[]): string {
  const longest = [...scoped].sort((a, b) => b.scope.length - a.scope.length);
  const lines = longest.map(({ scope, name }) => `  Key extends ${keyPattern(scope)} ? ${name} :`);
  return `/** What a document of ${namespace} holds, by its key. */
export type ${pascalCase(namespace)}Document<Key extends string> =
${lines.join("\n")}
  unknown`;
}

function keyPattern(scope: string): string {
  if (scope === "") return "string";
  if (!scope.endsWith("/")) return JSON.stringify(scope);
  return `\`${scope.replace(/[\\`$]/g, "\\$&")}\${string}\``;
}
