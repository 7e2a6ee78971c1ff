/** The TypeScript type of one JSON Schema 2020-12, made by json-schema-to-typescript. */
import { compile } from "json-schema-to-typescript-lite";
import { isObject } from "../../../lib/core/json-object.ts";

/** Members whose values are data, in which nothing is a schema. */
const DATA = new Set(["const", "enum", "default", "examples"]);

export async function typeOf(
  schema: unknown,
  { name, scope }: { readonly name: string; readonly scope: string },
): Promise<string> {
  const about = scope === "" ? "All documents with no schema of their own." : `\`${scope}\``;
  if (typeof schema === "boolean")
    return `/** ${about} */\nexport type ${name} = ${schema ? "unknown" : "never"}`;
  const told = asFormerDraft(schema);
  if (!isObject(told)) throw new Error("the store holds a schema that is none");
  const type = await compile({ ...told, title: name, $id: undefined }, name, {
    customName: definedNames(name),
  });
  return `/** ${about} */\n${type.trim()}`;
}

interface Named {
  readonly title?: string | undefined;
  readonly $id?: string | undefined;
}

/** What a schema defines is its own: two may say `limit`, and mean two things. No name stands for two definitions. */
function definedNames(name: string): (schema: Named, defined: string | undefined) => string {
  const known = new Map<object, string>();
  const used = new Set<string>([name]);
  return (schema, key) => {
    // The library gives an $id to what a reference led to.
    const defined = key ?? schema.$id;
    if (schema.title === name) return name;
    if (defined === undefined) return "";
    const named = known.get(schema) ?? freeName(`${name}${pascalCase(defined)}`, used);
    known.set(schema, named);
    return named;
  };
}

/** The name, or the first of `name2`, `name3` … that nobody has; taken from now on. */
export function freeName(name: string, used: Set<string>): string {
  for (let nth = 1; ; nth += 1) {
    const tried = nth === 1 ? name : `${name}${nth}`;
    if (used.has(tried)) continue;
    used.add(tried);
    return tried;
  }
}

/** The library knows tuples as former drafts say them. Titles go: they would be names of types, and two may be the same. */
function asFormerDraft(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asFormerDraft);
  if (!isObject(schema)) return schema;
  const told = Object.fromEntries(
    Object.entries(schema)
      .filter(([member, value]) => member !== "title" || typeof value !== "string")
      .map(([member, value]) => [member, DATA.has(member) ? value : asFormerDraft(value)]),
  );
  const { prefixItems, items, ...others } = told;
  if (!Array.isArray(prefixItems)) return told;
  return { ...others, items: prefixItems, ...(items === undefined ? {} : { additionalItems: items }) };
}

/** A name for a type: letters and digits, each part with a capital. It begins with a letter. */
export function pascalCase(text: string): string {
  const parts = text.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== "");
  const name = parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
  return /^\p{L}/u.test(name) ? name : `The${name}`;
}
