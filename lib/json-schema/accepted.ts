/**
 * Whether a text is a schema that can be obeyed: JSON Schema 2020-12 whose references stay inside the document and whose
 * expressions RE2 takes. What is accepted here can be judged by without an exception.
 */
import type { Schema } from "@cfworker/json-schema";
import { accept, type Outcome, type RefusalError, refuse } from "../core/refusal.ts";
import { thrownText } from "../core/thrown.ts";
import { expressionOf, INSTRUCTIONS_MAX } from "./expression.ts";
import { judgeBy, NOTHING_ALLOWED, type ReadySchema, readySchema } from "./judge.ts";
import { META_SCHEMA } from "./meta-schema.ts";

const PATTERN_CHARS_MAX = 1000;
const ERRORS_MAX = 20;
/** What the library keeps with each part, hidden. One that a schema brings would lead its references elsewhere. */
const NAMES_OF_LIBRARY = ["__absolute_uri__", "__absolute_ref__", "__absolute_recursive_ref__"];
const NO_ALTERNATIVE = /does not match any subschemas/;
const ID_AT_ROOT = "$id stands at the root only.";

const metaSchema = readySchema(META_SCHEMA);

/** `value` is the schema as it was parsed. Refuses `schema_invalid`, with pointers into it, and `schema_too_costly`. */
export function acceptSchema(value: unknown): Outcome<ReadySchema, "schema_invalid" | "schema_too_costly"> {
  const malformed = judgeForm(value);
  if (malformed !== undefined) return malformed;
  if (!isObjectOrBoolean(value)) throw new Error("the schema of schemas takes objects and booleans");
  let ready: ReadySchema;
  try {
    ready = readySchema(value);
  } catch (error) {
    return invalid([cause("", thrownText(error))]);
  }
  return judgeParts(ready) ?? accept(ready);
}

function isObjectOrBoolean(value: unknown): value is Schema | boolean {
  return typeof value === "boolean" || (typeof value === "object" && value !== null);
}

function judgeForm(value: unknown) {
  const judged = judgeBy(metaSchema, value);
  if (judged.kind === "fits") return undefined;
  if (judged.kind === "too_costly")
    return refuse(
      "schema_too_costly",
      "The schema is too large to be judged itself. Say it with fewer parts.",
    );
  // That no alternative fits says nothing beside why each of them does not.
  const telling = judged.violations.filter(({ detail }) => !NO_ALTERNATIVE.test(detail));
  return invalid(
    (telling.length > 0 ? telling : judged.violations).map(({ path, detail }) =>
      cause(path, detail === NOTHING_ALLOWED ? unsupported(path) : reworded(path, detail)),
    ),
  );
}

function unsupported(path: string): string {
  if (path.endsWith("/$id")) return ID_AT_ROOT;
  return `${path.slice(path.lastIndexOf("/") + 1)} is not supported, and would be ignored.`;
}

function reworded(path: string, detail: string): string {
  if (path.endsWith("/$ref")) return "A reference stays inside the document: it begins with #.";
  return detail
    .replace(/^Instance type/, "Its type")
    .replaceAll("Instance", "It")
    .replaceAll("String", "It");
}

/** What no schema can say of schemas: each part that the library knows by an address, expressions and references. */
function judgeParts({ schema, known }: ReadySchema) {
  const errors: RefusalError[] = [];
  let instructions = 0;
  for (const [address, part] of Object.entries(known)) {
    const at = pointerOf(address);
    if (typeof part !== "object" || at === undefined || errors.length >= ERRORS_MAX) continue;
    for (const name of NAMES_OF_LIBRARY)
      if (Object.prototype.propertyIsEnumerable.call(part, name))
        errors.push(cause(`${at}/${name}`, `${name} is not supported.`));
    if (part !== schema && "$id" in part) errors.push(cause(`${at}/$id`, ID_AT_ROOT));
    for (const [where, pattern] of patternsOf(part)) {
      // What is over already is not put together any more.
      if (instructions > INSTRUCTIONS_MAX) break;
      const size = sizeOf(pattern);
      if (typeof size === "string") errors.push(cause(at + where, size));
      else instructions += size;
    }
    const wrong = referenceOf(part, known);
    if (wrong !== undefined) errors.push(cause(`${at}/$ref`, wrong));
  }
  if (errors.length > 0) return invalid(errors);
  if (instructions > INSTRUCTIONS_MAX)
    return refuse(
      "schema_too_costly",
      `The schema's regular expressions come to ${instructions} instructions, and may have ${INSTRUCTIONS_MAX}: repeat counts multiply.`,
    );
  return undefined;
}

function patternsOf({ pattern, patternProperties }: Schema): (readonly [string, string])[] {
  const found = Object.keys(patternProperties ?? {}).map(
    (name) => [`/patternProperties/${escaped(name)}`, name] as const,
  );
  return typeof pattern === "string" ? [["/pattern", pattern], ...found] : found;
}

/** Its instructions, or why it is none. */
function sizeOf(pattern: string): number | string {
  if (pattern.length > PATTERN_CHARS_MAX) return `An expression has at most ${PATTERN_CHARS_MAX} characters.`;
  try {
    return expressionOf(pattern).instructions;
  } catch (error) {
    const why = thrownText(error).split("\n")[0] ?? "";
    return `The expression cannot be used: ${why.slice(0, 200)}. It is written as in JavaScript with the flag u, without look-arounds and back references.`;
  }
}

function referenceOf(part: Schema, known: ReadySchema["known"]): string | undefined {
  const { $ref } = part;
  if ($ref === undefined) return undefined;
  const target = known[part.__absolute_ref__ ?? $ref];
  if (target === undefined) return `There is no ${$ref.slice(0, 200)} in the document.`;
  // What stands under a keyword that nobody knows becomes a schema by being referred to.
  return judgeForm(target) === undefined
    ? undefined
    : `What stands at ${$ref.slice(0, 200)} is not a schema.`;
}

/** Undefined for an anchor, whose schema has a pointer besides. */
function pointerOf(address: string): string | undefined {
  const mark = address.indexOf("#");
  const pointer = mark < 0 ? "" : decodeURIComponent(address.slice(mark + 1));
  return pointer === "" || pointer.startsWith("/") ? pointer : undefined;
}

function escaped(name: string): string {
  return name.slice(0, 100).replace(/~/g, "~0").replace(/\//g, "~1");
}

function cause(pointer: string, detail: string): RefusalError {
  return { pointer, code: "schema_invalid", detail };
}

function invalid(errors: readonly RefusalError[]) {
  const [first] = errors;
  return refuse("schema_invalid", `${first?.pointer || "The schema"}: ${first?.detail ?? "it is none."}`, {
    errors,
  });
}
